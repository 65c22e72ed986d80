"""What the planner keeps of a recovery: what the ERPs hold, and what came meanwhile, until everything was read."""

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypedDict, cast

from kranhub.wire import messages
from streams.processor import Record, State
from streams.routing.recovery.evidence import Evidence, dump, from_record, load, merged
from streams.stages.support.pending_events import PendingEvent
from streams.stages.support.queues import RecordQueue

_DONE, _KEYS = "recovery/done", "recovery/keys"


class RecoveredOrder(NamedTuple):
    """What is known of one order: what the ERPs hold of it, and its events that have waited, in their order."""

    evidence: Evidence
    events: list[Record]


class RecoveryState:
    """What a partition keeps of a recovery.

    ``recovery/at/<key>`` is the evidence of an order, ``recovery/events/<key>`` are its events. ``recovery/done`` names
    the recovery that this partition has finished. The one under way is given to the stage when it starts: what lay
    unread in hub.work when the backup was taken comes before anything that could be written there.
    """

    def __init__(self, recovery_id: str | None) -> None:
        """Set the recovery that is under way; None where there is none."""
        self._id = recovery_id

    def is_open(self, state: State) -> bool:
        """Return whether this partition has not yet been informed that everything was read."""
        return self._id is not None and _done(state)["id"] != self._id

    def is_pending(self, order_key: str, state: State) -> bool:
        """Return whether the order has yet to be resumed."""
        return state.get(f"recovery/at/{order_key}") is not None

    def touch(self, order_key: str, state: State) -> None:
        """Have the order resumed at the end."""
        if not self.is_pending(order_key, state):
            state.put(f"recovery/at/{order_key}", dump(Evidence()))
            RecordQueue(_KEYS).put(state, order_key.encode("utf-8", "surrogateescape"))

    def add(self, order_key: str, value: messages.Held, state: State) -> None:
        """Keep what an ERP holds of the order.

        Args:
            order_key: The order's key.
            value: The Held record.
            state: The state of its partition.
        """
        self.touch(order_key, state)
        key = f"recovery/at/{order_key}"
        known = load(state.get(key) or b"{}")
        state.put(key, dump(merged(known, from_record(value))))

    def park(self, record: Record, state: State) -> None:
        """Keep an event of the order until everything was read."""
        self.touch(record.key, state)
        event = PendingEvent("", (), record.timestamp, record)
        RecordQueue(f"recovery/events/{record.key}").put(state, event.dump())

    def close(self, value: messages.Recovery, standing: Iterable[str], state: State) -> Iterator[str]:
        """Note that everything was read, and yield the orders to resume; none the second time.

        Among them are those of which some plant has a part although no ERP has reported anything of them: the plant's
        ERP may have lost them, or cannot report what it holds.

        Args:
            value: The Recovery record.
            standing: The keys of the orders of which some plant has a part.
            state: The state of its partition.
        """
        if _done(state)["id"] == value["recovery_id"]:
            return
        for order_key in standing:
            self.touch(order_key, state)
        done: _Done = {
            "id": value["recovery_id"],
            "plants": list(value["plants"]),
            "customers": list(value["customers"]),
        }
        state.put(_DONE, json.dumps(done).encode())
        for key in RecordQueue(_KEYS).take(state):
            yield key.decode("utf-8", "surrogateescape")

    def take(self, order_key: str, state: State) -> RecoveredOrder:
        """Return what is known of the order, and forget it."""
        key, done = f"recovery/at/{order_key}", _done(state)
        known = load(state.get(key) or b"{}")
        state.delete(key)
        events = [PendingEvent.load(kept).record for kept in RecordQueue(f"recovery/events/{order_key}").take(state)]
        everybody = frozenset(done["plants"]), frozenset(done["customers"])
        return RecoveredOrder(Evidence(known.orders, known.statuses, *everybody), events)

    def put_back(self, order_key: str, evidence: Evidence, state: State) -> None:
        """Keep the evidence of an order that is not known; it is adopted when the order comes after all.

        Args:
            order_key: The order's key.
            evidence: What the ERPs hold of it.
            state: The state of its partition.
        """
        state.put(f"recovery/at/{order_key}", dump(evidence))


class _Done(TypedDict):
    """Which recovery the partition has finished, and whose ERPs reported anything in it."""

    id: str | None
    plants: list[str]
    customers: list[str]


def _done(state: State) -> _Done:
    known = state.get(_DONE)
    return cast(_Done, json.loads(known)) if known else {"id": None, "plants": [], "customers": []}
