"""Ingest and dispatch without Kafka: where each kind of document goes, its bytes untouched."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from kranhub import identifiers
from kranhub.broker import topics
from kranhub.settings import Settings
from kranhub.wire.envelope import Envelope, headers
from kranhub.wire.messages import Subject
from streams.processor.outputs import ProducerRecord
from streams.routing.masterdata import entries
from streams.stages.dispatch import Dispatch
from tests.support import batches, samples
from tests.support.batches import CODEC, NAMESPACE
from tests.support.ingest_stage import INGEST, came, ingested
from tests.support.masterdata import entry_of

FOUR = Decimal(4)
DISRUPTION = {
    "disruption_id": "D-1",
    "member": "oemz",
    "cause": "PRODUCTION_INCIDENT",
    "effect": "CAPACITY_REDUCTION",
    "sites": ["oemz-motors"],
    "status": "OPEN",
    "begins": date(2026, 11, 24),
    "ends": date(2026, 12, 4),
    "text": {"en": "The press is broken.", "ru": "Сломан пресс."},
}
MAPPING = {"member": "oemz", "item_code": "EM|1", "item": "motor-crane-7kw5", "unit": "H87"}


def places(said: Sequence[ProducerRecord]) -> set[tuple[str, str]]:
    return {(one.topic.removeprefix(f"{NAMESPACE}hub."), one.key.decode()) for one in said}


@pytest.mark.parametrize(
    ("member", "subject", "value", "where"),
    [
        ("sibir-terminal", "Order", samples.order(), {("work", "K"), ("events", "K")}),
        ("oemz", "ProductionStatus", samples.production(), {("work", "K"), ("events", "K")}),
        ("oemz", "ProductionStatus", samples.production(plant_order_id=None), {("events", "oemz")}),
        ("oemz", "Disruption", DISRUPTION, {("allocation", "oemz"), ("events", "oemz")}),
        ("irtysh-stroy", "InventoryLevel", samples.inventory(company="irtysh-stroy", unit="?"), {("allocation", "I")}),
        ("oemz", "PlannedReceipt", samples.planned_receipt(), {("allocation", "oemz")}),
    ],
)
def test_a_document_goes_on_byte_by_byte_to_whoever_handles_it_and_to_the_events(
    member: str, subject: str, value: Any, where: set[tuple[str, str]]
) -> None:
    record, batch = ingested(member, subject, value)
    key = f"sibir-terminal:{samples.order()['order_id']}" if subject == "Order" else "sibir-terminal:17"
    wanted = {(name, {"K": key, "I": member}.get(place, place)) for name, place in where}
    if subject in ("InventoryLevel", "PlannedReceipt"):
        wanted.add(("events", f"{member}/{value['item_code']}"))
    assert places(batch.outputs) == wanted
    assert {said.value for said in batch.outputs} == {record.value}


def test_a_shipment_goes_to_every_order_that_it_carries_once() -> None:
    lines = [
        {"line_id": str(number), "plant_order_id": name, "item_code": "?", "quantity": Decimal(1), "unit": "H87"}
        for number, name in enumerate(("aa:1/1.1.1", "aa:1/2.1.1", "aa:2/1.1.1", None))
    ]
    shipment = {"shipment_id": "S", "shipper": "oemz", "consignee": "aa", "from_site": "oemz-motors", "lines": lines}
    record, batch = ingested("oemz", "Shipment", shipment)
    assert places(batch.outputs) == {(name, key) for name in ("work", "events") for key in ("aa:1", "aa:2")}
    assert len(batch.outputs) == 4
    assert {said.value for said in batch.outputs} == {record.value}
    assert identifiers.document_of(f"oemz/Shipment/S/0/1;{identifiers.line_place('aa:1/2')}") == "oemz/Shipment/S"
    ids = {(said.key.decode(), dict(said.headers or [])["ce_id"].decode()) for said in batch.outputs}
    assert ids == {(key, f"{record.envelope.id};{key}") for key in ("aa:1", "aa:2")}


@pytest.mark.parametrize(
    ("subject", "key", "event_id", "order"),
    [
        ("PlantOrder", "aa:1/1.1.1", "hub/PlantOrder/aa:1/1.1.1/1", "aa:1"),
        ("PlantOrder", "aa:ЗП-12/2026/1%2F2.1.1", "hub/PlantOrder/aa:ЗП-12/2026/1%2F2.1.1/1", "aa:ЗП-12/2026"),
        ("OrderStatus", "17", "hub/OrderStatus/omsk-leasing:17/3", "omsk-leasing:17"),
        ("OrderStatus", "aa:1/2", "hub/OrderStatus/omsk-leasing:aa:1/2/3", "omsk-leasing:aa:1/2"),
        ("OrderStatus", "aa:1", "hub/OrderStatus/omsk-leasing/aa:1/3", "aa:1"),
        ("OrderStatus", "aa:1/2", "hub/OrderStatus/omsk-leasing/aa:1/2/3", "aa:1/2"),
        ("OrderStatus", "aa:ЗП-1/2", "hub/OrderStatus/omsk-leasing/aa:ЗП-1/2/3", "aa:ЗП-1/2"),
        ("OrderStatus", "aa:1", "hub/OrderStatus/somebody-else/aa:1/3", "omsk-leasing:aa:1"),
        ("OrderStatus", "aa:1", "some-id-of-an-older-release", "omsk-leasing:aa:1"),
    ],
)
def test_a_receipt_goes_to_the_order_of_what_was_delivered(subject: str, key: str, event_id: str, order: str) -> None:
    receipt = {
        "event_id": event_id,
        "member": "omsk-leasing",
        "subject": subject,
        "key": key,
        "revision": 3,
        "outcome": "APPLIED",
        "delivered_at": samples.INSTANT,
    }
    _, batch = ingested("omsk-leasing", "Receipt", receipt)
    assert places(batch.outputs) == {("work", order), ("events", order)}


def test_a_mapping_is_an_event_and_a_proposal_for_the_master_data() -> None:
    record, batch = ingested("oemz", "ItemMapping", MAPPING)
    event, entry = batch.outputs
    assert (event.topic, event.key.decode(), event.value) == (batches.EVENTS, "oemz/EM|1", record.value)
    assert (entry.topic, entry.key.decode()) == ("t.hub.masterdata", "MAPPING|oemz|EM|1")
    assert entry_of(entry) == entries.mapping("oemz", "EM|1", "motor-crane-7kw5", "H87")
    assert dict(entry.headers or [])["ce_type"] == b"kranhub.MasterDataEntry"
    assert dict(entry.headers or [])["ce_source"] == b"/kranhub/t/members/oemz"


def test_nobody_maps_another_members_codes() -> None:
    batch = batches.batch(INGEST)
    batch.process([came("oetz", "ItemMapping", MAPPING)])
    assert [letter["code"] for letter in batches.dead_letters(batch)] == ["foreign-author"]
    assert batches.sent_records(batch) == []


def test_a_record_on_the_wrong_topic_is_refused() -> None:
    record = batches.record(
        0, "k", CODEC.encode(Subject.ORDER, samples.order()), topics.out(NAMESPACE, "oemz", "items")
    )
    batch = batches.batch(INGEST)
    batch.process([record])
    assert [letter["code"] for letter in batches.dead_letters(batch)] == ["wrong-record"]


def test_dispatch_hands_on_a_plant_order_byte_by_byte_with_its_rule() -> None:
    value: Any = {
        "plant_order_id": "sibir-terminal:17/1.1.1",
        "order_key": "sibir-terminal:17",
        "order_id": "17",
        "plant": "oemz",
        "buyer": "sibir-terminal",
        "revision": 1,
        "currency": "RUB",
        "issued_at": samples.INSTANT,
        "requested_date": date(2027, 3, 1),
        "lines": [
            {"line_id": "1", "order_line_id": "1", "item": "a", "item_code": "A", "quantity": FOUR, "unit": "H87"}
        ],
    }
    head = headers(Envelope("e1", "/hub/planner", "kranhub.PlantOrder", samples.INSTANT))
    rule = [("kranhub-rule", b"r"), ("kranhub-rule-version", b"1")]
    record = batches.record(
        0, "k", CODEC.encode(Subject.PLANT_ORDER, value), batches.WORK, [*head, *rule, ("other", b"x")]
    )
    batch = batches.batch(Dispatch(Settings(namespace=NAMESPACE), CODEC))
    batch.process([record])
    (said,) = batch.outputs
    assert (said.topic, said.key.decode(), said.value) == ("t.in.oemz.orders", value["plant_order_id"], record.value)
    given = dict(said.headers or [])
    assert (given["ce_id"], given["ce_source"]) == (b"e1", b"/hub/planner")
    assert (given["kranhub-rule"], given["kranhub-rule-version"]) == (b"r", b"1")
    assert "other" not in given
