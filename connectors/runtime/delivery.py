"""One batch through a sink's ``deliver()``: receipts are checked, and one bad document does not end the others."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from connectors.runtime import conformance
from connectors.runtime.calls import ConnectorDefect, awaited, calling
from connectors.runtime.configuration import Loaded
from kranhub.connector import Event, Outcome, Receipt, Sink
from kranhub.errors import InvalidDocument, Unavailable
from kranhub.text import Text

log = structlog.get_logger()

STOP_S = 5.0
"""How long a delivery may go on after the connector was asked to stop; one that is cut off is delivered again at the
start."""
GIVE_UP_S = 3.0
"""How long a delivery may take to end once it is cancelled."""

MOST_BROKEN = 3
"""After this many documents that break the connector, the rest of the batch is not tried one by one."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """One receipt per event, in order; by event id what was raised as invalid; and what broke the connector's code.

    A document on which it broke has a RETRY: it stays, and the process is to end once the others are committed.
    """

    receipts: list[Receipt]
    invalid: dict[str, InvalidDocument] = field(default_factory=dict)
    broken: ConnectorDefect | None = None


async def deliver(loaded: Loaded, sink: Sink, events: Sequence[Event], stop: asyncio.Event) -> Delivered:
    """Bring a batch into the ERP.

    Where it is refused by `InvalidDocument`, or breaks the connector's code, its events are delivered one by one: an
    invalid one is REJECTED with its reason, and the error about a broken one names it. What only a batch breaks,
    such as receipts in another order, is reported too.

    Args:
        loaded: The connector.
        sink: The connector's sink.
        events: The batch.
        stop: Set to end the delivery, which is cut off after `STOP_S`.

    Raises:
        Unavailable: When the ERP does not answer, or the delivery was cut off.
        Misconfigured: For what a person must correct.
    """
    try:
        return Delivered(await _stoppable(_call(loaded, sink, events), stop))
    except (InvalidDocument, ConnectorDefect) as error:
        if len(events) == 1:
            return _alone(events[0], error)
        batch = error if isinstance(error, ConnectorDefect) else None
    alone = await _one_by_one(loaded, sink, events, stop)
    return replace(alone, broken=alone.broken or batch)


async def _one_by_one(loaded: Loaded, sink: Sink, events: Sequence[Event], stop: asyncio.Event) -> Delivered:
    receipts, invalid, broken = list[Receipt](), dict[str, InvalidDocument](), list[ConnectorDefect]()
    for event in events:
        if len(broken) >= MOST_BROKEN:
            receipts.append(_later(event))
            continue
        one = await deliver(loaded, sink, [event], stop)
        receipts += one.receipts
        invalid |= one.invalid
        broken += [one.broken] if one.broken else []
    return Delivered(receipts, invalid, broken[0] if broken else None)


def _alone(event: Event, error: InvalidDocument | ConnectorDefect) -> Delivered:
    if isinstance(error, ConnectorDefect):
        return Delivered([_later(event)], broken=error)
    log.warning("invalid document", event_id=event.id, code=error.code)
    return Delivered([_refused(event, error)], {event.id: error})


def _later(event: Event) -> Receipt:
    return Receipt(event.id, event.revision, Outcome.RETRY)


async def _call(loaded: Loaded, sink: Sink, events: Sequence[Event]) -> list[Receipt]:
    document = events[0].id if len(events) == 1 else ""
    with calling(loaded, "deliver()", document, documents=True):
        answers = conformance.receipts(await awaited(sink.deliver(events), "deliver()"), events)
    return [_reasoned(answer) for answer in answers]


async def _stoppable(delivery: Coroutine[Any, Any, list[Receipt]], stop: asyncio.Event) -> list[Receipt]:
    """Await the delivery; once ``stop`` is set, cut it off after `STOP_S`."""
    delivering, stopping = asyncio.ensure_future(delivery), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({delivering, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not delivering.done():
            await asyncio.wait({delivering}, timeout=STOP_S)
        if not delivering.done():
            delivering.cancel()
            await asyncio.wait({delivering}, timeout=GIVE_UP_S)
        if not delivering.done() or delivering.cancelled():
            log.warning("delivery cut off", waited_s=STOP_S)
            raise Unavailable(_CUT_OFF)
        return delivering.result()
    finally:
        stopping.cancel()
        delivering.cancel()


def _refused(event: Event, error: InvalidDocument) -> Receipt:
    return Receipt(event.id, event.revision, Outcome.REJECTED, reason=error.text.as_map())


def _reasoned(receipt: Receipt) -> Receipt:
    """Return the receipt; a refusal without a reason in a reader's language gets one, so that it can be shown."""
    if receipt.outcome is not Outcome.REJECTED or receipt.reason.keys() >= {"en", "ru"}:
        return receipt
    log.warning("refused without a reason in English and Russian", event_id=receipt.event_id)
    return replace(receipt, reason=_NO_REASON.as_map() | dict(receipt.reason))


_NO_REASON = Text(
    en="The ERP's connector refused it and gave no reason in this language.",
    ru="Коннектор учётной системы отказал и не назвал причину на этом языке.",
)
_CUT_OFF = Text(
    en="The connector was stopped within a delivery; it is delivered again at the next start.",
    ru="Коннектор остановлен посреди доставки; она повторится при следующем запуске.",
)
