"""Faust's Kafka transport as views need it: read_committed, and the read model decides where to begin.

Faust reads committed records only in its own exactly-once mode, and begins at the consumer group's offset. A view's
position is in its database, written in the same transaction as its rows.
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
    """Seeks to the read model's position, or to the topic's beginning where it has none."""

    def _new_consumer_thread(self) -> CommittedConsumerThread:
        return CommittedConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek every assigned partition; return the present position of each."""
        known = cast(ModelTransport, self.transport).positions()
        beginnings = await self.earliest_offsets(*self.assignment())
        found = {place: max(known.get((place.topic, place.partition), 0), first) for place, first in beginnings.items()}
        await self.seek_wait(found)
        cast(ModelTransport, self.transport).serves()
        return found


class ModelTransport(Transport):
    """The transport.

    Attributes:
        Consumer: The class of its consumer.
        positions: Returns the next offset of each partition; it is set before the transport starts.
        serves: Called once every assigned partition has its position.
    """

    Consumer = ModelConsumer
    positions: Positions = staticmethod(dict)
    serves: Callable[[], None] = staticmethod(lambda: None)
