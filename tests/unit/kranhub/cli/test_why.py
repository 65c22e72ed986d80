"""`kranhub why`: every decision about an order in words, in both languages."""

import json
from functools import partial

import pytest
from rich.console import Console

from kranhub.cli import why
from kranhub.readmodel import decision_texts
from kranhub.readmodel.names import Names
from kranhub.text import Text
from streams.routing.model.codes import NO_PLANT, CandidateReason, CloseReason, HoldReason
from tests.support.decisions import KEY, decision, party
from tests.support.terminal import Hub, call, hub

__all__ = ["hub"]


@pytest.fixture
def decided(hub: Hub) -> Hub:
    hub.put("hub.parties", "zmk-most", "Party", party("zmk-most", "ZMK-Most", "ЗМК-Мост"))
    hub.put("hub.parties", "tsvetnoy-bulvar", "Party", party("tsvetnoy-bulvar", "Tsvetnoy Bulvar", "Цветной бульвар"))
    hub.put("hub.decisions", KEY, "RoutingDecision", decision())
    return hub


@pytest.mark.usefixtures("decided")
def test_a_decision_is_told_with_its_rule_its_plant_and_the_alternatives() -> None:
    shown = call(why.why, KEY)
    assert shown.exit_code == 0
    assert shown.output.splitlines() == [
        f"Line 1: coating-girders, 100 MTK; plant order {KEY}/1.1.2",
        "  decided 2026-11-24 08:30:00 UTC by rule cheapest, version 3: goes out by itself",
        "  goes to ZMK-Most; from stock 12.5 MTK; asked for by 2027-02-26; ready on 2026-12-04",
        "  rank  member           offer    cost     ready on    why not",
        "  1     Tsvetnoy Bulvar  -        -        -           said no",
        "  2     ZMK-Most         100 MTK  3.5 RUB  -           chosen",
        "  3     ruskran          100 MTK  -        2026-12-24  would be ready later",
    ]


@pytest.mark.usefixtures("decided")
def test_it_is_told_in_russian_too() -> None:
    shown = call(why.why, KEY, lang="ru").output
    for words in ("Строка 1:", "заказ заводу", "правило cheapest", "исполнитель ЗМК-Мост", "отказался", "выбран"):
        assert words in shown


@pytest.mark.usefixtures("decided")
def test_json_has_the_record_with_words_in_both_languages() -> None:
    (found,) = json.loads(call(why.why, "17", "-o", "json").output)
    assert (found["chosen"], found["quantity"], found["rule_version"]) == ("zmk-most", "100", "3")
    assert found["alternatives"][0]["why_not_text"] == {"en": "said no", "ru": "отказался"}
    assert set(found["text"]) == {"en", "ru"}


def test_a_number_that_several_buyers_use_lists_them(decided: Hub) -> None:
    decided.put("hub.decisions", "irtysh-stroy:17", "RoutingDecision", decision(order_key="irtysh-stroy:17"))
    shown = call(why.why, "17")
    assert shown.exit_code == 2
    assert f"irtysh-stroy:17, {KEY}" in shown.output
    assert call(why.why, KEY).exit_code == 0


def test_a_plant_orders_id_shows_its_decision_alone(decided: Hub) -> None:
    decided.put("hub.decisions", KEY, "RoutingDecision", decision(plant_order_id=f"{KEY}/1.1.1"))
    assert call(why.why, f"{KEY}/1.1.1").output.count("Line 1") == 1
    assert call(why.why, KEY).output.count("Line 1") == 2
    assert call(why.why, f"{KEY}/9.9.9").exit_code == 1


@pytest.mark.usefixtures("decided")
def test_an_unknown_order_is_a_handled_failure_with_the_next_step() -> None:
    shown = call(why.why, "18")
    assert shown.exit_code == 1
    assert "kranhub trace 18" in str(shown.exception)


def test_what_nobody_could_take_says_why() -> None:
    value = decision(chosen=None, plant_order_id=None, from_stock=None, inputs={"held": "no-capacity"}, mode="auto")
    assert decision_texts.outcome(value, Names()).en == (
        "nobody could take it: no plant has free capacity within the horizon"
    )
    assert "взять некому" in decision_texts.outcome(value, Names()).ru


def test_a_decision_by_hand_says_so() -> None:
    value = decision(inputs={"by_hand": "yes"}, mode="auto")
    assert "by a person's hand" in decision_texts.rule(value).en
    assert "вручную" in decision_texts.rule(value).ru


def test_a_decision_in_shadow_says_that_nobody_was_told() -> None:
    said = decision_texts.outcome(decision(inputs={"cutover": "shadow"}, mode="auto"), Names())
    assert "in shadow" in said.en
    assert "теневом" in said.ru


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert decision_texts.why_not("too-far") == decision_texts.held("too-far") == Text(en="too-far", ru="too-far")


@pytest.mark.usefixtures("decided")
def test_on_a_terminal_the_alternatives_are_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(why, "Console", partial(Console, force_terminal=True, color_system=None, width=120))
    shown = call(why.why, KEY).output
    assert "┃ why not" in shown
    assert "│ said no" in shown


@pytest.mark.parametrize("code", [*CloseReason, *CandidateReason])
def test_every_reason_against_a_candidate_has_both_languages(code: CloseReason | CandidateReason) -> None:
    said = decision_texts.WHY_NOT[code]
    assert said.en
    assert said.ru


@pytest.mark.parametrize("code", NO_PLANT)
def test_every_reason_why_no_plant_was_found_has_both_languages(code: HoldReason) -> None:
    said = decision_texts.HELD[code]
    assert said.en
    assert said.ru
