"""Every code that routing gives has its texts, in both languages."""

import pytest

from kranhub.wire.messages import ProductionState
from streams.routing import reasons
from streams.routing.model.codes import NO_PLANT, CauseCode, HoldReason
from streams.routing.model.portion import Portion
from streams.routing.model.quantity import ZERO
from tests.support.plants import MASTER

ACTIONS = ("APPROVE", "REJECT", "OVERRIDE_PLANT", "OVERRIDE_DATE", "FREEZE", "RELEASE", "CANCEL")


@pytest.mark.parametrize("code", HoldReason)
def test_every_reason_of_a_hold_has_both_languages(code: HoldReason) -> None:
    said = reasons.held(code, "A{1}")
    assert said.en
    assert said.ru
    assert said.en != said.ru
    assert "{item}" not in said.en + said.ru


@pytest.mark.parametrize("code", NO_PLANT)
def test_every_reason_why_there_is_no_plant_has_words_of_its_own_for_the_hubs_people(code: HoldReason) -> None:
    item = next(iter(MASTER.items))
    texts = {reasons.stuck(each, Portion("1", 1, item, "H87", ZERO), MASTER).ru for each in NO_PLANT}
    assert len(texts) == len(NO_PLANT)
    assert reasons.stuck(code, Portion("1", 1, item, "H87", ZERO), MASTER).en


@pytest.mark.parametrize("state", ProductionState)
def test_every_state_of_production_is_said_in_russian(state: ProductionState) -> None:
    assert state not in reasons.production("oemz", "x", state, MASTER).text.ru


def test_an_action_of_a_person_is_a_cause() -> None:
    found = {reasons.by_hand(action).code for action in ACTIONS}
    assert found == {code for code in CauseCode if code.startswith("by-hand-")}
