"""Orders through the core in memory, with plants that take and promise what they are asked for; and the time it took.

What counts is the time of planner and allocator. What members' connectors and ingest do meanwhile does not.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import Any, NamedTuple

from benchmarks import samples
from benchmarks.samples import MOTOR, Goods
from benchmarks.stopwatch import Stopwatch
from kranhub.broker import topics
from kranhub.settings import Settings
from kranhub.wire import envelope
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import OrderState, OrderStatus, PlantOrder, Subject
from streams.processor import Record
from streams.processor.outputs import ProducerRecord
from streams.routing.masterdata.masterdata import MasterData
from tools.harness.in_memory_core import InMemoryCore, record


class Passed(NamedTuple):
    """Seconds until every plant order and what the buyer is told of it was said, and with the plants' answers.

    The second ends when the buyer was notified that every plant has promised. ``router`` is what of the first was spent
    in the router's own code (`streams.routing`), without codec, state and transactions; 0 where nobody has timed it.
    ``asked`` is how many offers were asked for.
    """

    planned: float
    confirmed: float
    router: float
    asked: int = 0


class Passing:
    """The core, and the members around it."""

    def __init__(self, settings: Settings, codec: Codec, master: MasterData, watch: Stopwatch | None = None) -> None:
        """Start without orders; ``watch`` times the router's code."""
        self.core, self._watch = InMemoryCore(settings, codec, master), watch or Stopwatch()
        self._codec, self._namespace = codec, settings.namespace
        self._outbox = topics.hub(settings.namespace, "outbox")

    def through(self, numbers: Sequence[int], goods: Goods = MOTOR) -> Passed:
        """Have these orders planned, reserved, taken by their plants and promised, all of them at the same time.

        Every plant's receipt and promise comes by itself, to an order that was last touched long ago. Raises
        `ValueError` when one of them did not get so far.
        """
        before = self._watch.seconds
        outputs, planned = self._plan(numbers, goods, 1)
        router = self._watch.seconds - before
        found, confirmed, waiting = [*outputs], planned, self._answers(outputs)
        while waiting:
            self.core.renew(waiting)
            outputs, seconds = self._take(answers.popleft() for answers in waiting.values())
            found, confirmed = found + outputs, confirmed + seconds
            for key, answers in self._answers(outputs).items():
                waiting.setdefault(key, deque()).extend(answers)
            waiting = {key: answers for key, answers in waiting.items() if answers}
        self._require_promises(found, len(numbers), goods)
        return Passed(planned, confirmed, router, self._asked(found))

    def statuses(self, number: int, goods: Goods, lines: int) -> list[int]:
        """Have an order of so many lines planned; return the bytes of each status until all are with their plants.

        Raises `ValueError` when one of them is not.
        """
        outputs, _ = self._plan([number], goods, lines)
        if len(self._of(outputs, "PlantOrder")) != lines * sum(goods.plant_orders.values()):
            raise ValueError(f"{len(self._of(outputs, 'PlantOrder'))} plant orders for {lines} lines of {goods.name}")
        return [len(output.value or b"") for output in self._of(outputs, "OrderStatus")]

    def _plan(self, numbers: Sequence[int], goods: Goods, lines: int) -> tuple[list[ProducerRecord], float]:
        values = [samples.order(number, goods, lines) for number in numbers]
        return self._take(self._written(samples.BUYER, Subject.ORDER, one["order_id"], one) for one in values)

    def _asked(self, outputs: Iterable[ProducerRecord]) -> int:
        """Return how many offers were asked for."""
        topic = topics.hub(self._namespace, "allocation")
        names = [envelope.read(output.headers).id for output in outputs if output.topic == topic]
        return sum(".quote" in name for name in names)

    def _take(self, records: Iterable[Record]) -> tuple[list[ProducerRecord], float]:
        """Return what planner and allocator make of what members wrote, and their seconds."""
        entered = self.core.enter([*records])
        began = perf_counter()
        outputs = self.core.route(entered)
        return outputs, perf_counter() - began

    def _of(self, outputs: Iterable[ProducerRecord], subject: str) -> list[ProducerRecord]:
        header = ("ce_type", f"kranhub.{subject}".encode())
        return [output for output in outputs if output.topic == self._outbox and header in (output.headers or ())]

    def _answers(self, outputs: Iterable[ProducerRecord]) -> dict[str, deque[Record]]:
        """Return the plants' receipts and promises for all plant orders among what was said, by order."""
        found: dict[str, deque[Record]] = defaultdict(deque)
        for output in self._of(outputs, "PlantOrder"):
            asked = self._codec.decode_as(PlantOrder, output.value or b"", trusted=True)
            number, plant = asked["plant_order_id"], asked["plant"]
            receipt = samples.receipt(asked, envelope.read(output.headers).id)
            found[asked["order_key"]].append(self._written(plant, Subject.RECEIPT, number, receipt))
            answer = samples.acceptance(asked)
            found[asked["order_key"]].append(self._written(plant, Subject.ORDER_RESPONSE, number, answer))
        return found

    def _written(self, member: str, subject: Subject, key: str, value: Any) -> Record:
        number = f"{member}/{subject}/{key}/{value.get('plant_order_revision') or value.get('revision') or 0}/1"
        head = Envelope(number, f"/members/{member}", f"kranhub.{subject}", samples.NOW)
        topic = topics.out(self._namespace, member, topics.kind_of(subject))
        return record(topic, key.encode(), self._codec.encode(subject, value), envelope.headers(head))

    def _require_promises(self, outputs: Sequence[ProducerRecord], orders: int, goods: Goods) -> None:
        asked = {
            self._codec.texts(output.value or b"", "plant_order_id")[0] for output in self._of(outputs, "PlantOrder")
        }
        statuses = {output.key: output.value for output in self._of(outputs, "OrderStatus")}
        states = [
            self._codec.decode_as(OrderStatus, value or b"", trusted=True)["state"] for value in statuses.values()
        ]
        if len(asked) != orders * sum(goods.plant_orders.values()) or states != [OrderState.CONFIRMED] * orders:
            raise ValueError(
                f"{len(asked)} plant orders, {states.count(OrderState.CONFIRMED)} of {orders} orders confirmed"
            )
