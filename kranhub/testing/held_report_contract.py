"""What a sink must report after the hub was restored. Each test's docstring is a sentence of the contract."""

from kranhub.connector import Connector, Event, Held
from kranhub.testing.demands import broken, demand
from kranhub.testing.harness import ErpHarness
from kranhub.testing.suite import Suite, deliver, needs
from kranhub.wire import messages
from kranhub.wire.messages import PlantOrderDocumentStatus, Subject


class HoldingContract(Suite):
    """The hub takes from the ERPs what it no longer knows: the revision that each document has, and its content."""

    @needs("writes", "reports_held", takes=Subject.PLANT_ORDER)
    async def test_held_reports_each_plant_order_once_as_the_erp_holds_it(
        self, harness: ErpHarness, erp: Connector
    ) -> None:
        """held() reports every delivered plant order once: its newest revision, lines and date, cancelled or not."""
        events = [harness.event("held-once"), harness.event("held-again")]
        await deliver(erp, *events)
        if self.features.revises:
            events[1] = harness.event("held-again", 2)
            await deliver(erp, events[1])
        if self.features.cancels:
            await deliver(erp, harness.event("held-gone"))
            events.append(harness.event("held-gone", 2, cancelled=True))
            await deliver(erp, events[-1])
        found = await _held(harness, Subject.PLANT_ORDER)
        for event in events:
            _demand_as_delivered(event, _one(found, event.key))

    @needs("reads", "writes", "reports_held", publishes=Subject.ORDER, takes=Subject.ORDER_STATUS)
    async def test_held_reports_the_status_that_an_order_shows(self, harness: ErpHarness, erp: Connector) -> None:
        """held() reports of every order that shows a status its revision and, where the ERP keeps it, its state."""
        shown, never = harness.create(Subject.ORDER), harness.create(Subject.ORDER)
        event = harness.status(shown, 2)
        await deliver(erp, event)
        found = await _held(harness, Subject.ORDER_STATUS)
        held = _one(found, event.key)
        demand(
            held.revision == 2,
            f"The order shows revision 2 of its status, held() reports {held.revision}. Keep the revision of the "
            "status in the ERP: after a restore the hub goes on behind it.",
        )
        status = event.value_as(messages.OrderStatus)
        shows = {"state": (held.state, status["state"]), "promised_date": (held.promised_date, status["promised_date"])}
        for name, (reported, sent) in shows.items():
            text = f"The order shows {name} {sent}, held() reports {reported}. Report it, or None."
            demand(reported in (None, sent), text)
        demand(never not in {one.key for one in found}, "held() reports a status of an order that shows none.")


async def _held(harness: ErpHarness, subject: Subject) -> list[Held]:
    """Return what a new instance of the connector reports that the ERP holds."""
    other = harness.connector()
    try:
        sink = other.sink()
        held = sink.held() if sink else None
        if held is None:
            broken(
                "held() returns None. Report what was delivered and the ERP holds; else Features(reports_held=False)."
            )
        return [one async for one in held if one.subject == subject]
    finally:
        await other.close()


def _one(found: list[Held], key: str) -> Held:
    named = [one for one in found if one.key == key]
    demand(
        len(named) == 1,
        f"held() reports the document {key} {len(named)} times. Report each document of the hub's once, under the key "
        "of its event, cancelled ones as well.",
    )
    return named[0]


def _demand_as_delivered(event: Event, held: Held) -> None:
    order = event.value_as(messages.PlantOrder)
    cancelled = order["document_status"] == PlantOrderDocumentStatus.CANCELLED
    demand(
        (held.revision, held.cancelled) == (order["revision"], cancelled),
        f"Plant order {held.key} is at revision {order['revision']}, cancelled: {cancelled}; held() reports revision "
        f"{held.revision}, cancelled: {held.cancelled}. By this the hub numbers what it sends next.",
    )
    if cancelled:
        return
    wanted = {line["line_id"]: (line["item_code"], line["quantity"], line["unit"]) for line in order["lines"]}
    reported = {line.line_id: (line.item_code, line.quantity, line.unit) for line in held.lines}
    demand(reported == wanted, f"Plant order {held.key} has the lines {wanted}, held() reports {reported}.")
    demand(
        held.requested_date in (None, order["requested_date"]),
        f"Plant order {held.key} is wanted for {order['requested_date']}, held() reports {held.requested_date}.",
    )
