"""The order 17 as the hub's topics have recorded it, for the replay: what it was told, what it asked and said."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from kranhub.wire.messages import Subject
from streams.processor.state.store import Store
from streams.routing.allocator import allocator
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.planner.messages import OutputMessage
from streams.routing.replay.what_if import RecordedEvent
from tests.support.plants import KEY, MASTER, START, Answers, Cluster, Event, Value, full_order, full_response


@dataclass(repr=False)
class Recorder(Cluster):
    """A cluster with the real allocator that keeps what hub.work and hub.allocation would have.

    ``stock`` is what each plant reports of an item when the first order comes; what stands in ``hidden`` is there as
    well, but was reported before the record begins.
    """

    events: list[RecordedEvent] = field(default_factory=list)
    hidden: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    store: Store = field(default_factory=Store)
    ends: list[datetime] = field(default_factory=list)
    reported: bool = False

    def __repr__(self) -> str:
        return "\n".join(f"{event.time:%d %H:%M:%S} {event.subject} {event.id}" for event in self.events)

    def take(self, event: Event) -> None:
        """Give the planner one event; record it and what the planner says."""
        said = len(self.sent)
        time = self.today + timedelta(seconds=self.clock + 1)
        self.events.append(RecordedEvent(KEY, event.id, Subject(event.subject), event.value, time))
        super().take(event)
        for message in self.sent[said:]:
            if message.subject in ("PlantOrder", "AllocationRequest", "OrderStatus", "Alert"):
                self.events.append(RecordedEvent(KEY, message.id, message.subject, message.value, time))

    @property
    def now(self) -> datetime:
        """The time of the present event."""
        return self.today + timedelta(seconds=self.clock)

    def level(self, plant: str, item: str, available: Decimal, *, recorded: bool = True) -> None:
        """Have a plant report what it has of an item."""
        self.clock += 1
        value: Any = {
            "company": plant,
            "site": "a",
            "item": None,
            "item_code": self.master.code_for(plant, item),
            "on_hand": available,
            "reserved": Decimal(0),
            "blocked": Decimal(0),
            "unit": self.master.items[item].unit,
            "as_of": self.now,
        }
        self._supply("InventoryLevel", value, {**value, "item": item}, recorded=recorded)

    def disrupt(self, value: Value) -> None:
        """Have a plant report a disruption."""
        self.clock += 1
        self._supply("Disruption", value, value)

    def _supply(self, subject: str, value: Value, normalised: Value, *, recorded: bool = True) -> None:
        if recorded:
            self.events.append(RecordedEvent("", f"s{self.clock}", Subject(subject), value, self.now))
        self.pending += self._allocator(subject, normalised)
        self.run()

    def _allocator(self, subject: str, value: Value) -> list[Event]:
        """Have the allocator handle an event; return its results."""
        context = DecisionContext(f"x{len(self.events)}-{self.clock}", self.now, self.master)
        step = allocator.handle(self.store, Subject(subject), value, context)
        self.store.apply(step.changes)
        return [Event(result.id, "AllocationResult", result.value) for result in step.results]

    def _allocate(self, message: OutputMessage) -> list[Event]:
        request: Any = message.value
        if request["expires_at"]:
            self.ends.append(request["expires_at"])
        found = self._allocator("AllocationRequest", request)
        return [Event(f"{message.id}/result", event.subject, event.value) for event in found]

    def order(self, *lines: Value, **changes: Any) -> None:
        """Have the buyer send this version of the order, and let everything happen that follows."""
        for known, recorded in ((self.hidden, False), (self.stock, True)) if not self.reported else ():
            for (plant, item), available in known.items():
                self.level(plant, item, available, recorded=recorded)
        self.reported = True
        self.take(Event(f"o{self.clock}", "Order", full_order("17", lines, self.master, **changes)))
        self.run()

    def later(self, **time: float) -> None:
        """Let time pass; the order is woken up when its time has come."""
        end = self.today + timedelta(**time)
        while (moment := self._next()) and moment <= end:
            self.today = max(self.today, moment)
            self.ends = [each for each in self.ends if each > moment]
            self.pending += self._allocator("Tick", {"time": self.now})
            self.run()
            if self.state and self.state.due and self.state.due <= self.today:
                self.wake()
        self.today = end

    def _next(self) -> datetime | None:
        due = self.state.due if self.state else None
        return min([*self.ends, *([due] if due else [])], default=None)


def accepting(refusing: frozenset[str] = frozenset(), silent: frozenset[str] = frozenset()) -> Answers:
    """Plants that accept for a fixed day, but for those who refuse or never answer."""

    def answers(asked: Value) -> list[Event]:
        if asked["document_status"] == "CANCELLED" or asked["plant"] in silent:
            return []
        code = "RE" if asked["plant"] in refusing else "AP"
        value = full_response(asked, code, START)
        return [Event(f"{asked['plant_order_id']}/{asked['revision']}/{code}", "OrderResponse", value)]

    return answers


ACCEPTING = accepting()


def recorded(*lines: Value, answers: Answers = ACCEPTING, master: MasterData = MASTER) -> Recorder:
    """Return the recorder of an order of these lines, after everything has happened that follows."""
    recorder = Recorder(answers, master)
    recorder.order(*lines)
    return recorder
