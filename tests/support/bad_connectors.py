"""Connectors with one mistake each, as an author makes them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from connectors.runtime.configuration import Loaded
from kranhub.connector import Checkpoint, Connector, Event, Outcome, Position, Progress, Read, Receipt, Sink, Source
from kranhub.parties.members import Member
from kranhub.wire import messages
from kranhub.wire.messages import Subject

ME = "sibir-terminal"
PASSWORD = "hunter2"  # stands in exceptions, and must not come out of the process

Reading = Callable[[Checkpoint | None], Any]
Delivering = Callable[[Sequence[Event]], Any]


class Nothing(BaseModel):
    pass


class Bad(Connector):
    """Reads as ``reading`` does and delivers as ``delivering`` does."""

    Config = Nothing

    def __init__(
        self,
        reading: Reading | None = None,
        delivering: Delivering | None = None,
        subjects: Any = ("OrderStatus",),
        *,
        committed: Callable[[], None] = lambda: None,
        closing: Callable[[], None] = lambda: None,
    ) -> None:
        self._reading, self._delivering, self._subjects = reading, delivering, subjects
        self._committed, self._closing = committed, closing

    async def check(self) -> None:
        pass

    def source(self) -> Source | None:
        return _Reads(self._reading, self._committed) if self._reading else None

    def sink(self) -> Sink | None:
        return _Delivers(self._delivering, self._subjects) if self._delivering else None

    async def close(self) -> None:
        self._closing()


class _Reads(Source):
    def __init__(self, reading: Reading, committed: Callable[[], None]) -> None:
        self._reading, self._committed = reading, committed

    def read(self, since: Checkpoint | None) -> Any:
        return self._reading(since)

    async def committed(self, checkpoint: Checkpoint) -> None:
        self._committed()


class _Delivers(Sink):
    def __init__(self, delivering: Delivering, subjects: Any) -> None:
        self._delivering = delivering
        if subjects is not None:
            self.subjects = subjects  # type: ignore[misc]

    async def deliver(self, batch: Sequence[Event]) -> Any:
        return self._delivering(batch)


class Hanging(Bad):
    """Its read() hangs in a thread that nothing cancels, as a driver does in a query."""

    def __init__(self, config: Nothing, member: Member) -> None:
        super().__init__(self._hang)

    async def _hang(self, _: Any) -> AsyncIterator[Any]:
        yield Progress(at(0))
        await asyncio.to_thread(time.sleep, 90)


def loaded(connector: Connector, name: str, member: Member) -> Loaded:
    return Loaded(member, name, connector)


def order(number: Any, **changes: Any) -> Event:
    """A good order of the member, with these fields of the event changed."""
    value: messages.Order = {
        "order_id": f"{number}",
        "buyer": ME,
        "currency": "RUB",
        "issued_at": datetime(2026, 1, 1, tzinfo=UTC),
        "requested_date": date(2027, 1, 1),
        "lines": [{"line_id": "1", "item_code": "КР-10-22.5", "quantity": Decimal(1), "unit": "H87"}],
    }
    event = Event(f"{ME}/Order/{number}/0/1", f"{number}", Subject.ORDER, ME, value, datetime.now(UTC))
    return replace(event, **changes)


def at(number: int) -> Checkpoint:
    return Checkpoint({"orders": Position(str(number))})


def last(since: Checkpoint | None) -> int:
    return int(since.positions["orders"].watermark) if since else 0


def yields(*found: Any, then: Callable[[], None] | None = None) -> Reading:
    """A read() that yields one good order, then these, then does ``then``, then waits for ever."""

    async def read(since: Checkpoint | None) -> AsyncIterator[Any]:
        if last(since) < 1:
            yield Read(order(1), at(1))
        for each in found:
            yield each
        if then:
            then()
        while True:
            yield Progress(at(1))
            await asyncio.sleep(0.05)

    return read


def answers(outcome: Any = Outcome.APPLIED, **changes: Any) -> Delivering:
    return lambda batch: [replace(Receipt(event.id, event.revision, outcome), **changes) for event in batch]


def raises(error: BaseException) -> Callable[..., Any]:
    def call(*_: Any) -> Any:
        raise error

    return call
