"""What a Tryton may answer while something is delivered into it, and what copies do there. A Tryton in memory."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from connectors.tryton import comment_block, errors
from connectors.tryton.orders import Sales
from connectors.tryton.sink import GIVE_UP_SECONDS, PATIENCE_SECONDS, OrderStatusSink, PlantOrderSink
from connectors.tryton.statuses import Purchases
from kranhub.connector import Event, Outcome, Receipt, Sink
from kranhub.errors import KranhubError, Misconfigured, Unavailable
from kranhub.text import Text
from kranhub.wire.messages import Subject
from tests.support.fake_tryton import FAULTS, FakeTryton, broken_at
from tests.support.samples_tryton import order_status, plant_order

REVISION_1: Any = {"revision": 1}


def plant(erp: FakeTryton) -> Sink:
    codes = erp.codes("plant")
    return PlantOrderSink(Sales(erp.client(codes), codes).deliver)


def customer(erp: FakeTryton) -> Sink:
    codes = erp.codes("customer")
    return OrderStatusSink(Purchases(erp.client(codes), codes).deliver)


def sales(erp: FakeTryton) -> list[Any]:
    return [row for row in erp.rows.get("sale.sale", {}).values() if row["state"] != "cancelled"]


@pytest.fixture
def erp() -> FakeTryton:
    return FakeTryton()


# --- copies


async def test_a_copied_sale_is_never_taken_for_the_plant_orders(erp: FakeTryton) -> None:
    await plant(erp).deliver([plant_order()])
    (sale,) = sales(erp)
    copy = erp.add(
        "sale.sale", **{name: value for name, value in sale.items() if name not in {"id", "lines"}}, lines=[]
    )
    erp.write("sale.sale", copy, state="confirmed")
    receipts = await plant(erp).deliver([plant_order(), plant_order(revision=2, line={"quantity": Decimal(3)})])
    assert [receipt.outcome for receipt in receipts] == [Outcome.DUPLICATE, Outcome.APPLIED]
    assert erp.rows["sale.sale"][copy]["state"] == "confirmed"
    assert comment_block.read(erp.rows["sale.sale"][sale["id"]]["comment"], sale["id"]).revision == 2
    del erp.rows["sale.sale"][sale["id"]]
    (receipt,) = await plant(erp).deliver([plant_order(revision=3)])
    assert receipt.outcome is Outcome.APPLIED
    assert len(sales(erp)) == 2


async def test_a_draft_that_was_never_claimed_is_taken_up_and_claimed(erp: FakeTryton) -> None:
    await plant(erp).deliver([plant_order()])
    (sale,) = sales(erp)
    unclaimed = sale["comment"].replace(f" #{sale['id']}]", "]")
    erp.write("sale.sale", sale["id"], state="draft", comment=unclaimed)
    (receipt,) = await plant(erp).deliver([plant_order()])
    (sale,) = sales(erp)
    assert (receipt.outcome, sale["state"]) == (Outcome.APPLIED, "quotation")
    assert comment_block.read(sale["comment"], sale["id"]).record == sale["id"]


async def test_a_copied_purchase_is_clean(erp: FakeTryton) -> None:
    purchase = erp.purchase(comment="mine")
    (line,) = erp.rows["purchase.purchase"][purchase]["lines"]
    said: Any = {
        "line_id": str(line),
        "item_code": "CRANE-10",
        "state": "READY",
        "promised_date": None,
        "reason": {},
    }
    await customer(erp).deliver([order_status(purchase, 7, "READY", lines=[said])])
    comment, note = (erp.rows["purchase.purchase"][purchase]["comment"], erp.rows["purchase.line"][line]["note"])
    copy = erp.purchase("PO-2", comment=comment)
    (below,) = erp.rows["purchase.purchase"][copy]["lines"]
    erp.write("purchase.line", below, note=note)
    (receipt,) = await customer(erp).deliver([order_status(copy, 1, "RECEIVED")])
    assert receipt.outcome is Outcome.APPLIED
    seen = erp.rows["purchase.purchase"][copy]["comment"]
    assert ("RECEIVED" in seen, "READY" in seen, seen.endswith("mine")) == (True, False, True)
    assert erp.rows["purchase.line"][below]["note"] is None


# --- cancelled before it was created


async def test_a_cancellation_before_its_plant_order_keeps_older_revisions_out(erp: FakeTryton) -> None:
    cancel = plant_order(revision=2, document_status="CANCELLED")
    receipts = await plant(erp).deliver([cancel, cancel, plant_order()])
    assert [receipt.outcome for receipt in receipts] == [Outcome.APPLIED, Outcome.DUPLICATE, Outcome.DUPLICATE]
    (sale,) = erp.rows["sale.sale"].values()
    assert (sale["state"], sale["reference"], sale["lines"]) == ("cancelled", cancel.key, [])
    assert comment_block.read(sale["comment"], sale["id"]) == comment_block.Block(2, "CANCELLED", {}, sale["id"])
    (receipt,) = await plant(erp).deliver([plant_order(revision=3)])
    (sale,) = sales(erp)
    assert (receipt.outcome, sale["state"], len(sale["lines"])) == (Outcome.APPLIED, "quotation", 1)
    assert len(erp.rows["sale.sale"]) == 1


async def test_a_cancellation_that_a_crash_left_as_a_draft_is_ended_by_an_older_revision(erp: FakeTryton) -> None:
    await plant(erp).deliver([plant_order(revision=2, document_status="CANCELLED")])
    (sale,) = erp.rows["sale.sale"].values()
    erp.write("sale.sale", sale["id"], state="draft", comment=sale["comment"].replace(f" #{sale['id']}]", "]"))
    (receipt,) = await plant(erp).deliver([plant_order()])
    assert (receipt.outcome, sales(erp)) == (Outcome.DUPLICATE, [])


@pytest.mark.parametrize("button", ["cancel", "draft"])
async def test_a_sink_that_stood_still_undoes_no_newer_revision(erp: FakeTryton, button: str) -> None:
    """Another sink delivers revision 3 and a person confirms it, just before this one presses its button."""
    await plant(erp).deliver([plant_order()])
    (sale,) = sales(erp)
    newer = comment_block.write(None, sale["id"], 3, [], "ACTIVE")

    def overtaken(_: int, method: str) -> None:
        if method == f"model.sale.sale.{button}" and comment_block.read(sale["comment"], sale["id"]).revision < 3:
            erp.write("sale.sale", sale["id"], comment=newer, state="confirmed")

    erp.fault = overtaken
    cancelled: dict[str, Any] = {"document_status": "CANCELLED"}
    late = cancelled if button == "cancel" else {"line": {"quantity": Decimal(3)}}
    (receipt,) = await plant(erp).deliver([plant_order(revision=2, **late)])
    (sale,) = sales(erp)
    assert (receipt.outcome, sale["state"], sale["comment"]) == (Outcome.DUPLICATE, "confirmed", newer)


# --- orders that are no longer the hub's


@pytest.mark.parametrize(("state", "outcome"), [("CANCELLED", Outcome.APPLIED), ("PLANNED", Outcome.REJECTED)])
async def test_the_end_of_a_deleted_or_moved_purchase_has_nowhere_to_stand(
    erp: FakeTryton, state: str, outcome: Outcome
) -> None:
    moved = erp.purchase(party=erp.other, comment="for others")
    sink = customer(erp)
    for order_id in (moved, 999, "PO-1", "9" * 30, "²"):
        (receipt,) = await sink.deliver([order_status(order_id, 1, state)])
        assert receipt.outcome is outcome
        assert bool(receipt.reason) == (outcome is Outcome.REJECTED)
    assert erp.rows["purchase.purchase"][moved]["comment"] == "for others"


async def test_a_cancelled_order_is_said_on_lines_that_its_status_no_longer_names(erp: FakeTryton) -> None:
    purchase = erp.purchase()
    (line,) = erp.rows["purchase.purchase"][purchase]["lines"]
    said: Any = {
        "line_id": str(line),
        "item_code": "CRANE-10",
        "state": "READY",
        "promised_date": None,
        "reason": {},
    }
    await customer(erp).deliver([order_status(purchase, 1, lines=[said]), order_status(purchase, 2, "CANCELLED")])
    assert "CANCELLED" in erp.rows["purchase.line"][line]["note"]


# --- what is ambiguous or strange in Tryton


async def test_a_code_that_two_products_have_is_refused_naming_both(erp: FakeTryton) -> None:
    twin = erp.product("CRANE-10")
    (receipt,) = await plant(erp).deliver([plant_order()])
    assert receipt.outcome is Outcome.REJECTED
    assert f"id {erp.crane})" in receipt.reason["en"]
    assert f"id {twin})" in receipt.reason["ru"]


async def test_a_strange_value_refuses_this_document_alone(erp: FakeTryton) -> None:
    bad, good = erp.purchase(comment=7), erp.purchase("PO-2")
    receipts = await customer(erp).deliver([order_status(bad, 1), order_status(good, 1)])
    assert [receipt.outcome for receipt in receipts] == [Outcome.REJECTED, Outcome.APPLIED]
    assert "comment" in receipts[0].reason["ru"]


@pytest.mark.parametrize("kind", ["order", "cancellation", "unknown", "revision", "status"])
async def test_whatever_tryton_answers_at_any_step_of_a_delivery_has_its_next_action(kind: str) -> None:
    """Only our own errors come out; delivered again to a Tryton that is well, it is there once, or was refused.

    A status meets every fault at every step. A plant order has more steps: the faults take turns from step to step.
    """
    steps = len((await _delivered(FakeTryton(), kind)).requests)
    assert steps > 4
    raised: list[KranhubError] = []
    turns = {"status": 1, "order": 4}.get(kind, 10)
    for step in range(1, steps + 1):
        for fault in FAULTS[step % turns :: turns]:
            erp = FakeTryton()
            sink, batch = _case(erp, kind)
            erp.fault = broken_at(step, fault)
            receipts: Sequence[Receipt] = []
            try:
                receipts = await sink.deliver(batch)
            except (Unavailable, Misconfigured) as caught:
                raised.append(caught)
            erp.fault = lambda number, method: None
            assert all(bool(receipt.reason) == (receipt.outcome is Outcome.REJECTED) for receipt in receipts)
            sink, _ = _case(erp, kind)
            again = await sink.deliver(batch)
            assert [receipt.outcome for receipt in again if receipt.outcome is Outcome.RETRY] == []
            assert len(sales(erp)) == (1 if kind in {"order", "revision"} else 0)
    assert all(error.text.en and error.text.ru for error in raised)


async def _delivered(erp: FakeTryton, kind: str) -> FakeTryton:
    sink, batch = _case(erp, kind)
    await sink.deliver(batch)
    return erp


def _case(erp: FakeTryton, kind: str) -> tuple[Sink, list[Event]]:
    if kind == "status":
        if not erp.rows.get("purchase.purchase"):
            erp.purchase()
        return customer(erp), [order_status(101, 1)]
    later = {
        "order": [],
        "cancellation": [plant_order(revision=2, document_status="CANCELLED")],
        "unknown": [plant_order(revision=2, document_status="CANCELLED")],
        "revision": [plant_order(revision=2, line={"quantity": Decimal(3)})],
    }
    return plant(erp), [*([] if kind == "unknown" else [plant_order()]), *later[kind]]


# --- a document that breaks Tryton


class Breaking:
    """Delivers what is not ``bad``; the clock goes on with every delivery."""

    def __init__(self) -> None:
        self.now = 0.0

    async def deliver(self, event: Event) -> Receipt:
        if event.id == "bad":
            raise errors.ServerFailed(Text(en="KeyError", ru="KeyError"))
        return Receipt(event.id, 1, Outcome.APPLIED)


async def test_a_document_that_breaks_tryton_is_parked_and_refused_in_the_end() -> None:
    breaking = Breaking()
    sink = PlantOrderSink(breaking.deliver, lambda: breaking.now)
    bad, good = (Event(name, name, Subject.PLANT_ORDER, "hub", REVISION_1) for name in ("bad", "good"))
    with pytest.raises(Unavailable):
        await sink.deliver([bad])  # nothing else goes in: Tryton itself may be broken
    outcomes = [receipt.outcome for receipt in await sink.deliver([bad, good])]
    assert outcomes == [Outcome.RETRY, Outcome.APPLIED]
    breaking.now = PATIENCE_SECONDS
    (parked,) = await sink.deliver([bad])
    assert parked.outcome is Outcome.RETRY
    assert parked.not_before is not None
    breaking.now = GIVE_UP_SECONDS
    await sink.deliver([good])
    (refused,) = await sink.deliver([bad])
    assert (refused.outcome, set(refused.reason)) == (Outcome.REJECTED, {"en", "ru"})


async def test_a_broken_tryton_refuses_nobody() -> None:
    breaking = Breaking()
    sink = PlantOrderSink(breaking.deliver, lambda: breaking.now)
    bad = Event("bad", "bad", Subject.PLANT_ORDER, "hub", REVISION_1)
    for moment in range(0, 10 * int(GIVE_UP_SECONDS), 60):
        breaking.now = float(moment)
        try:
            (receipt,) = await sink.deliver([bad])
        except Unavailable:
            continue
        assert receipt.outcome is Outcome.RETRY
