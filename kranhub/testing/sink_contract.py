"""What a sink must do. Each test's docstring is a sentence of the contract."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, cast

from kranhub.connector import Connector, Event, Outcome, Receipt
from kranhub.failpoints import calling
from kranhub.testing.content import TAKEN, demand_published, differences
from kranhub.testing.demands import ContractBroken, broken, demand, demand_both_languages
from kranhub.testing.harness import ErpHarness
from kranhub.testing.reading import poll
from kranhub.testing.source_contract import published
from kranhub.testing.suite import Suite, deliver, needs
from kranhub.wire import messages
from kranhub.wire.messages import LineStatus, Message, OrderResponseCode, Subject

DELIVERED = (Outcome.APPLIED, Outcome.DUPLICATE)
LONG = "Балка пролётная сварная по чертежу КМ-22.5, окраска в два слоя; " * 8
TEXTS = {
    "Cyrillic and quotation marks": "Балка «22,5 м» № 7, d = 20 мм",
    "blanks around it and a no-break space": "  Балка\u00a0 22,5  ",
    "only blanks": "   ",
    "500 characters": LONG,
}
PROMISED = date(datetime.now(UTC).year + 1, 3, 15)
WORDS = "Спросить у Петрова"


class SinkContract(Suite):
    """Every plant order is in the ERP once, as the hub wants it, and what people wrote into it stays."""

    @needs("writes")
    async def test_the_sink_takes_records_that_the_hub_sends(self, erp: Connector) -> None:
        """Sink.subjects names records that the hub addresses to a member."""
        sink = erp.sink()
        subjects = tuple(sink.subjects) if sink else ()
        demand(
            bool(subjects) and set(subjects) <= TAKEN and set(self.features.takes) <= set(subjects),
            f"Sink.subjects is {subjects}, the features say {self.features.takes}; the hub sends {sorted(TAKEN)}. Name "
            "those that the sink takes, as a tuple.",
        )

    @needs("writes", takes=Subject.PLANT_ORDER)
    async def test_the_erp_holds_what_was_ordered(self, harness: ErpHarness, erp: Connector) -> None:
        """One receipt per event, in order; and in the ERP every line, quantity, unit and the wanted date."""
        events = [harness.event(f"order-{number}") for number in range(3)]
        _demand_two_lines(events[0])
        receipts = await deliver(erp, *events)
        for number, (event, receipt) in enumerate(zip(events, receipts, strict=True)):
            _demand_outcome(receipt, "A new plant order", Outcome.APPLIED)
            _demand_live(harness, f"order-{number}", 1, "delivered")
            demand_held(harness, f"order-{number}", event)

    @needs("writes", takes=Subject.PLANT_ORDER)
    async def test_delivered_twice_is_applied_once(self, harness: ErpHarness, erp: Connector) -> None:
        """The same event again, from this instance or after a restart, is a DUPLICATE."""
        event = harness.event("twice")
        _demand_outcome((await deliver(erp, event))[0], "A new plant order", Outcome.APPLIED)
        for receipt in (*await deliver(erp, event), *await _restarted(harness, event)):
            _demand_outcome(receipt, "A plant order that came a second time", Outcome.DUPLICATE)
        _demand_live(harness, "twice", 1, "delivered three times")

    @needs("writes", "revises", takes=Subject.PLANT_ORDER)
    async def test_a_newer_revision_changes_the_document(self, harness: ErpHarness, erp: Connector) -> None:
        """One document, with the new content; an older revision that comes late changes nothing."""
        older, newer = harness.event("revised"), harness.event("revised", 2)
        await deliver(erp, older)
        _demand_outcome((await deliver(erp, newer))[0], "A newer revision", Outcome.APPLIED)
        demand_held(harness, "revised", newer)
        _demand_outcome((await deliver(erp, older))[0], "An older revision", Outcome.DUPLICATE)
        demand_held(harness, "revised", newer)
        _demand_live(harness, "revised", 1, "revised")

    @needs("writes", "revises", takes=Subject.PLANT_ORDER)
    async def test_a_line_that_is_gone_from_the_order_is_gone_from_the_erp(
        self, harness: ErpHarness, erp: Connector
    ) -> None:
        """A revision without the first line leaves the second."""
        await deliver(erp, harness.event("shortened"))
        newer = harness.event("shortened", 2)
        newer = _with(newer, lines=newer.value_as(messages.PlantOrder)["lines"][1:])
        _demand_outcome((await deliver(erp, newer))[0], "A newer revision", Outcome.APPLIED)
        demand_held(harness, "shortened", newer)

    @needs("writes", "cancels", takes=Subject.PLANT_ORDER)
    async def test_a_cancelled_document_no_longer_counts(self, harness: ErpHarness, erp: Connector) -> None:
        """A cancellation is a revision like any other, and stays cancelled."""
        await deliver(erp, harness.event("cancelled"))
        (receipt,) = await deliver(erp, harness.event("cancelled", 2, cancelled=True))
        _demand_outcome(receipt, "A cancellation", Outcome.APPLIED)
        _demand_live(harness, "cancelled", 0, "cancelled")
        (receipt,) = await deliver(erp, harness.event("cancelled", 1))
        _demand_outcome(receipt, "A revision older than the cancellation", Outcome.DUPLICATE)
        _demand_live(harness, "cancelled", 0, "cancelled")

    @needs("writes", "cancels", takes=Subject.PLANT_ORDER)
    async def test_cancelled_before_it_was_created_stays_cancelled(self, harness: ErpHarness, erp: Connector) -> None:
        """The cancellation of an order that the ERP never had is remembered: an older revision creates nothing."""
        (receipt,) = await deliver(erp, harness.event("unborn", 2, cancelled=True))
        demand(
            receipt.outcome in DELIVERED,
            f"The cancellation of an unknown plant order was answered {receipt.outcome}: {dict(receipt.reason)}. There "
            "is nothing to refuse: remember it and answer APPLIED.",
        )
        for receipt in (
            *await deliver(erp, harness.event("unborn")),
            *await _restarted(harness, harness.event("unborn")),
        ):
            demand(
                receipt.outcome is Outcome.DUPLICATE and harness.live("unborn") == 0,
                "Revision 2 cancelled a plant order that the ERP did not have; then revision 1 came, was answered "
                f"{receipt.outcome}, and {harness.live('unborn')} of it is live. Remember the cancellation, for "
                "example as a document that is created cancelled.",
            )

    @needs("writes", "refuses", takes=Subject.PLANT_ORDER)
    async def test_a_business_no_has_its_reason_and_stops_nobody_else(
        self, harness: ErpHarness, erp: Connector
    ) -> None:
        """A refused event is REJECTED in both languages; its neighbours are delivered."""
        bad = harness.unacceptable("refused")
        try:
            receipts = await deliver(erp, harness.event("before"), bad, harness.event("behind"))
        except ContractBroken:
            raise
        except Exception as error:
            raise ContractBroken(
                f"An event that the ERP refuses let deliver() raise {type(error).__name__}: {error}. Answer REJECTED "
                "with the reason, so that its neighbours are delivered and the order can go to another plant."
            ) from error
        _demand_outcome(receipts[1], "An event that the ERP must refuse", Outcome.REJECTED)
        demand_both_languages(receipts[1].reason, "The reason of a REJECTED receipt")
        for name, receipt in (("before", receipts[0]), ("behind", receipts[2])):
            _demand_outcome(receipt, "The neighbour of a refused event", Outcome.APPLIED)
            _demand_live(harness, name, 1, "delivered beside a refused one")
        _demand_live(harness, "refused", 0, "refused")

    @needs("writes", takes=Subject.PLANT_ORDER)
    async def test_texts_are_kept_or_refused(self, harness: ErpHarness, erp: Connector) -> None:
        """Cyrillic, blanks and long texts are in the ERP as they came; one too long is refused, or cut and said so."""
        for number, (kind, text) in enumerate(TEXTS.items()):
            reference = f"text-{number}"
            event = _described(harness.event(reference), text)
            (receipt,) = await deliver(erp, event)
            if receipt.outcome is Outcome.REJECTED and text is LONG:
                demand_both_languages(receipt.reason, "The reason of a REJECTED receipt")
                _demand_live(harness, reference, 0, "refused for its long text")
                continue
            _demand_outcome(receipt, f"A plant order whose descriptions are {kind}", Outcome.APPLIED)
            said_so = bool(receipt.reason)
            if said_so:
                demand_both_languages(receipt.reason, "The reason of a receipt that says what was cut")
            demand_held(harness, reference, event, describes=self.features.describes and not said_so)

    @needs("writes", "revises", "notes", takes=Subject.PLANT_ORDER)
    async def test_what_people_wrote_stays(self, harness: ErpHarness, erp: Connector) -> None:
        """Words or lines that people at the ERP added to a document outlive its revisions."""
        await deliver(erp, harness.event("noted"))
        harness.note("noted", WORDS)
        newer = harness.event("noted", 2)
        _demand_outcome((await deliver(erp, newer))[0], "A newer revision", Outcome.APPLIED)
        _demand_noted(harness, "noted", "before a revision came")
        demand_held(harness, "noted", newer)

    @needs("writes", "revises", "notes", "between", takes=Subject.PLANT_ORDER)
    async def test_what_people_write_meanwhile_stays(self, harness: ErpHarness, erp: Connector) -> None:
        """A person edits the document between the sink's look-up and its write: nobody's words are lost."""
        await deliver(erp, harness.event("meanwhile"))
        newer, reached = harness.event("meanwhile", 2), list[str]()

        def edit() -> None:
            harness.note("meanwhile", WORDS)
            reached.append(WORDS)

        with calling(self.features.between, edit):
            (receipt,) = await deliver(erp, newer)
        demand(
            bool(reached),
            f"The failpoint {self.features.between!r} was not reached when a revision was delivered. Put it between "
            "the look-up and the write.",
        )
        demand(
            receipt.outcome in (Outcome.APPLIED, Outcome.RETRY),
            f"A revision that met a person's edit was answered {receipt.outcome}: APPLIED or RETRY.",
        )
        _demand_noted(harness, "meanwhile", "between the sink's look-up and its write")
        if receipt.outcome is Outcome.RETRY:
            await deliver(erp, newer)
            _demand_noted(harness, "meanwhile", "between the sink's look-up and its write")
        demand_held(harness, "meanwhile", newer)

    @needs("reads", "writes", "accepts", takes=Subject.PLANT_ORDER)
    async def test_an_accepted_order_is_answered_under_its_id(self, harness: ErpHarness, erp: Connector) -> None:
        """A person accepts what was delivered: the answer names the plant order, its revision, lines and day."""
        event = harness.event("accepted")
        await deliver(erp, event)
        _, checkpoint = await poll(erp)
        harness.accept("accepted", PROMISED)
        items, _ = await poll(erp, checkpoint)
        order = event.value_as(messages.PlantOrder)
        answer = published(items, Subject.ORDER_RESPONSE, order["plant_order_id"]).event
        wanted = {
            "plant_order_id": order["plant_order_id"],
            "plant": harness.member,
            "plant_order_revision": order["revision"],
            "response_code": OrderResponseCode.AP,
            "lines": [
                {
                    "line_id": line["line_id"],
                    "status": LineStatus.ACCEPTED,
                    "promised_date": PROMISED,
                    "quantity": line["quantity"],
                    "unit": line["unit"],
                }
                for line in order["lines"]
            ],
        }
        demand_published(answer, harness.member, wanted)

    @needs("reads", "writes", publishes=Subject.ORDER, takes=Subject.ORDER_STATUS)
    async def test_a_status_is_shown_and_an_older_one_is_not(self, harness: ErpHarness, erp: Connector) -> None:
        """The status of an order is shown on it; again it is a DUPLICATE, and an older one changes nothing."""
        key = harness.create(Subject.ORDER)
        before = harness.shown(key)
        _demand_outcome((await deliver(erp, harness.status(key, 1)))[0], "A status", Outcome.APPLIED)
        first = harness.shown(key)
        _demand_outcome((await deliver(erp, harness.status(key, 2)))[0], "A newer status", Outcome.APPLIED)
        second = harness.shown(key)
        demand(
            first not in (before, second),
            f"Two statuses were APPLIED, and the order shows {before}, {first}, {second}. Write what the status says.",
        )
        for revision in (2, 1):
            _demand_outcome((await deliver(erp, harness.status(key, revision)))[0], "An old status", Outcome.DUPLICATE)
        demand(
            harness.shown(key) == second, f"An old status changed what the order shows: {second}, {harness.shown(key)}."
        )


def demand_held(harness: ErpHarness, reference: str, event: Event, *, describes: bool = False) -> None:
    """Demand that the ERP holds what the plant order asks for.

    Args:
        harness: The harness.
        reference: What identifies the plant order.
        event: The plant order that was delivered.
        describes: Whether to compare the lines' descriptions as well.

    Raises:
        ContractBroken: The ERP holds something else.
    """
    names = ("item_code", "quantity", "unit", *(("description",) if describes else ()))
    held = harness.held(reference)
    order = event.value_as(messages.PlantOrder)
    lines: Sequence[Mapping[str, Any]] = order["lines"]
    wanted = {
        "requested_date": order["requested_date"],
        "lines": [{name: _text(line[name]) for name in names} for line in lines],
    }
    found = {**held, "lines": [{name: _text(line.get(name)) for name in names} for line in held["lines"]]}
    different = differences(found, wanted)
    demand(
        not different,
        f"The ERP does not hold plant order {reference} revision {event.revision} as it was sent: "
        f"{'; '.join(different)}. Write every line and the wanted date, and read back what was written.",
    )


def _text(value: Any) -> Any:
    """Return a text without the blanks that an ERP may drop; None for one of blanks only."""
    return (" ".join(value.split()) or None) if isinstance(value, str) else value


async def _restarted(harness: ErpHarness, event: Event) -> Sequence[Receipt]:
    other = harness.connector()
    try:
        return await deliver(other, event)
    finally:
        await other.close()


def _with(event: Event, **changes: Any) -> Event:
    return replace(event, value=cast(Message, {**event.value, **changes}))


def _described(event: Event, text: str) -> Event:
    lines = event.value_as(messages.PlantOrder)["lines"]
    return _with(event, lines=[{**line, "description": text} for line in lines])


def _demand_two_lines(event: Event) -> None:
    demand(
        len({line["quantity"] for line in event.value_as(messages.PlantOrder)["lines"]}) >= 2,
        "The harness's event() has no two lines of different quantities. Give it two, so that a lost line is seen.",
    )


def _demand_outcome(receipt: Receipt, what: str, outcome: Outcome) -> None:
    if receipt.outcome is not outcome:
        broken(f"{what} was answered {receipt.outcome} ({dict(receipt.reason)}). Answer {outcome}.")


def _demand_live(harness: ErpHarness, reference: str, count: int, how: str) -> None:
    live = harness.live(reference)
    demand(
        live == count,
        f"The ERP has {live} live documents of a plant order that was {how}; there must be {count}. Look the reference "
        "up before you create, and let a unique constraint decide between two writers.",
    )


def _demand_noted(harness: ErpHarness, reference: str, when: str) -> None:
    noted = harness.noted(reference)
    demand(
        noted == WORDS,
        f"A person wrote {WORDS!r} into the document {when}; after it {noted!r} is left. Write only the fields that "
        "the hub fills, and only if the document is still the one that was looked up (a version, a lock); else look "
        "again or answer RETRY.",
    )
