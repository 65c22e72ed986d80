"""Two documents of an ERP under one key: a dead letter that names both, never a merge."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kranhub import identifiers
from kranhub.errors import InvalidDocument
from kranhub.wire.envelope import Envelope, headers
from kranhub.wire.messages import Subject
from streams.processor.batch import Batch
from streams.processor.state.store import Store
from streams.routing import handler
from streams.routing.context import DecisionContext
from streams.routing.masterdata import entries
from streams.routing.masterdata.entries import Entry, Kind
from streams.routing.validation import document_identity
from tests.support import batches
from tests.support.batches import CODEC
from tests.support.masterdata import TOPIC
from tests.support.masterdata_stage import ALL, STAGE, codes_of, proposal, run
from tests.support.masters import item, master, plant
from tests.support.plants import BUYER, START, Event, Value, full_order, full_production, full_response, full_shipment
from tests.support.worlds import World, line, silent, world

MASTER = master([plant("alfa", {"okpd2": "25.11", "working_days": 10})], [item("beam", "25.11.23.119")])
FIRST, SECOND = f"{BUYER}/Order/1", f"{BUYER}/Order/2"


@pytest.mark.parametrize(
    ("event_id", "document"),
    [
        ("irtysh-stroy/Order/17/0/3-ab", "irtysh-stroy/Order/17"),
        ("irtysh-stroy/Order/17/2/9", "irtysh-stroy/Order/17"),
        ("irtysh-stroy/Order/2026%2F1,7/1/9", "irtysh-stroy/Order/2026%2F1,7"),
        ("e1", None),
        ("", None),
        ("irtysh-stroy/Order/17/x/3", None),
        ("irtysh-stroy/Order//0/3", None),
        ("irtysh-stroy/Order/12/2026/1/3", None),
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", None),
    ],
)
def test_an_events_id_names_its_document_in_every_version_and_epoch(event_id: str, document: str | None) -> None:
    assert identifiers.document_of(event_id) == document


def ordered(*versions: str, **changes: Any) -> World:
    made = world(MASTER, silent, lines=[])
    made.state = None
    for number, event_id in enumerate(versions, 1):
        take(made, event_id, number, **changes)
    return made


def take(of: World, event_id: str, quantity: int, **changes: Any) -> None:
    of.take(Event(event_id, "Order", full_order("17", [line("beam", quantity)], MASTER, **changes)))
    of.run()


def test_another_document_under_an_orders_key_changes_nothing() -> None:
    made = ordered(f"{FIRST}/0/a", f"{SECOND}/0/a")
    assert made.refused == ["two-documents"]
    assert [value["document_status"] for value in made.subjects("PlantOrder")] == ["ACTIVE"]
    assert made.subjects("PlantOrder")[-1]["lines"][0]["quantity"] == 1


def test_the_refusal_names_both_documents_and_the_key() -> None:
    made = ordered(f"{FIRST}/0/a")
    order = full_order("17", [line("beam", 2)], MASTER)
    with pytest.raises(InvalidDocument) as refused:
        handler.handle(made.state, Subject.ORDER, order, DecisionContext(f"{SECOND}/0/a", START, MASTER))
    for words in (refused.value.text.en, refused.value.text.ru):
        assert all(name in words for name in (FIRST, SECOND, f"{BUYER}:17"))


@pytest.mark.parametrize("again", [f"{FIRST}/0/b", f"{FIRST}/7/a", "repaired-letter-of-a-person", f"{FIRST}/0/a"])
def test_a_version_an_epoch_and_an_id_of_another_form_are_the_same_order(again: str) -> None:
    made = ordered(f"{FIRST}/0/a", again, f"{FIRST}/8/c")
    assert made.refused == []
    assert made.subjects("PlantOrder")[-1]["lines"][0]["quantity"] == 3


def test_an_order_whose_document_is_not_known_yet_is_that_of_the_first_that_says_so() -> None:
    made = ordered("by-hand", f"{FIRST}/0/a", f"{SECOND}/0/a")
    assert made.refused == ["two-documents"]


def test_a_cancelled_order_is_not_taken_up_by_another_document() -> None:
    made = ordered(f"{FIRST}/0/a")
    take(made, f"{FIRST}/0/b", 1, document_status="CANCELLED")
    take(made, f"{SECOND}/0/a", 1)
    assert made.refused == ["two-documents"]
    made.later(days=40)
    take(made, f"{SECOND}/0/b", 1)
    assert made.state is not None
    assert made.state.closed
    assert made.refused == ["two-documents"] * 2


def answer(of: World, document: str, code: str, revision: int = 1, **changes: Any) -> None:
    asked = {**of.subjects("PlantOrder")[-1], "revision": revision}
    at = of.today + timedelta(minutes=of.events)
    of.events += 1
    of.take(Event(document, "OrderResponse", full_response(asked, code, at, **changes)))
    of.run()


def test_two_documents_never_answer_for_one_plant_order() -> None:
    made = ordered(f"{FIRST}/0/a")
    answer(made, "alfa/OrderResponse/5/0/a", "AB")
    answer(made, "alfa/OrderResponse/6/0/a", "RE")
    assert made.refused == ["two-documents"]
    answer(made, "alfa/OrderResponse/5/0/b", "AP")
    answer(made, "alfa/OrderResponse/6/0/b", "RE")
    assert made.refused == ["two-documents"] * 2
    assert made.status()["state"] == "CONFIRMED"


def test_a_plant_order_that_was_deleted_and_comes_anew_answers_with_its_next_revision() -> None:
    made = ordered(f"{FIRST}/0/a")
    answer(made, "alfa/OrderResponse/5/0/a", "AP")
    take(made, f"{FIRST}/0/b", 2)
    answer(made, "alfa/OrderResponse/6/0/a", "AP", revision=2)
    assert made.refused == []
    answer(made, "alfa/OrderResponse/5/0/b", "RE", revision=2)
    assert made.refused == ["two-documents"]
    assert made.status()["state"] == "CONFIRMED"


@pytest.mark.parametrize(("subject", "full"), [("ProductionStatus", full_production), ("Shipment", full_shipment)])
def test_two_productions_or_shipments_of_one_number_are_not_added_up(
    subject: str, full: Callable[..., dict[str, Any]]
) -> None:
    made = ordered(f"{FIRST}/0/a")
    answer(made, "alfa/OrderResponse/5/0/a", "AP")
    asked: Value = made.subjects("PlantOrder")[0]
    value = full(asked, "RUNNING", START) if subject == "ProductionStatus" else full(asked, START)
    for event_id in (f"alfa/{subject}/1/0/a", f"alfa/{subject}/2/0/a", f"alfa/{subject}/1/3/b", "by-hand"):
        made.take(Event(event_id, subject, value))
    assert made.refused == ["two-documents"]
    made.take(Event(f"alfa/{subject}/2/3/a", subject, value))
    assert made.refused == ["two-documents"] * 2
    made.take(Event(f"alfa/{subject}/2/4/a", subject, value))
    assert made.refused == ["two-documents"] * 2, "the first was deleted, and a person has raised the epoch"


def said(store: Store, at: int, event_id: str, entry: Entry) -> Batch:
    """Let a document of the member propose a mapping, as `ingest` passes it on."""
    head = headers(Envelope(f"{event_id}{entries.PROPOSED}", "/members/oemz", "kranhub.MasterDataEntry"))
    data = CODEC.encode(Subject.MASTER_DATA_ENTRY, entries.record(entry))
    batch = batches.batch(STAGE, store)
    batch.process([batches.record(at, entry.record_key, data, TOPIC, head)])
    batch.commit()
    return batch


def test_two_rows_that_map_one_code_are_refused_unless_they_say_the_same() -> None:
    store = Store()
    run(store, ALL)
    one, two = "oemz/ItemMapping/1", "oemz/ItemMapping/2"
    said(store, 100, f"{one}/0/a", proposal("EM-1", "bridge-span"))
    same = said(store, 101, f"{two}/0/a", proposal("EM-1", "bridge-span"))
    assert batches.dead_letters(same) == []
    other = said(store, 102, f"{two}/0/b", proposal("EM-1", "steel-structure"))
    (letter,) = batches.dead_letters(other)
    assert letter["code"] == document_identity.TWO_DOCUMENTS
    assert one in letter["reason"]["en"]
    assert two in letter["reason"]["ru"]
    corrected = said(store, 103, f"{one}/0/b", proposal("EM-1", "steel-structure"))
    assert ("oemz", "EM-1") in codes_of(corrected, "steel-structure")
    said(store, 104, "by-hand", Entry(Kind.MAPPING, "oemz|EM-1", 1, None))
    again = said(store, 105, f"{two}/0/c", proposal("EM-1", "bridge-span"))
    assert ("oemz", "EM-1") in codes_of(again, "bridge-span")
