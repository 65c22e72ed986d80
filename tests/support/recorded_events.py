"""The order 17 as the hub's topics have recorded it, for the replay: what it was told, what it asked and said."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from kranhub.wire.messages import Subject
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.replay.what_if import RecordedEvent
from tests.support.plants import KEY, MASTER, START, Answers, Cluster, Event, Value, full_order, full_response


@dataclass(repr=False)
class Recorder(Cluster):
    """A cluster that keeps what hub.work and hub.allocation would have."""

    events: list[RecordedEvent] = field(default_factory=list)

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

    def order(self, *lines: Value, **changes: Any) -> None:
        """Have the buyer send this version of the order, and let everything happen that follows."""
        self.take(Event(f"o{self.clock}", "Order", full_order("17", lines, self.master, **changes)))
        self.run()

    def later(self, **time: float) -> None:
        """Let time pass; the order is woken up when its time has come."""
        end = self.today + timedelta(**time)
        while self.state and self.state.due and self.state.due <= end:
            self.today = self.state.due
            self.wake()
        self.today = end


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
