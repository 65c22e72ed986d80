"""Publishes the load of plants on hub.loads at ticks: what has changed since, so many plants at a time."""

import hashlib

from kranhub.broker import topics
from kranhub.wire.messages import PlantLoad, Subject
from streams.processor import Document, Outputs, State
from streams.routing.allocator import plant_load
from streams.routing.allocator.capacity import week_of
from streams.routing.context import DecisionContext
from streams.tables import Table

AT_ONCE = 20
"""For how many plants a tick publishes; the next tick goes on with the others."""

DUE = "0"
"""Stands before every week: the plant's loads have changed since they were published."""

_WEEKS = Table("load-week", str)
"""For each plant of the partition, the week in which its loads were published last, or `DUE`."""

_PLANTS = Table("load-plant", bytes)
"""The plants by that week; the values are empty."""

_SENT = Table("load-sent", str)
"""By plant and load, a digest of the weeks that were published last."""


class PlantLoads:
    """Keeps which plants' loads have changed, and publishes them."""

    def __init__(self, namespace: str) -> None:
        """Take the namespace of the topic."""
        self._topic = topics.hub(namespace, "loads")

    def note(self, plant: str, state: State, *, changed: bool) -> None:
        """Note a plant of the partition: its loads are looked at with the next tick.

        Args:
            plant: The plant.
            state: The state of the partition.
            changed: Whether something of it may have changed; otherwise only a plant that is new here is noted.
        """
        known = _WEEKS.get(state, (plant,))
        if known is None or (changed and known != DUE):
            _move(plant, known, DUE, state)

    def note_all(self, state: State) -> None:
        """Note that something of every plant of the partition may have changed, as with a publication."""
        for (week, plant), _ in _PLANTS.scan(state, start=(f"{DUE}+",)):
            _move(plant, week, DUE, state)

    def publish(self, state: State, outputs: Outputs, context: DecisionContext) -> None:
        """Publish the loads of some plants that have changed, or that were published in another week.

        Args:
            state: The state of the partition.
            outputs: What the stage sends.
            context: The tick and the master data.
        """
        week = week_of(context.time.date())
        for (before, plant), _ in _PLANTS.scan(state, end=(week,), limit=AT_ONCE):
            _move(plant, before, week, state)
            self._publish(plant, state, outputs, context)

    def _publish(self, plant: str, state: State, outputs: Outputs, context: DecisionContext) -> None:
        loads = plant_load.plant_loads(state, plant, context)
        known = {name: digest for (_, name), digest in _SENT.scan(state, (plant,))}
        time = context.time.isoformat()
        for name in known.keys() - loads.keys():
            outputs.tombstone(self._topic, name, Subject.PLANT_LOAD, f"hub/PlantLoad/{name}/{time}")
            _SENT.delete(state, (plant, name))
        for name, load in loads.items():
            if (digest := _digest(load)) != known.get(name):
                outputs.send(self._topic, name, Document(Subject.PLANT_LOAD, load, f"hub/PlantLoad/{name}/{time}"))
                _SENT.put(state, (plant, name), digest)


def _move(plant: str, before: str | None, week: str, state: State) -> None:
    if before is not None:
        _PLANTS.delete(state, (before, plant))
    _PLANTS.put(state, (week, plant), b"")
    _WEEKS.put(state, (plant,), week)


def _digest(load: PlantLoad) -> str:
    return hashlib.blake2b(repr(load["weeks"]).encode(), digest_size=8).hexdigest()
