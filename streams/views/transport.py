"""Faust's Kafka transport as views need it: read_committed, and the read model says where to begin.

Faust reads committed records only in its own exactly-once mode, and begins where the consumer group stands. A view's
position stands in its database, in the same transaction as its rows.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from faust.types import TP

Positions = Callable[[], Mapping[tuple[str, int], int]]
"""Returns the next offset of each partition that the view has seen. Raises `Unavailable`."""


class CommittedConsumerThread(AIOKafkaConsumerThread):
    """Makes aiokafka consumers that see committed records only."""

    def _create_worker_consumer(self, transport: Transport) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        return consumer


class ModelConsumer(Consumer):
    """Seeks to where the read model stands, to the topic's beginning where it has nothing."""

    def _new_consumer_thread(self) -> CommittedConsumerThread:
        return CommittedConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek every assigned partition; return where each stands now."""
        known = cast(ModelTransport, self.transport).positions()
        beginnings = await self.earliest_offsets(*self.assignment())
        found = {place: max(known.get((place.topic, place.partition), 0), first) for place, first in beginnings.items()}
        await self.seek_wait(found)
        cast(ModelTransport, self.transport).serves()
        return found


class ModelTransport(Transport):
    """The transport; ``positions`` is set before it starts. ``serves`` is called once a position is taken up."""

    Consumer = ModelConsumer
    positions: Positions = staticmethod(dict)
    serves: Callable[[], None] = staticmethod(lambda: None)
