"""Events of plant orders that the hub does not know yet: they wait for the plant order, within bounds.

That is so after a restore: the plants answer what a backup does not hold, and the buyers' orders come behind.
"""

import json
from collections.abc import Callable, Container, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from kranhub import identifiers
from kranhub.wire.messages import Message, Receipt, Shipment, Subject, narrowed
from streams.processor import Record, State
from streams.stages.support import timers
from streams.stages.support.queues import RecordQueue

WAIT = timedelta(hours=1)
"""How long an event waits, by the hub's ticks: none comes while the hub is recovering."""

MAX_EVENTS, MAX_BYTES, MAX_OF_ORDER = 10_000, 32_000_000, 500
"""How many events and bytes of one member, and events of one order, may wait in a partition."""

_TOTAL = "pending/total"
"""The state's key of how many events wait in the partition; absent where none does."""

_AUTHORS: Mapping[Subject, str] = {
    Subject.ORDER_RESPONSE: "plant",
    Subject.PRODUCTION_STATUS: "plant",
    Subject.RECEIPT: "member",
    Subject.SHIPMENT: "shipper",
}


class PendingEvent(NamedTuple):
    """A record that waits.

    Attributes:
        member: The member that wrote it.
        names: The plant orders that it names.
        until: Until when it waits.
        record: The record.
    """

    member: str
    names: tuple[str, ...]
    until: datetime
    record: Record

    def dump(self) -> bytes:
        """Return its bytes, the record's with its place and headers among them."""
        came = self.record
        headers = [(name, value.decode("latin-1")) for name, value in came.headers]
        place = [came.topic, came.partition, came.offset, came.key, came.milliseconds, headers]
        head = json.dumps([self.member, self.names, self.until.isoformat(), place])
        return head.encode() + b"\n" + (came.value or b"")

    @classmethod
    def load(cls, kept: bytes) -> "PendingEvent":
        """Return the event of its bytes."""
        head, _, value = kept.partition(b"\n")
        member, names, until, (topic, partition, offset, key, milliseconds, pairs) = json.loads(head)
        headers = [(name, text.encode("latin-1")) for name, text in pairs]
        came = Record(topic, partition, offset, key, value, headers, milliseconds)
        return cls(member, tuple(names), datetime.fromisoformat(until), came)


def names(subject: Subject, value: Message, order_key: str) -> tuple[str, ...]:
    """Return the plant orders of this order that the document names.

    Args:
        subject: The type of the document.
        value: The document.
        order_key: ``buyer:order_id``.
    """
    if receipt := narrowed(Receipt, subject, value):
        return (receipt["key"],) if receipt["subject"] == Subject.PLANT_ORDER else ()
    if shipment := narrowed(Shipment, subject, value):
        found = [number for line in shipment["lines"] if (number := line["plant_order_id"])]
        return tuple(dict.fromkeys(name for name in found if identifiers.order_key_of(name) == order_key))
    return (_field(value, "plant_order_id"),) if subject in _AUTHORS else ()


def _field(value: Message, name: str) -> Any:
    """Return a field by its name: which one it is depends on the record."""
    fields: Mapping[str, Any] = value
    return fields[name]


class PendingEvents:
    """The queue ``pending/order/<key>`` has an order's events; ``pending/member/<id>`` is how many of a member wait."""

    def keep(self, subject: Subject, value: Message, record: Record, state: State, time: datetime) -> bool:
        """Let the event wait.

        Args:
            subject: The type of the document.
            value: The document.
            record: Its record, under the order's key.
            state: The state of its partition.
            time: The hub's time.

        Returns:
            False where what it names is no plant order's id, and where there is no room.
        """
        named = names(subject, value, record.key)
        if not named or not all(identifiers.is_plant_order_id(name) for name in named):
            return False
        return self.put(PendingEvent(_field(value, _AUTHORS[subject]), named, time + WAIT, record), state)

    def put(self, event: PendingEvent, state: State) -> bool:
        """Add the event behind its order's others.

        Returns:
            False where there is no room.
        """
        waiting, data = _queue(event.record.key), event.dump()
        length = waiting.length(state)
        if length >= MAX_OF_ORDER or not _count(state, event.member, 1, len(data)):
            return False
        waiting.put(state, data)
        if not length:
            timers.set_timer(state, event.until, event.record.key)
        return True

    def is_empty(self, order_key: str, state: State) -> bool:
        """Return whether nothing waits for the order's plant orders.

        Nearly always nothing waits in the whole partition, which is one look-up; a scan takes fifty times as long.
        """
        return state.get(_TOTAL) is None or _queue(order_key).is_empty(state)

    def known(self, order_key: str, issued: Container[str], state: State) -> list[PendingEvent]:
        """Return the events of which every plant order has been issued by now, in order, and forget them.

        Args:
            order_key: The order's key.
            issued: The ids of its plant orders that were issued.
            state: The state of its partition.
        """
        return self._take(order_key, state, lambda event: all(name in issued for name in event.names))[0]

    def over(self, order_key: str, state: State, time: datetime) -> list[PendingEvent]:
        """Return the events that have waited for long enough, in order, and forget them.

        Args:
            order_key: The order's key.
            state: The state of its partition.
            time: The hub's time.
        """
        taken, left = self._take(order_key, state, lambda event: event.until <= time)
        if taken and left:
            timers.set_timer(state, min(event.until for event in left), order_key)
        return taken

    def _take(
        self, order_key: str, state: State, wanted: Callable[[PendingEvent], bool]
    ) -> tuple[list[PendingEvent], list[PendingEvent]]:
        """Return what is wanted of the order's events, which it forgets, and what stays."""
        waiting, taken, left = _queue(order_key), list[PendingEvent](), list[PendingEvent]()
        for kept in [*waiting.take(state)]:
            event = PendingEvent.load(kept)
            if wanted(event):
                _count(state, event.member, -1, -len(kept))
                taken.append(event)
            else:
                waiting.put(state, kept)
                left.append(event)
        return taken, left


def _queue(order_key: str) -> RecordQueue:
    return RecordQueue(f"pending/order/{order_key}")


def _count(state: State, member: str, events: int, size: int) -> bool:
    """Add to what of the member's waits; return False, and add nothing, where there is no room."""
    key = f"pending/member/{member}"
    before = [int(number) for number in (state.get(key) or b"0 0").split()]
    count, total = before[0] + events, before[1] + size
    if count > MAX_EVENTS or total > MAX_BYTES:
        return False
    _put(state, key, b"%d %d" % (count, total) if count else None)
    waiting = int(state.get(_TOTAL) or b"0") + events
    _put(state, _TOTAL, b"%d" % waiting if waiting else None)
    return True


def _put(state: State, key: str, value: bytes | None) -> None:
    if value is None:
        state.delete(key)
    else:
        state.put(key, value)
