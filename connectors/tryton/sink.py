"""Delivers a batch to Tryton, one event after the other, and says what became of each."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from connectors.tryton.faults import Busy, Refused
from connectors.tryton.refusals import Rejected
from kranhub.connector import Event, Outcome, Receipt, Sink

Deliver = Callable[[Event], Awaitable[Receipt]]
ATTEMPTS = 3
BUSY_SECONDS = 5.0


class _TrytonSink(Sink):
    def __init__(self, deliver: Deliver) -> None:
        """Take what delivers one event."""
        self._deliver = deliver

    async def deliver(self, batch: Sequence[Event]) -> Sequence[Receipt]:
        """Bring every event into Tryton. Raises `Unavailable` and `Misconfigured`."""
        return [await self._one(event) for event in batch]

    async def _one(self, event: Event) -> Receipt:
        revision = event.value["revision"]
        for _ in range(ATTEMPTS):
            try:
                return await self._deliver(event)
            except Busy:
                continue
            except (Rejected, Refused) as error:
                return Receipt(event.id, revision, Outcome.REJECTED, reason=error.text.as_map())
        later = datetime.now(UTC) + timedelta(seconds=BUSY_SECONDS)
        return Receipt(event.id, revision, Outcome.RETRY, not_before=later)


class PlantOrderSink(_TrytonSink):
    """Plant orders become sales."""

    subjects: ClassVar[tuple[str, ...]] = ("PlantOrder",)


class OrderStatusSink(_TrytonSink):
    """Order statuses are shown on purchases."""

    subjects: ClassVar[tuple[str, ...]] = ("OrderStatus",)
