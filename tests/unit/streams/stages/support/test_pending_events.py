"""Words on plant orders that the hub does not know yet: they wait for it, in order, within bounds."""

from decimal import Decimal
from typing import Any

import pytest

from kranhub.wire.messages import Subject
from streams.routing.model import order
from streams.stages.support import pending_events
from tests.support.batches import CODEC
from tests.support.in_memory_hub import InMemoryHub
from tests.support.plants import BUYER, full_production, full_receipt, full_shipment
from tools.harness import core
from tools.harness.in_memory_core import NOW

KEY, ZERO = f"{BUYER}:17", Decimal(0)


class Hub(InMemoryHub):
    """A hub to which orders and answers come."""

    def order(self, number: str = "17", **changes: Any) -> None:
        self.write(BUYER, "Order", core.order(number, **changes), f"{BUYER}/Order/{number}/0/{len(self.said)}")

    def answer(self, asked: dict[str, Any], code: str = "AP", **changes: Any) -> None:
        self.write("oemz", "OrderResponse", core.response(asked, code, **changes), f"oemz/OrderResponse/1/0/{code}")

    def letters(self) -> list[Any]:
        return [*self.records("DeadLetter", "dead-letters")]

    def states(self) -> list[str]:
        return [status["state"] for status in self.records("OrderStatus")]

    def is_empty(self) -> bool:
        kept = [key for store in self.core.stores["planner"].values() for key in store.values]
        return not [key for key in kept if "pending/" in key]


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture(scope="module")
def asked() -> Any:
    """What a hub has sent before it lost its memory."""
    former = Hub()
    former.order()
    (sent,) = former.records("PlantOrder")
    return sent


def test_an_answer_waits_for_the_order_behind_it(hub: Hub, asked: dict[str, Any]) -> None:
    hub.answer(asked)
    assert (hub.letters(), hub.states()) == ([], [])
    hub.order()
    assert hub.states()[-1] == "CONFIRMED"
    assert hub.letters() == []
    assert hub.is_empty()
    hub.tick(0)
    hub.tick(120)
    assert hub.letters() == [], "it has been taken"


def test_what_waits_is_taken_in_the_order_in_which_it_came(hub: Hub, asked: dict[str, Any]) -> None:
    hub.answer(asked, "AP")
    hub.answer(asked, "RE")
    hub.order()
    assert hub.states()[-1] == "ON_HOLD", "the refusal is the last word"


def test_a_later_word_does_not_overtake_one_that_waits(hub: Hub, asked: dict[str, Any]) -> None:
    hub.answer(asked, "RE")
    hub.order()
    hub.answer(asked, "AP")
    assert hub.letters() == []
    assert [entry["code"] for entry in hub.records("Alert", "alerts")] == ["no-candidate"]


def test_what_waits_in_vain_becomes_a_dead_letter_of_its_own_record(hub: Hub, asked: dict[str, Any]) -> None:
    hub.answer(asked)
    hub.tick(0)
    hub.tick(59)
    assert hub.letters() == []
    hub.tick(62)
    (letter,) = hub.letters()
    assert (letter["code"], letter["stage"], letter["member"]) == ("unknown-plant-order", "planner", "oemz")
    assert letter["original"] == CODEC.encode(Subject.ORDER_RESPONSE, core.response(asked))
    assert (letter["event_id"], letter["headers"]["ce_id"]) == ("oemz/OrderResponse/1/0/AP",) * 2
    assert "waited for that plant order for 6" in letter["reason"]["en"]
    assert "ждало" in letter["reason"]["ru"]
    assert hub.is_empty()
    hub.order()
    assert hub.states()[-1] == "PLANNED", "it has been refused"


def test_what_can_be_no_reference_of_ours_is_refused_at_once(hub: Hub, asked: dict[str, Any]) -> None:
    hub.answer({**asked, "plant_order_id": "no key at all"})
    assert [letter["code"] for letter in hub.letters()] == ["unknown-plant-order"]
    assert "waited" not in hub.letters()[0]["reason"]["en"]


def test_a_word_that_is_wrong_when_its_plant_order_comes_is_refused_by_itself(hub: Hub, asked: dict[str, Any]) -> None:
    hub.write("oetz", "OrderResponse", core.response({**asked, "plant": "oetz"}, "RE"), "oetz/OrderResponse/1/0/a")
    hub.answer(asked)
    hub.order()
    assert [(letter["code"], letter["member"]) for letter in hub.letters()] == [("not-addressee", "oetz")]
    assert hub.states()[-1] == "CONFIRMED"


def test_one_member_has_room_for_so_many_words_and_no_others_room(
    hub: Hub, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending_events, "MAX_EVENTS", 1)
    for _ in range(2):
        hub.answer(asked)
    assert [letter["member"] for letter in hub.letters()] == ["oemz"]
    hub.write("oetz", "OrderResponse", core.response({**asked, "plant": "oetz"}), "oetz/OrderResponse/1/0/a")
    assert [letter["member"] for letter in hub.letters()] == ["oemz"]
    hub.order()
    hub.answer({**asked, "plant_order_id": f"{BUYER}:18/1.1.1"})
    assert len([letter for letter in hub.letters() if letter["code"] == "unknown-plant-order"]) == 1, "room again"


def test_one_order_has_room_for_so_many_words(hub: Hub, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending_events, "MAX_OF_ORDER", 1)
    for _ in range(2):
        hub.answer(asked)
    assert len(hub.letters()) == 1


@pytest.mark.parametrize("subject", ["Receipt", "ProductionStatus", "Shipment"])
def test_every_kind_of_word_waits(hub: Hub, asked: dict[str, Any], subject: str) -> None:
    item = {"item_code": "x", "planned": ZERO, "scrapped": ZERO}
    words = {
        "Receipt": full_receipt(asked, "APPLIED", NOW) | {"erp_reference": None, "reason": {}},
        "ProductionStatus": full_production(asked, "RUNNING", NOW) | item,
        "Shipment": full_shipment(asked, NOW) | {"from_site": "oemz"},
    }
    hub.write("oemz", subject, words[subject], f"oemz/{subject}/1/0/a")
    assert hub.letters() == []
    hub.order()
    assert hub.letters() == []
    assert hub.is_empty()
    (state,) = [store.values[KEY] for store in hub.core.stores["planner"].values() if KEY in store.values]
    attempt = order.load(state).portions[0].attempts[0]
    found = {"Receipt": attempt.delivered_at, "ProductionStatus": attempt.productions, "Shipment": attempt.shipments}
    assert found[subject]
