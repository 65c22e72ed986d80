"""Delivers a batch to Tryton, one event after the other, and returns a receipt for each."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import structlog

from connectors.tryton.errors import Busy, Refused, ServerFailed
from connectors.tryton.rejections import Rejected
from kranhub.connector import Event, Held, Outcome, Receipt, Sink
from kranhub.errors import InvalidDocument
from kranhub.text import Text
from kranhub.wire.messages import Subject

log = structlog.get_logger()

Deliver = Callable[[Event], Awaitable[Receipt]]
ListHeld = Callable[[], AsyncIterator[Held]]
ATTEMPTS = 3
BUSY_SECONDS = 5.0
FAILED_SECONDS = 30.0
PATIENCE_SECONDS = 60.0
"""How long to wait where Tryton fails for every document that there is."""
GIVE_UP_SECONDS = 600.0
"""How long Tryton may fail for one document while it takes others, before the document counts as rejected."""
REMEMBERED = 1000


class _TrytonSink(Sink):
    def __init__(
        self, deliver: Deliver, clock: Callable[[], float] = time.monotonic, list_held: ListHeld | None = None
    ) -> None:
        """Take what delivers one event, and what yields what is held. Tests may pass a clock, in seconds."""
        self._deliver, self._list_held, self._clock = deliver, list_held, clock
        self._failing: dict[str, float] = {}
        self._last_success = float("-inf")

    async def deliver(self, batch: Sequence[Event]) -> Sequence[Receipt]:
        """Bring every event into Tryton.

        An event that breaks Tryton is parked alone as long as others go in; where none does, all wait, with its reason.

        Raises:
            Unavailable: When Tryton does not answer, or breaks over every event.
            Misconfigured: For a wrong password, database or right.
        """
        answers = [(event, await self._one(event)) for event in batch]
        failed = [answer for _, answer in answers if isinstance(answer, ServerFailed)]
        if failed and len(failed) == len(answers) and self._must_wait(batch):
            raise failed[0]
        return [
            answer if isinstance(answer, Receipt) else self._parked_or_refused(event, answer)
            for event, answer in answers
        ]

    def held(self) -> AsyncIterator[Held] | None:
        """Return what Tryton holds of what was delivered. Raises `Unavailable` and `Misconfigured`."""
        return self._list_held() if self._list_held else None

    async def _one(self, event: Event) -> Receipt | ServerFailed:
        for _ in range(ATTEMPTS):
            try:
                receipt = await self._deliver(event)
            except Busy:
                continue
            except ServerFailed as error:
                log.warning("Tryton failed over a document", event_id=event.id, reason=error.text.en)
                self._failing.setdefault(event.id, self._clock())
                return error
            except (Rejected, Refused, InvalidDocument) as error:
                receipt = _rejected(event, error.text)
            self._failing.pop(event.id, None)
            self._last_success = self._clock()
            return receipt
        return _later(event, BUSY_SECONDS)

    def _must_wait(self, batch: Sequence[Event]) -> bool:
        return min(self._clock() - self._failing.get(event.id, self._clock()) for event in batch) < PATIENCE_SECONDS

    def _parked_or_refused(self, event: Event, error: ServerFailed) -> Receipt:
        first = self._failing.get(event.id, self._clock())
        if self._last_success > first and self._clock() - first >= GIVE_UP_SECONDS:
            self._failing.pop(event.id, None)
            return _rejected(event, error.text)
        while len(self._failing) > REMEMBERED:
            del self._failing[next(iter(self._failing))]
        return _later(event, FAILED_SECONDS)


class PlantOrderSink(_TrytonSink):
    """Plant orders become sales."""

    subjects: ClassVar[tuple[Subject, ...]] = (Subject.PLANT_ORDER,)


class OrderStatusSink(_TrytonSink):
    """Order statuses are shown on purchases."""

    subjects: ClassVar[tuple[Subject, ...]] = (Subject.ORDER_STATUS,)


def _rejected(event: Event, text: Text) -> Receipt:
    return Receipt(event.id, event.revision, Outcome.REJECTED, reason=text.as_map())


def _later(event: Event, seconds: float) -> Receipt:
    later = datetime.now(UTC) + timedelta(seconds=seconds)
    return Receipt(event.id, event.revision, Outcome.RETRY, not_before=later)
