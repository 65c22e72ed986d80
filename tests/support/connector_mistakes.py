"""What an author gets wrong, one mistake each, by name: the connector, and words that the reason must have."""

import asyncio
from datetime import datetime

from kranhub.connector import Checkpoint, Outcome, Progress, Read, Unreadable
from kranhub.errors import DocumentCode, Failed, Fenced, InvalidDocument
from kranhub.text import Text
from tests.support.bad_connectors import ME, PASSWORD, Bad, answers, at, order, raises, yields

BAD = InvalidDocument(DocumentCode.BAD_DATE, Text(en="The date is bad.", ru="Дата негодная."))
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001


async def not_a_generator(since: Checkpoint | None) -> None:
    pass


SOURCES: dict[str, tuple[Bad, str]] = {
    "raises": (Bad(yields(then=raises(ValueError(PASSWORD)))), "ValueError at bad_connectors.py:"),
    "exits": (Bad(yields(then=raises(SystemExit(3)))), "SystemExit"),
    "cancels": (Bad(yields(then=raises(asyncio.CancelledError()))), "CancelledError"),
    "fences": (Bad(yields(then=raises(Fenced(Text(en="a", ru="б"))))), "Fenced"),
    "fails": (Bad(yields(then=raises(Failed(Text(en="Do this.", ru="Сделайте это."))))), "Do this."),
    "stop-iteration": (Bad(yields(then=raises(StopIteration()))), "RuntimeError"),
    "raises-at-once": (Bad(raises(KeyError(PASSWORD))), "KeyError"),
    "coroutine": (Bad(not_a_generator), "async generator"),
    "list": (Bad(lambda since: []), "async generator"),
    "unknown-subject": (Bad(yields(Read(order(2, subject="Orders"), at(2)))), "Event.subject is 'Orders'"),
    "hubs-subject": (Bad(yields(Read(order(2, subject="PlantOrder"), at(2)))), "Event.subject is 'PlantOrder'"),
    "event-yielded": (Bad(yields(order(2))), "a yield is of the type Event"),
    "none-yielded": (Bad(yields(None)), "a yield is of the type NoneType"),
    "no-event": (Bad(yields(Read({}, at(2)))), "Read.event is of the type dict"),  # type: ignore[arg-type]
    "no-checkpoint": (Bad(yields(Read(order(2), "2"))), "the checkpoint is of the type str"),  # type: ignore[arg-type]
    "odd-position": (Bad(yields(Progress(Checkpoint({"o": 2})))), "wants str to Position"),  # type: ignore[dict-item]
    "number-key": (Bad(yields(Read(order(2, key=2), at(2)))), "Event.key is of the type int"),
    "short-id": (Bad(yields(Read(order(2, id="2"), at(2)))), "Event.id is '2'"),
    "no-value": (Bad(yields(Read(order(2, value=None), at(2)))), "Event.value is of the type NoneType"),
    "text-original": (
        Bad(yields(Unreadable(f"{ME}/Order/2/0/1", "2", "Order", "bad", {"en": "a", "ru": "б"}, "x", at(2)))),  # type: ignore[arg-type]
        "Unreadable.original is of the type str",
    ),
    "committed": (Bad(yields(), committed=raises(OSError(PASSWORD))), "committed()"),
    "committed-invalid": (Bad(yields(), committed=raises(BAD)), "committed()"),
}


SINKS: dict[str, tuple[Bad, str]] = {
    "no-subjects": (Bad(delivering=answers(), subjects=None), "Sink.subjects is None"),
    "text-subjects": (Bad(delivering=answers(), subjects="OrderStatus"), "Sink.subjects is 'OrderStatus'"),
    "empty-subjects": (Bad(delivering=answers(), subjects=()), "Sink.subjects is ()"),
    "wrong-subjects": (Bad(delivering=answers(), subjects=("Order",)), "Sink.subjects is ('Order',)"),
    "none": (Bad(delivering=lambda batch: None), "deliver() is of the type NoneType"),
    "too-few": (Bad(delivering=lambda batch: answers()(batch)[:-1]), "0 receipts for 1 events"),
    "too-many": (Bad(delivering=lambda batch: answers()(batch) * 2), "2 receipts for 1 events"),
    "foreign": (Bad(delivering=answers(event_id="x/y")), "names the event 'x/y'"),
    "dicts": (Bad(delivering=lambda batch: [{} for _ in batch]), "a receipt is of the type dict"),
    "text-outcome": (Bad(delivering=answers("APPLIED")), "Receipt.outcome is of the type str"),
    "text-revision": (Bad(delivering=answers(revision="1")), "Receipt.revision is of the type str"),
    "naive": (Bad(delivering=answers(Outcome.RETRY, not_before=NAIVE)), "Receipt.not_before is a time without"),
    "raising": (Bad(delivering=raises(ZeroDivisionError(PASSWORD))), "ZeroDivisionError at bad_connectors.py:"),
}
