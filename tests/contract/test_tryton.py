"""The Tryton connector against a real Tryton 8.2."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connectors.tryton import Config, Tryton
from deploy.demo import tryton_people as people
from kranhub.connector import Checkpoint, Event, Outcome, Progress, Read, Receipt, Source, Unreadable
from kranhub.errors import Failed, Misconfigured, Unavailable
from kranhub.parties import members
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry
from tests.support.fields import fields
from tests.support.samples_tryton import WANTED, configuration, order_status, plant_order
from tests.support.tryton import REPOSITORY, Company, NewCompany

pytestmark = [pytest.mark.tryton, pytest.mark.slow]

ANY_ID = httpx.MockTransport(lambda _: httpx.Response(200, json={"id": 1}))
ENCODER = Codec(Registry("http://registry.invalid", ANY_ID))
MEMBERS = members.load(REPOSITORY / "deploy/members/omsk.yaml").by_id


def connect(erp: Company, side: str, **changes: Any) -> Tryton:
    member = MEMBERS["sibir-terminal" if side == "customer" else "ruskran"]
    return Tryton(Config.model_validate(configuration(erp, side, **changes)), member)


async def poll(source: Source, since: Checkpoint | None = None) -> tuple[list[Read | Unreadable], Checkpoint]:
    """Read one poll to its end."""
    items: list[Read | Unreadable] = []
    reading = source.read(since)
    async for item in reading:
        if isinstance(item, Progress):
            await reading.aclose()  # type: ignore[attr-defined]
            return items, item.checkpoint
        items.append(item)
    raise AssertionError("a source never ends")


def events(items: Sequence[Read | Unreadable], subject: str) -> list[Event]:
    """Return the events of one kind; every event must fit its schema."""
    for item in items:
        if isinstance(item, Read):
            ENCODER.encode(item.event.subject, item.event.value)
    return [item.event for item in items if isinstance(item, Read) and item.event.subject == subject]


async def deliver(connector: Tryton, *batch: Event) -> list[Receipt]:
    return list(await connector.sink().deliver(batch))


def buy(company: Company, quantity: float = 2, **changes: Any) -> str:
    lines = [("CRANE-10", quantity, Decimal("312.50")), ("STEEL", 1.25, Decimal(1000))]
    return people.place_purchase(company.rpc, "hub", lines, wanted=WANTED, **changes)


@pytest.fixture(scope="module")
def shared_plant(new_company: NewCompany) -> Company:
    """One company for tests that leave nothing behind in it."""
    return new_company()


# --- the customer's purchases


async def test_a_confirmed_purchase_is_an_order(new_company: NewCompany) -> None:
    company = new_company()
    number = buy(company)
    items, _ = await poll(connect(company, "customer").source())
    (event,) = events(items, "Order")
    order_id = str(people.purchase_id(company.rpc, number))
    assert (event.key, event.origin, fields(event)["order_id"]) == (order_id, "sibir-terminal", order_id)
    assert (fields(event)["number"], fields(event)["buyer"]) == (number, "sibir-terminal")
    assert fields(event)["currency"] == "RUB"
    assert fields(event)["requested_date"] == WANTED
    assert fields(event)["document_status"] == "ACTIVE"
    assert [(line["item_code"], line["quantity"], line["unit"], line["price"]) for line in fields(event)["lines"]] == [
        ("CRANE-10", 2, "H87", Decimal("312.50")),
        ("STEEL", Decimal("1.25"), "TNE", 1000),
    ]


async def test_purchases_from_others_are_none_of_the_hubs_business(new_company: NewCompany) -> None:
    company = new_company()
    people.place_purchase(company.rpc, "sibir-terminal", [("PAINT", 1, Decimal(1))], wanted=WANTED)
    items, _ = await poll(connect(company, "customer").source())
    assert items == []


async def test_reading_again_gives_the_same_ids_and_resumes_from_any_checkpoint(new_company: NewCompany) -> None:
    company = new_company()
    for quantity in (1, 2, 3):
        buy(company, quantity)
    first, _ = await poll(connect(company, "customer").source())
    again, _ = await poll(connect(company, "customer").source())
    ids = [event.id for event in events(first, "Order")]
    assert len(ids) == 3
    assert [event.id for event in events(again, "Order")] == ids
    for position, item in enumerate(first):
        rest, end = await poll(connect(company, "customer").source(), item.checkpoint)
        assert [event.id for event in events(rest, "Order")] == ids[position + 1 :]
        assert (await poll(connect(company, "customer").source(), end))[0] == []


async def test_change_and_cancellation_are_new_versions(new_company: NewCompany) -> None:
    company = new_company()
    number = buy(company)
    first, checkpoint = await poll(connect(company, "customer").source())
    people.change_purchase(company.rpc, number, {"CRANE-10": 5})
    changed, checkpoint = await poll(connect(company, "customer").source(), checkpoint)
    people.cancel_purchase(company.rpc, number)
    cancelled, _ = await poll(connect(company, "customer").source(), checkpoint)
    versions = [*events(first, "Order"), *events(changed, "Order"), *events(cancelled, "Order")]
    assert [fields(event)["lines"][0]["quantity"] for event in versions] == [2, 5, 5]
    assert [fields(event)["document_status"] for event in versions] == ["ACTIVE", "ACTIVE", "CANCELLED"]
    assert len({event.id for event in versions}) == 3


async def test_a_line_that_was_written_alone_is_seen(new_company: NewCompany) -> None:
    company = new_company()
    buy(company)
    _, checkpoint = await poll(connect(company, "customer").source())
    line = company.rpc.one("purchase.line", [["product.code", "=", "STEEL"]])["id"]
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ", timespec="microseconds")
    with closing(sqlite3.connect(company.server.folder / f"{company.database}.sqlite")) as database, database:
        database.execute("UPDATE purchase_line SET quantity = 7, write_date = ? WHERE id = ?", [now, line])
    items, _ = await poll(connect(company, "customer").source(), checkpoint)
    (event,) = events(items, "Order")
    assert [line["quantity"] for line in fields(event)["lines"]] == [2, 7]


async def test_a_unit_without_a_code_is_unreadable_and_holds_nothing_up(new_company: NewCompany) -> None:
    company = new_company()
    broken, good = buy(company), people.place_purchase(company.rpc, "hub", [("PAINT", 1, Decimal(1))], wanted=WANTED)
    units = {"u": "H87", "m²": "MTK"}
    items, _ = await poll(connect(company, "customer", units=units).source())
    (unreadable,) = [item for item in items if isinstance(item, Unreadable)]
    assert (unreadable.key, unreadable.code) == (str(people.purchase_id(company.rpc, broken)), "unmapped-unit")
    assert "'t'" in unreadable.reason["en"]
    assert unreadable.reason["ru"]
    assert broken.encode() in unreadable.original
    assert [fields(event)["number"] for event in events(items, "Order")] == [good]


async def test_an_order_that_leaves_is_cancelled_after_the_grace_period_and_may_come_back(
    new_company: NewCompany,
) -> None:
    """Taken back, moved to another supplier, deleted, copied: on one real database, with two purchases of a number."""
    company = new_company()
    numbers = [buy(company) for _ in range(3)]
    ids = [people.purchase_id(company.rpc, number) for number in numbers]
    people.number_purchases(company.rpc, "PO-", following=2)
    assert buy(company) == numbers[1]
    ids.append(people.purchase_id(company.rpc, numbers[1]))
    patient, hasty = ({"withdraw_after_seconds": seconds} for seconds in (3600, 0))
    first, checkpoint = await poll(connect(company, "customer", **patient).source())
    assert [event.key for event in events(first, "Order")] == [str(order) for order in ids]
    people.take_purchase_back(company.rpc, numbers[0])
    people.take_purchase_back(company.rpc, numbers[1])
    other = company.rpc.one("party.party", [["code", "=", "sibir-terminal"]])["id"]
    held = company.rpc.one("purchase.purchase", [["id", "=", ids[1]]], "lines")["lines"]
    company.rpc.write("purchase.purchase", ids[1], lines=[["delete", held]])
    company.rpc.write("purchase.purchase", ids[1], party=other, invoice_address=None)
    people.cancel_purchase(company.rpc, numbers[2])
    told, checkpoint = await poll(connect(company, "customer", **patient).source(), checkpoint)
    assert [(event.key, fields(event)["document_status"]) for event in events(told, "Order")] == [
        (str(ids[2]), "CANCELLED")
    ]
    company.rpc.press("purchase.purchase", "draft", ids[3])
    company.rpc.call("purchase.purchase", "delete", [ids[3]])
    withdrawn, checkpoint = await poll(connect(company, "customer", **hasty).source(), checkpoint)
    assert {event.key: fields(event)["document_status"] for event in events(withdrawn, "Order")} == {
        str(order): "CANCELLED" for order in (ids[0], ids[1], ids[3])
    }
    people.confirm_purchase(company.rpc, ids[0])
    back, _ = await poll(connect(company, "customer", **hasty).source(), checkpoint)
    assert [(event.key, fields(event)["document_status"]) for event in events(back, "Order")] == [
        (str(ids[0]), "ACTIVE")
    ]


# --- statuses onto the purchase


async def test_a_copied_purchase_shows_its_own_order(new_company: NewCompany) -> None:
    company = new_company()
    number = buy(company, comment="mine")
    purchase = people.purchase_id(company.rpc, number)
    lines = [
        {"line_id": str(line["id"]), "item_code": "X", "state": "READY", "promised_date": WANTED, "reason": {}}
        for line in people.purchase(company.rpc, number)["lines."]
    ]
    connector = connect(company, "customer")
    await deliver(connector, order_status(purchase, 5, "READY", lines=lines))
    people.number_purchases(company.rpc, "PO-", following=1)
    copy = people.copy_purchase(company.rpc, number)
    assert people.confirm_purchase(company.rpc, copy) == number
    (receipt,) = await deliver(connector, order_status(copy, 1, "RECEIVED"))
    assert receipt.outcome is Outcome.APPLIED
    fields = ["comment", "lines.note"]
    original, copied = company.rpc.search("purchase.purchase", [["id", "in", [purchase, copy]]], fields)
    assert "(READY)" in original["comment"]
    assert ("(RECEIVED)" in copied["comment"], "(READY)" in copied["comment"]) == (True, False)
    assert copied["comment"].endswith("mine")
    assert [line["note"] for line in copied["lines."]] == [None, None]


async def test_a_status_stands_on_the_purchase_beside_the_persons_words(new_company: NewCompany) -> None:
    company = new_company()
    number = buy(company, comment="call before delivery")
    connector = connect(company, "customer")
    ids = [line["id"] for line in people.purchase(company.rpc, number)["lines."]]
    lines = [
        {"line_id": str(ids[0]), "item_code": "CRANE-10", "state": "CONFIRMED", "promised_date": WANTED, "reason": {}}
    ]
    purchase = people.purchase_id(company.rpc, number)
    (receipt,) = await deliver(connector, order_status(purchase, 3, lines=lines))
    assert (receipt.outcome, receipt.erp_reference, receipt.revision) == (Outcome.APPLIED, number, 3)
    seen = people.purchase(company.rpc, number)
    assert "подтверждён (CONFIRMED)" in seen["comment"]
    assert WANTED.isoformat() in seen["comment"]
    assert seen["comment"].endswith("call before delivery")
    assert "подтверждён" in seen["lines."][0]["note"]
    assert seen["lines."][1]["note"] is None


async def test_an_older_or_the_same_status_changes_nothing(new_company: NewCompany) -> None:
    company = new_company()
    number = buy(company)
    order_id = people.purchase_id(company.rpc, number)
    connector = connect(company, "customer")
    await deliver(connector, order_status(order_id, 2, "IN_PRODUCTION"))
    before = people.purchase(company.rpc, number)
    receipts = await deliver(connector, order_status(order_id, 2, "IN_PRODUCTION"), order_status(order_id, 1))
    assert [receipt.outcome for receipt in receipts] == [Outcome.DUPLICATE, Outcome.DUPLICATE]
    assert people.purchase(company.rpc, number) == before
    await deliver(connector, order_status(order_id, 3, "SHIPPED"))
    comment = people.purchase(company.rpc, number)["comment"]
    assert "SHIPPED" in comment
    assert "IN_PRODUCTION" not in comment


async def test_a_status_is_no_new_order(new_company: NewCompany) -> None:
    company = new_company()
    order_id = people.purchase_id(company.rpc, buy(company))
    connector = connect(company, "customer")
    reading = connector.source().read(None)
    first = await anext(reading)
    assert isinstance(first, Read)
    assert isinstance(await anext(reading), Progress)
    await deliver(connector, order_status(order_id, 1))
    assert isinstance(await anext(reading), Progress)
    await reading.aclose()  # type: ignore[attr-defined]


async def test_a_status_of_an_unknown_order_is_rejected(new_company: NewCompany) -> None:
    (receipt,) = await deliver(connect(new_company(), "customer"), order_status("PO-99", 1))
    assert receipt.outcome is Outcome.REJECTED
    assert "PO-99" in receipt.reason["en"]
    assert "PO-99" in receipt.reason["ru"]


# --- plant orders into sales


async def test_a_plant_order_becomes_one_quoted_sale(new_company: NewCompany) -> None:
    company = new_company()
    event = plant_order()
    (receipt,) = await deliver(connect(company, "plant"), event)
    (sale,) = people.sales(company.rpc)
    assert (receipt.outcome, receipt.erp_reference) == (Outcome.APPLIED, sale.number)
    assert (sale.reference, sale.state, sale.party) == (event.key, "quotation", "sibir-terminal")
    assert sale.shipping_date == WANTED
    assert [(line.product, line.quantity, line.unit, line.unit_price) for line in sale.lines] == [
        ("CRANE-10", 2, "u", Decimal("312.5000"))
    ]


async def test_delivered_twice_is_applied_once(new_company: NewCompany) -> None:
    company = new_company()
    event = plant_order()
    await deliver(connect(company, "plant"), event)
    receipts = await deliver(connect(company, "plant"), event, event)
    assert [receipt.outcome for receipt in receipts] == [Outcome.DUPLICATE, Outcome.DUPLICATE]
    assert len(people.sales(company.rpc)) == 1


async def test_two_sinks_at_once_leave_one_sale(new_company: NewCompany) -> None:
    company = new_company()
    batch = [plant_order(f"1.{part}.1") for part in range(4)]
    sinks = [connect(company, "plant") for _ in range(3)]
    answers = await asyncio.gather(*(deliver(sink, *batch) for sink in sinks))
    assert {receipt.outcome for receipts in answers for receipt in receipts} <= {Outcome.APPLIED, Outcome.DUPLICATE}
    alive = [sale for sale in people.sales(company.rpc) if sale.state != "cancelled"]
    assert sorted(str(sale.reference) for sale in alive) == sorted(event.key for event in batch)
    assert {sale.state for sale in alive} == {"quotation"}
    assert all(sale.reference is None for sale in people.sales(company.rpc, "cancelled"))


async def test_a_draft_that_a_crash_left_is_finished(new_company: NewCompany) -> None:
    company = new_company()
    event = plant_order()
    await deliver(connect(company, "plant"), event)
    company.rpc.press("sale.sale", "draft", people.sales(company.rpc)[0].id)
    (receipt,) = await deliver(connect(company, "plant"), event)
    (sale,) = people.sales(company.rpc)
    assert (receipt.outcome, sale.state) == (Outcome.APPLIED, "quotation")


async def test_the_highest_revision_wins(new_company: NewCompany) -> None:
    company = new_company()
    connector = connect(company, "plant")
    await deliver(connector, plant_order())
    later = WANTED + timedelta(days=7)
    (receipt,) = await deliver(connector, plant_order(revision=3, line={"quantity": Decimal(5)}, requested_date=later))
    (old,) = await deliver(connector, plant_order(revision=2))
    (sale,) = people.sales(company.rpc)
    assert (receipt.outcome, old.outcome) == (Outcome.APPLIED, Outcome.DUPLICATE)
    assert (sale.state, sale.lines[0].quantity, sale.shipping_date) == ("quotation", 5, later)


async def test_a_revision_takes_a_confirmed_sale_back_but_not_one_in_work(new_company: NewCompany) -> None:
    company = new_company()
    connector = connect(company, "plant")
    await deliver(connector, plant_order())
    sale = people.sales(company.rpc)[0].id
    people.confirm_sale(company.rpc, sale)
    (revised,) = await deliver(connector, plant_order(revision=2, line={"quantity": Decimal(3)}))
    assert revised.outcome is Outcome.APPLIED
    assert people.sales(company.rpc)[0].state == "quotation"
    people.confirm_sale(company.rpc, sale)
    people.process_sale(company.rpc, sale)
    late = await deliver(
        connector, plant_order(revision=3), plant_order(revision=4, document_status="CANCELLED", lines=[])
    )
    assert [receipt.outcome for receipt in late] == [Outcome.REJECTED, Outcome.REJECTED]
    assert "in work" in late[0].reason["en"]
    assert people.sales(company.rpc)[0].state == "processing"


async def test_a_copied_sale_is_the_plants_own_business(new_company: NewCompany) -> None:
    company = new_company()
    connector = connect(company, "plant")
    await deliver(connector, plant_order())
    (sale,) = people.sales(company.rpc)
    copy = company.rpc.call("sale.sale", "copy", [sale.id], {"reference": sale.reference})[0]
    for button in ("quote", "confirm"):
        company.rpc.press("sale.sale", button, copy)
    items, checkpoint = await poll(connector.source())
    assert events(items, "OrderResponse") == []
    (receipt,) = await deliver(connector, plant_order(revision=2, line={"quantity": Decimal(3)}))
    assert (receipt.outcome, receipt.erp_reference) == (Outcome.APPLIED, sale.number)
    states = {found.id: (found.state, found.lines[0].quantity) for found in people.sales(company.rpc)}
    assert states == {sale.id: ("quotation", 3), copy: ("confirmed", 2)}
    people.confirm_sale(company.rpc, sale.id)
    items, _ = await poll(connector.source(), checkpoint)
    assert [fields(event)["erp_reference"] for event in events(items, "OrderResponse")] == [sale.number]


async def test_a_cancelled_plant_order_cancels_the_sale_and_says_nothing_back(new_company: NewCompany) -> None:
    company = new_company()
    connector = connect(company, "plant")
    await deliver(connector, plant_order())
    people.confirm_sale(company.rpc, people.sales(company.rpc)[0].id)
    cancel = plant_order(revision=2, document_status="CANCELLED")
    receipts = await deliver(connector, cancel, cancel)
    assert [receipt.outcome for receipt in receipts] == [Outcome.APPLIED, Outcome.DUPLICATE]
    assert people.sales(company.rpc)[0].state == "cancelled"
    items, _ = await poll(connector.source())
    assert events(items, "OrderResponse") == []


async def test_a_cancellation_of_what_never_came_keeps_older_revisions_out(new_company: NewCompany) -> None:
    company = new_company()
    connector = connect(company, "plant")
    cancel = plant_order(revision=2, document_status="CANCELLED")
    receipts = await deliver(connector, cancel, cancel, plant_order())
    assert [receipt.outcome for receipt in receipts] == [Outcome.APPLIED, Outcome.DUPLICATE, Outcome.DUPLICATE]
    (sale,) = people.sales(company.rpc)
    assert (sale.reference, sale.state, sale.lines) == (cancel.key, "cancelled", ())
    items, _ = await poll(connector.source())
    assert events(items, "OrderResponse") == []
    (newer,) = await deliver(connector, plant_order(revision=3, line={"quantity": Decimal(5)}))
    (sale,) = people.sales(company.rpc)
    assert (newer.outcome, sale.state, sale.shipping_date) == (Outcome.APPLIED, "quotation", WANTED)
    assert [(line.product, line.quantity) for line in sale.lines] == [("CRANE-10", 5)]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"line": {"item_code": "NOPE"}}, "NOPE"),
        ({"line": {"unit": "KGM"}}, "KGM"),
        ({"line": {"unit": "XXX"}}, "XXX"),
        ({"currency": "CNY"}, "CNY"),
        ({"line": {"quantity": Decimal("1.23456")}}, "1.23456"),
    ],
)
async def test_what_tryton_cannot_take_is_rejected_with_a_reason(
    shared_plant: Company, changes: Any, named: str
) -> None:
    (receipt,) = await deliver(connect(shared_plant, "plant"), plant_order(**changes))
    assert receipt.outcome is Outcome.REJECTED
    assert named in receipt.reason["en"]
    assert named in receipt.reason["ru"]
    assert [sale for sale in people.sales(shared_plant.rpc) if sale.state != "cancelled"] == []


# --- the plant's answers


async def respond(company: Company, since: Checkpoint | None = None) -> Any:
    items, _ = await poll(connect(company, "plant").source(), since)
    (event,) = events(items, "OrderResponse")
    return dict(event.value)


async def test_a_quotation_says_nothing_a_confirmation_accepts(new_company: NewCompany) -> None:
    company = new_company()
    await deliver(connect(company, "plant"), plant_order(revision=4))
    items, checkpoint = await poll(connect(company, "plant").source())
    assert events(items, "OrderResponse") == []
    sale = people.sales(company.rpc)[0]
    people.confirm_sale(company.rpc, sale.id)
    answer = await respond(company, checkpoint)
    assert (answer["plant_order_id"], answer["plant"], answer["plant_order_revision"]) == (sale.reference, "ruskran", 4)
    assert (answer["response_code"], answer["erp_reference"]) == ("AP", sale.number)
    assert answer["lines"] == [
        {"line_id": "1", "status": "ACCEPTED", "quantity": 2, "unit": "H87", "promised_date": WANTED}
    ]


async def test_another_date_or_quantity_is_a_change(new_company: NewCompany) -> None:
    company = new_company()
    await deliver(connect(company, "plant"), plant_order())
    sale = people.sales(company.rpc)[0].id
    people.change_sale(company.rpc, sale, {"CRANE-10": 1})
    later = WANTED + timedelta(days=9)
    people.confirm_sale(company.rpc, sale, promised=later)
    answer = await respond(company)
    (line,) = answer["lines"]
    assert (answer["response_code"], line["status"], line["quantity"], line["promised_date"]) == (
        "CA",
        "CHANGED",
        1,
        later,
    )


async def test_a_cancelled_sale_is_a_refusal(new_company: NewCompany) -> None:
    company = new_company()
    await deliver(connect(company, "plant"), plant_order())
    people.cancel_sale(company.rpc, people.sales(company.rpc)[0].id)
    answer = await respond(company)
    assert (answer["response_code"], answer["lines"][0]["status"]) == ("RE", "NOT_ACCEPTED")


async def test_a_line_that_was_taken_away_is_not_accepted(new_company: NewCompany) -> None:
    company = new_company()
    first, second = (
        fields(plant_order())["lines"][0] | {"line_id": line, "item_code": code, "unit": unit}
        for line, code, unit in (("1", "CRANE-10", "H87"), ("2", "STEEL", "TNE"))
    )
    await deliver(connect(company, "plant"), plant_order(lines=[first, second]))
    sale = people.sales(company.rpc)[0].id
    people.change_sale(company.rpc, sale, {"STEEL": 0})
    people.confirm_sale(company.rpc, sale)
    answer = await respond(company)
    assert answer["response_code"] == "CA"
    assert [line["status"] for line in answer["lines"]] == ["ACCEPTED", "NOT_ACCEPTED"]


async def test_stock_is_told_per_product_and_again_when_it_moves(new_company: NewCompany) -> None:
    company = new_company()
    people.set_stock(company.rpc, {"CRANE-10": 3, "STEEL": 12.5})
    items, checkpoint = await poll(connect(company, "plant").source())
    levels = {fields(event)["item_code"]: fields(event) for event in events(items, "InventoryLevel")}
    assert {code: (value["on_hand"], value["unit"]) for code, value in levels.items()} == {
        "CRANE-10": (3, "H87"),
        "STEEL": (Decimal("12.5"), "TNE"),
    }
    assert {value["site"] for value in levels.values()} == {"ruskran-assembly"}
    people.set_stock(company.rpc, {"STEEL": 20})
    items, checkpoint = await poll(connect(company, "plant").source(), checkpoint)
    assert [fields(event)["on_hand"] for event in events(items, "InventoryLevel")] == [20]
    assert (await poll(connect(company, "plant").source(), checkpoint))[0] == []


async def test_two_warehouses_of_a_site_are_one_level(new_company: NewCompany) -> None:
    company = new_company()
    people.set_stock(company.rpc, {"CRANE-10": 3})
    first = company.rpc.one("stock.location", [["type", "=", "warehouse"]])["id"]
    (second,) = company.rpc.call("stock.location", "copy", [first], {"code": "WH2"})
    storage = company.rpc.one("stock.location", [["id", "=", second]], "storage_location")["storage_location"]
    crane = company.rpc.one("product.product", [["code", "=", "CRANE-10"]])["id"]
    count = {"location": storage, "lines": [["create", [{"product": crane, "quantity": 4}]]]}
    company.rpc.press("stock.inventory", "confirm", company.rpc.create("stock.inventory", **count))
    items, _ = await poll(connect(company, "plant").source())
    levels = [(fields(event)["item_code"], fields(event)["on_hand"]) for event in events(items, "InventoryLevel")]
    assert levels == [("CRANE-10", 7)]


async def test_what_tryton_assigned_is_reserved(new_company: NewCompany) -> None:
    company = new_company()
    people.set_stock(company.rpc, {"CRANE-10": 3})
    connector = connect(company, "plant")
    await deliver(connector, plant_order())
    _, checkpoint = await poll(connector.source())
    sale = people.sales(company.rpc)[0].id
    people.confirm_sale(company.rpc, sale)
    people.process_sale(company.rpc, sale)
    people.reserve_sale(company.rpc, sale)
    items, _ = await poll(connector.source(), checkpoint)
    (level,) = events(items, "InventoryLevel")
    assert (fields(level)["on_hand"], fields(level)["reserved"]) == (3, 2)


async def test_a_production_for_a_plant_order_is_followed(new_company: NewCompany) -> None:
    company = new_company()
    event = plant_order()
    await deliver(connect(company, "plant"), event)
    number = people.sales(company.rpc)[0].number
    production = people.plan_production(company.rpc, "CRANE-10", 2, reference=number, ready=WANTED)
    told = list[Any]()
    checkpoint = None
    for step in (None, people.start_production, people.finish_production):
        if step:
            step(company.rpc, production)
        items, checkpoint = await poll(connect(company, "plant").source(), checkpoint)
        told += [found.value for found in events(items, "ProductionStatus")]
    assert [value["state"] for value in told] == ["WAITING", "RUNNING", "COMPLETED"]
    assert [value["completed"] for value in told] == [0, 0, 2]
    assert {value["plant_order_id"] for value in told} == {event.key}
    assert told[0]["estimated_completion"] == WANTED


# --- check, and an ERP that is away


async def test_check_passes_on_both_sides(new_company: NewCompany) -> None:
    company = new_company()
    await connect(company, "customer").check()
    await connect(company, "plant").check()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"password_file": None, "password": "wrong"}, "password"),
        ({"database": "nowhere"}, "nowhere"),
        ({"hub_party": "nobody"}, "nobody"),
        ({"units": {"u": "H87"}}, "units"),
        ({"company": "Another"}, "Another"),
        ({"sites": {"WH": "elsewhere"}}, "elsewhere"),
    ],
)
async def test_check_says_what_to_do(shared_plant: Company, changes: Any, named: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        await connect(shared_plant, "plant", **changes).check()
    assert named in caught.value.text.en
    assert named in caught.value.text.ru or named in {"password"}


async def test_a_session_that_tryton_forgot_is_renewed(new_company: NewCompany) -> None:
    company = new_company()
    sink = connect(company, "plant").sink()
    await sink.deliver([plant_order("1.1.1")])
    user = company.rpc.one("res.user", [["login", "=", "admin"]])["id"]
    company.rpc.write("res.user", user, password=company.server.password(company.database))
    with pytest.raises(Failed, match="401"):
        company.rpc.one("res.user", [])
    (receipt,) = await sink.deliver([plant_order("1.2.1")])
    assert receipt.outcome is Outcome.APPLIED


async def test_an_erp_that_is_away_is_unavailable(new_company: NewCompany, unused_tcp_port: int) -> None:
    away = connect(new_company(), "plant", url=f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(Unavailable):
        await deliver(away, plant_order())
    with pytest.raises(Unavailable):
        await poll(away.source())
    with pytest.raises(Unavailable):
        await away.check()
