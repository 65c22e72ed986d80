"""Orders through the core in memory, with plants that take and promise what they are asked for; and the time it took.

What counts is the time of planner and allocator. What members' connectors and ingest do meanwhile does not.
"""

from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import Any, NamedTuple

from benchmarks import samples
from benchmarks.inmemory import Core, record
from benchmarks.samples import MOTOR, Goods
from kranhub import envelope, topics
from kranhub.codec import Codec
from kranhub.envelope import Envelope
from kranhub.settings import Settings
from streams.exactly_once import Record
from streams.exactly_once.out import Output
from streams.router.masterdata import MasterData


class Passed(NamedTuple):
    """Seconds until every plant order was said, and until the buyer was told that every plant has promised."""

    planned: float
    confirmed: float


class Passing:
    """The core, and the members around it."""

    def __init__(self, settings: Settings, codec: Codec, master: MasterData) -> None:
        """Start without orders."""
        self.core = Core(settings, codec, master)
        self._codec, self._namespace = codec, settings.namespace
        self._work = topics.hub(settings.namespace, "work")

    def through(self, numbers: Sequence[int], goods: Goods = MOTOR) -> Passed:
        """Have these orders planned, reserved, taken by their plants and promised, all of them at the same time.

        Raises `ValueError` when one of them did not get so far.
        """
        values = [samples.order(number, goods) for number in numbers]
        waiting = [self._written(samples.BUYER, "Order", value["order_id"], value) for value in values]
        planned = confirmed = 0.0
        found: list[Output] = []
        while waiting:
            entered = self.core.enter(waiting)
            began = perf_counter()
            said = self.core.route(entered)
            confirmed += perf_counter() - began
            planned = planned or confirmed
            found += said
            waiting = [answer for output in self._of(said, "PlantOrder") for answer in self._answers(output)]
        self._require_promises(found, len(numbers), goods)
        return Passed(planned, confirmed)

    def _of(self, said: Iterable[Output], subject: str) -> list[Output]:
        mark = ("ce_type", f"kranhub.{subject}".encode())
        return [output for output in said if output.topic == self._work and mark in (output.headers or ())]

    def _answers(self, said: Output) -> list[Record]:
        """Return the plant's receipt and its promise for a plant order."""
        asked = self._codec.decode(said.value or b"", trusted=True).value
        number, plant = asked["plant_order_id"], asked["plant"]
        receipt = samples.receipt(asked, envelope.read(said.headers).id)
        return [
            self._written(plant, "Receipt", number, receipt),
            self._written(plant, "OrderResponse", number, samples.acceptance(asked)),
        ]

    def _written(self, member: str, subject: str, key: str, value: dict[str, Any]) -> Record:
        number = f"{member}/{subject}/{key}/{value.get('plant_order_revision') or value.get('revision') or 0}/1"
        head = Envelope(number, f"/members/{member}", f"kranhub.{subject}", samples.NOW)
        topic = topics.out(self._namespace, member, topics.kind_of(subject))
        return record(topic, key.encode(), self._codec.encode(subject, value), envelope.headers(head))

    def _require_promises(self, said: Sequence[Output], orders: int, goods: Goods) -> None:
        asked = {self._codec.texts(output.value or b"", "plant_order_id")[0] for output in self._of(said, "PlantOrder")}
        told = {output.key: output.value for output in self._of(said, "OrderStatus")}
        states = [self._codec.decode(value or b"", trusted=True).value["state"] for value in told.values()]
        if len(asked) != orders * sum(goods.plant_orders.values()) or states != ["CONFIRMED"] * orders:
            raise ValueError(f"{len(asked)} plant orders, {states.count('CONFIRMED')} of {orders} orders confirmed")
