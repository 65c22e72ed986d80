"""Every bad input becomes a dead letter with stage, reason and original bytes, and the stream behind it moves on."""

import io
import struct
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import fastavro
import pytest

from kranhub.broker import topics
from kranhub.wire import schema_files
from kranhub.wire.messages import Subject
from tests.support.fields import fields
from tests.support.stack import Stack
from tools.harness.core import NOW, World, core, line, order, response, wait_for, world
from tools.harness.settings import new_namespace

pytestmark = pytest.mark.stack

BUYER = "sibir-terminal"
ZERO = Decimal(0)


@pytest.fixture(scope="module")
def running(stack: Stack) -> Iterator[World]:
    settings = stack.prepare(new_namespace())
    with world(settings) as around, core(settings):
        yield around


def letter(around: World, event_id: str, code: str) -> Any:
    """Wait for the dead letter of this event."""

    def found() -> list[Any]:
        return [one for one in around.dead_letters() if one["event_id"] == event_id and one["code"] == code]

    return dict(wait_for(found, f"a dead letter {code} of {event_id}")[0])


def moves_on(around: World, number: str) -> None:
    """A good order written after the bad one reaches its plant."""
    around.write(BUYER, "Order", number, order(number))
    around.plant_order("oemz", f"{BUYER}:{number}")


ORDERS: dict[str, Any] = {
    "foreign-author": order("b", buyer="irtysh-stroy"),
    "unknown-member": order("b", payer="nobody"),
    "bad-quantity": order("b", line("1", "ДВ-7.5", -4)),
    "bad-currency": order("b", currency="рубль"),
    "absurd-date": order("b", requested_date=date(1, 1, 1)),
    "no-lines": {**order("b"), "lines": []},
    "bad-line-number": order("b", line("1", "ДВ-7.5", 1), line("1", "ДВ-7.5", 1)),
    "too-many-digits": order("b", line("1", "МК-СТ", "0.0001", "GRM")),
}


NEEDS_MASTER_DATA = ("unknown-member", "too-many-digits", "unmapped-item", "unmapped-unit")
"""What a document by itself does not show: the stage that has the master data refuses it."""


@pytest.mark.parametrize("code", sorted(ORDERS))
def test_a_bad_order_is_dead_lettered_with_its_bytes(running: World, code: str) -> None:
    data = running.codec.encode(Subject.ORDER, ORDERS[code])
    event_id = running.write(BUYER, "Order", "b", data)
    found = letter(running, event_id, code)
    stage, topic = ("planner", "hub.work") if code in NEEDS_MASTER_DATA else ("ingest", f"out.{BUYER}.orders")
    assert found["stage"] == stage
    assert found["original"] == data
    assert found["member"] == BUYER
    assert found["topic"].endswith(topic)
    assert set(found["reason"]) == {"en", "ru"}
    assert found["headers"]["ce_id"] == event_id
    moves_on(running, f"after-{code}")


def raw_bytes(around: World, what: str) -> bytes:
    """Bytes that no good client would write."""
    good = around.codec.encode(Subject.ORDER, order("b"))
    schema_id = good[:5]
    if what == "malformed-avro":
        return good[:-7]
    if what == "no-header":
        return b"{}"
    if what == "unknown-schema-id":
        return struct.pack(">bI", 0, 987654321) + good[5:]
    if what == "wrong-record":
        return around.codec.encode(Subject.ORDER_RESPONSE, response(asked()))
    head = io.BytesIO()
    value = {**order("b"), "document_status": "ACTIVE", "lines": []}
    fastavro.schemaless_writer(head, schema_files.load_all()["Order"], value)
    million = io.BytesIO()
    fastavro.schemaless_writer(million, "long", 1_000_000)
    behind = 2  # the number and alternatives_allowed, both null
    return schema_id + head.getvalue()[: -1 - behind] + million.getvalue()


def asked(**changes: Any) -> Any:
    """A plant order that never was."""
    first = {"line_id": "1", "quantity": Decimal(1), "unit": "H87"}
    return {"plant_order_id": f"{BUYER}:none/1.1.1", "plant": "oemz", "revision": 1, "lines": [first], **changes}


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("malformed-avro", "malformed-avro"),
        ("no-header", "malformed-avro"),
        ("unknown-schema-id", "unknown-schema-id"),
        ("too-many-elements", "too-many-elements"),
        ("wrong-record", "wrong-record"),
    ],
)
def test_bad_bytes_are_dead_lettered_untouched(running: World, what: str, code: str) -> None:
    data = raw_bytes(running, what)
    event_id = running.write(BUYER, "Order", "b", data)
    found = letter(running, event_id, code)
    assert (found["stage"], found["original"]) == ("ingest", data)
    moves_on(running, f"after-{what}")


@pytest.mark.parametrize(
    ("bad", "code"),
    [(line("2", "НЕТ-ТАКОГО", 1), "unmapped-item"), (line("2", "ДВ-7.5", 1, "TNE"), "unmapped-unit")],
)
def test_an_unmapped_line_is_dead_lettered_and_held_while_the_order_goes_on(
    running: World, bad: dict[str, Any], code: str
) -> None:
    data = running.codec.encode(Subject.ORDER, order(code, line("1", "ДВ-7.5", 4), bad))
    event_id = running.write(BUYER, "Order", code, data)
    assert letter(running, event_id, code)["original"] == data
    running.plant_order("oemz", f"{BUYER}:{code}")
    status = running.status(BUYER, code, "PLANNED")
    assert [one["state"] for one in status["lines"]] == ["PLANNED", "ON_HOLD"]


def test_an_unmapped_line_holds_an_order_of_complete_delivery(running: World) -> None:
    lines = (line("1", "ДВ-7.5", 4), line("2", "НЕТ", 1))
    event_id = running.write(BUYER, "Order", "whole", order("whole", *lines, complete_delivery=True))
    letter(running, event_id, "unmapped-item")
    running.status(BUYER, "whole", "ON_HOLD")
    assert not [value for value in running.addressed("oemz", "orders") if value["order_id"] == "whole"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"unit": "TNE"}, "unmapped-unit"),
        ({"reserved": Decimal(-1)}, "bad-quantity"),
        ({"company": "oetz"}, "foreign-author"),
        ({"as_of": datetime(1, 1, 1, tzinfo=UTC)}, "absurd-date"),
    ],
)
def test_bad_stock_is_dead_lettered(running: World, changes: Any, code: str) -> None:
    level = {"company": "oemz", "site": "oemz-motors", "item_code": "EM-MTF-75", "on_hand": ZERO, "reserved": ZERO}
    level |= {"blocked": ZERO, "unit": "H87", "as_of": NOW, **changes}
    event_id = running.write("oemz", "InventoryLevel", "x", level)
    assert letter(running, event_id, code)["stage"] == ("allocator" if code in NEEDS_MASTER_DATA else "ingest")


def test_stock_of_codes_outside_the_nomenclature_is_counted_in_one_alert(running: World) -> None:
    level = {"company": "oetz", "site": "oetz-1", "on_hand": ZERO, "reserved": ZERO, "blocked": ZERO, "unit": "H87"}
    for number in range(50):
        running.write("oetz", "InventoryLevel", "x", {**level, "item_code": f"НЕТ-{number}", "as_of": NOW})

    def counted() -> list[Any]:
        found = [fields(message) for message in running.read("hub.alerts") if message.value]
        return [alert for alert in found if alert["alert_id"] == "unmapped-stock/oetz"]

    assert "'НЕТ-0'" in wait_for(counted, "the alert that counts the codes")[0]["text"]["ru"]
    assert [one for one in running.dead_letters() if one["member"] == "oetz" and one["code"] == "unmapped-item"] == []


def test_an_answer_from_a_plant_that_was_not_asked(running: World) -> None:
    running.write(BUYER, "Order", "not-asked", order("not-asked"))
    real = running.plant_order("oemz", f"{BUYER}:not-asked")
    data = running.codec.encode(Subject.ORDER_RESPONSE, response({**real, "plant": "oetz"}, "RE"))
    event_id = running.write("oetz", "OrderResponse", real["plant_order_id"], data)
    found = letter(running, event_id, "not-addressee")
    assert (found["stage"], found["member"], found["original"]) == ("planner", "oetz", data)
    running.write("oemz", "OrderResponse", real["plant_order_id"], response(real))
    running.status(BUYER, "not-asked", "CONFIRMED")


def test_an_answer_to_a_plant_order_that_never_was(running: World) -> None:
    event_id = running.write("oemz", "OrderResponse", "y", response(asked(plant_order_id="no key at all")))
    found = letter(running, event_id, "unknown-plant-order")
    assert found["stage"] == "planner"


def test_an_answer_that_comes_before_its_order_waits_for_it(running: World) -> None:
    early = asked(plant_order_id=f"{BUYER}:comes-late/1.1.1")
    event_id = running.write("oemz", "OrderResponse", "x", response(early, quantity=Decimal(4)))
    moves_on(running, "comes-late")
    running.status(BUYER, "comes-late", "CONFIRMED")
    assert [one for one in running.dead_letters() if one["event_id"] == event_id] == []


class NotText(str):
    """A header's name that a client writes as bytes that are not UTF-8."""

    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        return b"\xff\xfe"


OTHERS_HEADERS: dict[str, tuple[str, list[tuple[str, bytes]]]] = {
    "a name that is not UTF-8": ("unreadable-headers", [(NotText("x"), b"y")]),
    "too much for hub.events": ("malformed-avro", [("x", b"y" * 800_000), ("z", b"y" * 230_000)]),
    "a time that UTC cannot hold": ("malformed-avro", [("ce_recordedtime", b"0001-01-01T00:00:00+14:00")]),
}


@pytest.mark.parametrize("what", OTHERS_HEADERS)
def test_headers_of_any_kind_do_not_stop_the_stream(running: World, what: str) -> None:
    code, headers = OTHERS_HEADERS[what]
    topic = topics.out(running.settings.namespace, BUYER, "orders")
    place = running.producer.send(topic, key=b"\xff", value=b"{}", headers=headers).get(30)
    found = letter(running, f"{topic}/{place.partition}/{place.offset}", code)
    assert (found["stage"], found["original"], found["key"]) == ("ingest", b"{}", "\\xff")
    moves_on(running, f"after {what}")


def test_a_members_clock_is_not_the_hubs(running: World) -> None:
    forged = datetime(2031, 1, 1, tzinfo=UTC)
    event_id = running.write(BUYER, "Order", "forged", order("forged"), recorded=forged)
    bad_id = running.write(BUYER, "Order", "forged too", b"{}", recorded=forged)
    running.plant_order("oemz", f"{BUYER}:forged")
    assert letter(running, bad_id, "malformed-avro")["failed_at"] < forged
    told = [message for message in running.read("hub.work") if message.envelope.id == event_id]
    assert [message.time < forged for message in told] == [True]
    assert all(message.time < forged for message in running.read("hub.events"))


def test_another_document_under_an_orders_key_is_dead_lettered_and_the_order_stays_as_it_was(running: World) -> None:
    first, second = f"{BUYER}/Order/1", f"{BUYER}/Order/2"
    running.write(BUYER, "Order", "two", order("two", line("1", "ДВ-7.5", 4)), event_id=f"{first}/0/a")
    running.plant_order("oemz", f"{BUYER}:two")
    other = running.write(BUYER, "Order", "two", order("two", line("1", "ДВ-7.5", 9)), event_id=f"{second}/0/a")
    found = letter(running, other, "two-documents")
    assert found["stage"] == "planner"
    assert all(name in found["reason"]["ru"] for name in (first, second, f"{BUYER}:two"))
    moves_on(running, "after-two")
    assert [told["document_status"] for told in running.addressed("oemz", "orders") if told["order_id"] == "two"] == [
        "ACTIVE"
    ]


def test_an_order_with_slashes_and_per_cents_in_its_ids_goes_there_and_back(running: World) -> None:
    number, bought = "ЗП-12/2026 50%", line("1/2", "ДВ-7.5", 4)
    running.write(BUYER, "Order", number, order(number, bought, number="№ 12"))
    asked = running.plant_order("oemz", f"{BUYER}:{number}")
    assert asked["plant_order_id"] == f"{BUYER}:{number}/1%2F2.1.1"
    assert (asked["order_number"], asked["lines"][0]["order_line_id"]) == ("№ 12", "1/2")
    running.write("oemz", "OrderResponse", asked["plant_order_id"], response(asked))
    assert running.status(BUYER, number, "CONFIRMED")["order_number"] == "№ 12"
