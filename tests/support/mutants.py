"""The workshop's connector with one thing wrong in it, each a mistake that people make."""

import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from kranhub.connector import Checkpoint, Event, Held, Outcome, Position, Read, Receipt, Unreadable
from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.text import Text
from kranhub.wire.messages import Subject
from tests.support.fields import changed, fields
from tests.support.workshop import Workshop, client, mapping
from tests.support.workshop.client import Found, Row
from tests.support.workshop.mapping import ErpDocument, Records, Value
from tests.support.workshop.memory import Memory
from tests.support.workshop.sink import WorkshopSink
from tests.support.workshop.source import WorkshopSource


@dataclass(frozen=True, slots=True)
class Mutant:
    """What is wrong, the connector that has it, and the test of the suite that says so with this sentence.

    ``driver`` stands for `client.DRIVER` where the mistake is in what the connector catches.
    """

    name: str
    kind: type[Workshop]
    test: str
    says: str
    subject: str = ""
    driver: tuple[type[Exception], ...] = client.DRIVER


def workshop(
    source: type[WorkshopSource] = WorkshopSource,
    sink: type[WorkshopSink] = WorkshopSink,
    records: type[Records] = Records,
) -> type[Workshop]:
    """Return the connector with other parts."""

    class Mutated(Workshop):
        def source(self) -> WorkshopSource:
            config, made = self.config, records(self.records.member, self.records.zone)
            return source(self.client, made, config.epoch, config.poll_seconds, config.withdraw_after_seconds)

        def sink(self) -> WorkshopSink:
            return sink(self.client)

    return Mutated


# -- N: wrong content -------------------------------------------------------------------------------------------------


class NoLines(Records):
    def order(self, found: Found) -> Value:
        return {**super().order(found), "lines": []}


class OneLine(Records):
    def order(self, found: Found) -> Value:
        return super().order(replace(found, lines=found.lines[:1]))


class OneLineAnswered(Records):
    def response(self, found: Found) -> Value | None:
        return super().response(replace(found, lines=found.lines[:1]))


class OneLineWritten(WorkshopSink):
    def plant_order(self, event: Event) -> Receipt:
        return super().plant_order(changed(event, lines=fields(event)["lines"][:1]))


class NoLinesWritten(WorkshopSink):
    def plant_order(self, event: Event) -> Receipt:
        return super().plant_order(changed(event, lines=[]))


class DateIgnored(Records):
    def order(self, found: Found) -> Value:
        return {**super().order(found), "requested_date": mapping.day("2027-01-01")}


class DateNotWritten(WorkshopSink):
    def plant_order(self, event: Event) -> Receipt:
        return super().plant_order(changed(event, requested_date=mapping.day("2027-01-01")))


class ToldOnce(WorkshopSource):
    def told(self, document: ErpDocument, memory: Memory) -> Read | Unreadable | None:
        known = memory.get(document.subject, document.native)
        return None if known is not None else super().told(document, memory)


class Watermark(WorkshopSource):
    """Reads what is behind a watermark, which is kept in a position of its own."""

    def documents(self, subject: Subject, memory: Memory) -> list[ErpDocument]:
        name = f"mark.{subject}"
        mark = memory.positions.get(name, Position("")).watermark
        found = [document for document in super().documents(subject, memory) if self.is_behind(stamp(document), mark)]
        memory.positions[name] = Position(max([mark, *map(stamp, found)]))
        return found

    def is_behind(self, version: str, mark: str) -> bool:
        return version > mark


def stamp(document: ErpDocument) -> str:
    """Return the change mark of a document and its key."""
    head = document.content[0] if isinstance(document.content, list) else document.content.head
    return f"{head['changed_at'] or ''} {document.native}"


class NaiveInside(Records):
    def order(self, found: Found) -> Value:
        return {**super().order(found), "issued_at": datetime.fromisoformat(found.head["changed_at"])}


class UnknownSubject(WorkshopSource):
    def event(self, document: ErpDocument, version: str, value: Value, memory: Memory) -> Read:
        read = super().event(document, version, value, memory)
        return replace(read, event=replace(read.event, subject=cast(Any, "PurchaseOrder")))


class BadDocumentRaises(WorkshopSource):
    def unreadable(self, document: ErpDocument, error: InvalidDocument, memory: Memory) -> Unreadable | None:
        raise error


class CancelForgotten(WorkshopSink):
    def cancel(self, event: Event, found: Found | None) -> Receipt:
        return super().cancel(event, found) if found else self.receipt(event, Outcome.APPLIED)


class HoldsNothingCancelled(WorkshopSink):
    async def holding(self) -> AsyncIterator[Held]:
        async for held in super().holding():
            if not held.cancelled:
                yield held


class HoldsTheFirstRevision(WorkshopSink):
    def held_job(self, job: Found) -> Held:
        return replace(super().held_job(job), revision=1)


class HoldsNoStatus(WorkshopSink):
    async def holding(self) -> AsyncIterator[Held]:
        async for held in super().holding():
            yield replace(held, revision=1) if held.subject == "OrderStatus" else held


class RevisionZero(WorkshopSink):
    def delivered(self, event: Event) -> Receipt:
        return replace(super().delivered(event), revision=0)


class EnglishOnly(WorkshopSink):
    def refused(self, event: Event, text: Text) -> Receipt:
        return super().refused(event, Text(en=text.en, ru=f"Rejected: {text.en}"))


class EnglishLetters(WorkshopSource):
    def unreadable(self, document: ErpDocument, error: InvalidDocument, memory: Memory) -> Unreadable | None:
        text = Text(en=error.text.en, ru=f"Error. {error.text.en}")
        return super().unreadable(document, InvalidDocument(error.code, text), memory)


class Overwrites(WorkshopSink):
    def change(self, found: Found, head: Row, lines: list[Row]) -> None:
        """Write the whole job as it was read, whatever has become of it since."""
        now = self.client.job(found.head["reference"])
        assert now is not None
        self.client.change_job(now.head, {**found.head, **head}, lines)


class OwnNumber(WorkshopSource):
    def documents(self, subject: Subject, memory: Memory) -> list[ErpDocument]:
        found = super().documents(subject, memory)
        return [replace(one, key=one.native) for one in found] if subject == "OrderResponse" else found

    def value(self, document: ErpDocument) -> Value | None:
        said = super().value(document)
        return {**said, "plant_order_id": document.native} if said and document.subject == "OrderResponse" else said


class OwnNumberInside(Records):
    def response(self, found: Found) -> Value | None:
        said = super().response(found)
        return said and {**said, "plant_order_id": f"МОСТ-{found.head['id']}"}


# -- A: one document taken for another --------------------------------------------------------------------------------


class NumberIsKey(WorkshopSource):
    def documents(self, subject: Subject, memory: Memory) -> list[ErpDocument]:
        found = super().documents(subject, memory)
        return [replace(one, key=one.content.head["number"]) for one in found] if subject == "Order" else found

    def value(self, document: ErpDocument) -> Value | None:
        said = super().value(document)
        return {**said, "order_id": document.key} if said and document.subject == "Order" else said


class LastRowWins(WorkshopSource):
    def stock(self) -> list[ErpDocument]:
        return [
            ErpDocument(Subject.INVENTORY_LEVEL, str(row["id"]), str(row["code"]).strip(), [row], None)
            for row in self.client.stock()
        ]


class ContentIsVersion(WorkshopSource):
    def event(self, document: ErpDocument, version: str, value: Value, memory: Memory) -> Read:
        return super().event(document, version.partition(".")[0], value, memory)


class ForgetsDeleted(WorkshopSource):
    def withdrawn(self, subject: Subject, there: set[str], memory: Memory) -> Iterator[Read]:
        for native in memory.told(subject).keys() - there:
            memory.forget(subject, native)
        return iter(())


# -- B: a clock ahead hides what comes after --------------------------------------------------------------------------


class TrustsStamps(Watermark):
    """Reads with an overlap of two minutes below the highest stamp that was ever read."""

    def is_behind(self, version: str, mark: str) -> bool:
        now, highest = (mapping_moment(text) for text in (version, mark))
        return highest is None or (now is not None and now >= highest - timedelta(minutes=2))


def mapping_moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text[:19])
    except ValueError:
        return None


class LowerStampIsOlder(WorkshopSource):
    """Tells a document only when its stamp is higher than the one that it was told with."""

    def told(self, document: ErpDocument, memory: Memory) -> Read | Unreadable | None:
        name = f"stamp.{document.subject}.{document.native}"
        if stamp(document) <= memory.positions.get(name, Position("")).watermark:
            return None
        memory.positions[name] = Position(stamp(document))
        return super().told(document, memory)


# -- C: rows never read -----------------------------------------------------------------------------------------------


class OnlySorted(WorkshopSource):
    """Compares the stamp in the database, where NULL is neither above nor below."""

    def documents(self, subject: Subject, memory: Memory) -> list[ErpDocument]:
        return [one for one in super().documents(subject, memory) if mapping_moment(stamp(one)) is not None]


# -- D: it never starts again -----------------------------------------------------------------------------------------


class OnePosition(WorkshopSource):
    def remembered(self, since: Checkpoint | None) -> Memory:
        return OneBucket(since, self.epoch)


class OneBucket(Memory):
    def checkpoint(self) -> Checkpoint:
        found = super().checkpoint().positions
        everything: dict[str, frozenset[str]] = {}
        for name, position in found.items():
            place = f"{name.partition('/')[0]}/0" if position.seen else name
            everything[place] = everything.get(place, frozenset()) | position.seen
        return Checkpoint({name: Position(found[name].watermark, seen) for name, seen in everything.items()})


class RemembersSome(WorkshopSource):
    def remembered(self, since: Checkpoint | None) -> Memory:
        return LastOfBucket(since, self.epoch)


class LastOfBucket(Memory):
    def checkpoint(self) -> Checkpoint:
        found = super().checkpoint().positions
        few = {name: frozenset(sorted(position.seen)[:5]) for name, position in found.items()}
        return Checkpoint({name: Position(found[name].watermark, seen) for name, seen in few.items()})


# -- F: withdrawn, but goes on being made -----------------------------------------------------------------------------


class NeverWithdraws(WorkshopSource):
    def withdrawn(self, subject: Subject, there: set[str], memory: Memory) -> Iterator[Read]:
        return iter(())


class NoGrace(WorkshopSource):
    def __init__(self, *settings: Any) -> None:
        super().__init__(*settings)
        self.grace = timedelta(0)


class WithdrawsFromMemory(WorkshopSource):
    """Knows only what it saw itself: after a restart nothing is missed."""

    def __init__(self, *settings: Any) -> None:
        super().__init__(*settings)
        self._seen: dict[str, set[str]] = {}

    def withdrawn(self, subject: Subject, there: set[str], memory: Memory) -> Iterator[Read]:
        seen = self._seen.setdefault(subject, set())
        seen |= there
        unseen = {native for native, _ in memory.active(subject)} - seen
        yield from super().withdrawn(subject, there | unseen, memory)


# -- M and others: what a connector's author gets wrong ---------------------------------------------------------------


class TooFewReceipts(WorkshopSink):
    async def deliver(self, batch: Sequence[Event]) -> Sequence[Receipt]:
        return (await super().deliver(batch))[:-1]


class WrongSubjects(WorkshopSink):
    subjects = cast(Any, ("Plantorder", "OrderStatus"))


class CutsTexts(WorkshopSink):
    def plant_order(self, event: Event) -> Receipt:
        lines = [{**line, "description": (line["description"] or "")[:50]} for line in fields(event)["lines"]]
        return super().plant_order(changed(event, lines=lines))


class RefusesForAll(WorkshopSink):
    def refused(self, event: Event, text: Text) -> Receipt:
        raise InvalidDocument(DocumentCode.UNKNOWN_ITEM, text)


CREATED = "test_every_document_is_published_as_the_erp_holds_it"
HELD = "test_the_erp_holds_what_was_ordered"
REPORTS = "test_held_reports_each_plant_order_once_as_the_erp_holds_it"
REFUSED = "test_a_business_no_has_its_reason_and_stops_nobody_else"
BAD = "test_a_bad_document_is_one_unreadable_and_the_rest_flows"
MANY = "test_many_old_documents_do_not_keep_it_from_starting"
WITHDRAWN = "test_a_withdrawn_order_is_cancelled"

CONTENT = (
    Mutant("lines missing", workshop(records=NoLines), CREATED, "lines: the ERP has 2, the event has 0", "Order"),
    Mutant("lines not written", workshop(sink=NoLinesWritten), HELD, "lines: the ERP has 0, the event has 2"),
    Mutant("second line dropped", workshop(records=OneLine), CREATED, "lines: the ERP has 2, the event has 1", "Order"),
    Mutant(
        "second line not answered",
        workshop(records=OneLineAnswered),
        CREATED,
        "lines: the ERP has 2, the event has 1",
        "OrderResponse",
    ),
    Mutant("second line not written", workshop(sink=OneLineWritten), HELD, "lines: the ERP has 1, the event has 2"),
    Mutant("date ignored", workshop(records=DateIgnored), CREATED, "requested_date: the ERP has 2027-03-31", "Order"),
    Mutant("date not written", workshop(sink=DateNotWritten), HELD, "requested_date: the ERP has 2027-01-01"),
    Mutant(
        "changed and never published again",
        workshop(ToldOnce),
        "test_a_changed_document_is_published_again",
        "was changed in the ERP and not published again",
        "Order",
    ),
    Mutant(
        "no overlap",
        workshop(Watermark),
        "test_what_is_committed_late_is_published",
        "Start every poll an overlap below the highest version",
        "Order",
    ),
    Mutant("naive inside", workshop(records=NaiveInside), CREATED, r"naive-datetime.*time without a zone", "Order"),
    Mutant("unknown subject", workshop(UnknownSubject), CREATED, "'PurchaseOrder', which is no record", "Order"),
    Mutant("a bad document raises", workshop(BadDocumentRaises), BAD, "let read.. raise InvalidDocument", "Order"),
    Mutant(
        "cancel forgotten",
        workshop(sink=CancelForgotten),
        "test_cancelled_before_it_was_created_stays_cancelled",
        "Remember the cancellation",
    ),
    Mutant("cancelled not held", workshop(sink=HoldsNothingCancelled), REPORTS, "held-gone.* 0 times"),
    Mutant(
        "first revision held", workshop(sink=HoldsTheFirstRevision), REPORTS, "is at revision 2.*reports revision 1"
    ),
    Mutant(
        "status not held",
        workshop(sink=HoldsNoStatus),
        "test_held_reports_the_status_that_an_order_shows",
        "shows revision 2 of its status, held.. reports 1",
    ),
    Mutant("revision 0", workshop(sink=RevisionZero), HELD, "has revision 0, the event has 1"),
    Mutant("English refusal", workshop(sink=EnglishOnly), REFUSED, "REJECTED receipt is not in both languages"),
    Mutant("English dead letter", workshop(EnglishLetters), BAD, "Unreadable .* is not in both languages", "Order"),
    Mutant(
        "concurrent edit overwritten",
        workshop(sink=Overwrites),
        "test_what_people_write_meanwhile_stays",
        "A person wrote .* between the sink's look-up and its write",
    ),
    Mutant("own number", workshop(OwnNumber), CREATED, "is no plant order id", "OrderResponse"),
    Mutant("own number inside", workshop(records=OwnNumberInside), CREATED, "is no plant order id", "OrderResponse"),
)
"""The thirteen that once passed, those about lines and dates in both directions."""

KINDS = (
    Mutant(
        "the number is the key",
        workshop(NumberIsKey),
        "test_two_orders_with_one_number_are_two",
        "Two orders of the ERP have the same number",
    ),
    Mutant(
        "the last row of stock wins",
        workshop(LastRowWins),
        "test_two_rows_of_one_code_are_summed_or_refused",
        "lies in two rows of stock, 12 together",
    ),
    *(
        Mutant(
            f"the content is the version of {subject}",
            workshop(ContentIsVersion),
            "test_an_id_never_repeats_for_a_newer_state",
            "under an id that was published before",
            subject,
        )
        for subject in ("Order", "OrderResponse", "InventoryLevel")
    ),
    Mutant(
        "a deleted row is forgotten",
        workshop(ForgetsDeleted),
        "test_deleted_and_entered_again_is_a_newer_state",
        "under an id that was published before",
        "InventoryLevel",
    ),
    Mutant(
        "timestamps move the watermark",
        workshop(TrustsStamps),
        "test_a_clock_ahead_hides_nothing",
        "stamped 0:10:00 ahead. Let no timestamp move the watermark",
        "Order",
    ),
    Mutant(
        "a lower timestamp is older",
        workshop(LowerStampIsOlder),
        "test_a_document_stamped_ahead_can_be_corrected",
        "A lower timestamp is no older state",
        "Order",
    ),
    Mutant(
        "only what sorts is read",
        workshop(OnlySorted),
        "test_rows_with_odd_keys_or_versions_are_read",
        "was never read",
        "InventoryLevel",
    ),
    Mutant("all in one position", workshop(OnePosition), MANY, "split what is remembered over several", "Order"),
    Mutant("remembers some", workshop(RemembersSome), MANY, "were published again. Remember all of them", "Order"),
    Mutant(
        "read() catches some errors",
        Workshop,
        "test_no_error_of_the_driver_ends_read",
        "The driver raised .* of read.., and .* came out",
        "Order",
        driver=(sqlite3.OperationalError,),
    ),
    Mutant(
        "deliver() catches some errors",
        Workshop,
        "test_no_error_of_the_driver_ends_deliver",
        "The driver raised .* of deliver.., and .* came out",
        driver=(sqlite3.Error,),
    ),
    Mutant("refusals raise", workshop(sink=RefusesForAll), REFUSED, "let deliver.. raise InvalidDocument"),
    Mutant("never withdrawn", workshop(NeverWithdraws), WITHDRAWN, "its cancellation was never published"),
    Mutant(
        "deleted and not withdrawn",
        workshop(NeverWithdraws),
        "test_a_deleted_order_is_cancelled",
        "its cancellation was never published",
    ),
    Mutant(
        "withdrawn, but not after a restart", workshop(WithdrawsFromMemory), WITHDRAWN, "Remember in the checkpoint"
    ),
    Mutant(
        "no grace",
        workshop(NoGrace),
        "test_an_order_that_comes_back_in_time_is_not_cancelled",
        "Wait for the grace period",
    ),
    Mutant("too few receipts", workshop(sink=TooFewReceipts), HELD, "got 3 events and returned 2 receipts"),
    Mutant(
        "wrong subjects",
        workshop(sink=WrongSubjects),
        "test_the_sink_takes_records_that_the_hub_sends",
        "Name those that the sink takes",
    ),
    Mutant("texts are cut", workshop(sink=CutsTexts), "test_texts_are_kept_or_refused", "description: the ERP has"),
)
"""The kinds A to F, and what a connector's author gets wrong."""
