"""Looks at what comes out, live, with another client and another codec than the core's: aiokafka and Apache's avro."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.demo.independent import decode
from tools.faults.core.verify import Observed

TOPICS = (
    "in.oemz.orders",
    "in.oetz.orders",
    "in.ruskran.orders",
    "in.tsvetnoy-bulvar.orders",
    "in.zmk-most.orders",
    "in.sibir-terminal.statuses",
    "hub.decisions",
)


class Arrival(NamedTuple):
    """A committed record, and when it was seen (monotonic seconds)."""

    at: float
    topic: str
    value: bytes


class Observer:
    """Reads the core's outputs from a thread of its own, read_committed, over every fault of the brokers."""

    def __init__(self, bootstrap: str, registry_url: str, namespace: str) -> None:
        """Take where to read."""
        self._bootstrap, self._registry_url, self._namespace = bootstrap, registry_url, namespace
        self._over = threading.Event()
        self._schemas: dict[int, Any] = {}
        self._observed: list[Observed] = []
        self.arrivals: list[Arrival] = []

    def observed(self) -> list[Observed]:
        """Return the outputs so far, decoded."""
        for arrival in self.arrivals[len(self._observed) :]:
            self._observed.append(observed(arrival.topic, decode(arrival.value, self._registry_url, self._schemas)))
        return self._observed

    def run(self) -> None:
        """Read until stopped."""
        asyncio.run(self._read())

    def stop(self) -> None:
        """Stop reading."""
        self._over.set()

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
            request_timeout_ms=10_000,
            metadata_max_age_ms=2_000,  # a leader that has moved is to be found at once: the core is measured, not this
        )
        await consumer.start()
        try:
            consumer.assign([place async for place in self._places(consumer)])
            while not self._over.is_set():
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    now = time.monotonic()
                    self.arrivals += [
                        Arrival(now, record.topic.removeprefix(self._namespace), record.value) for record in records
                    ]
        finally:
            await consumer.stop()

    async def _places(self, consumer: Any) -> Any:
        for name in TOPICS:
            topic = f"{self._namespace}{name}"
            await consumer._client.add_topic(topic)
            for number in sorted(consumer.partitions_for_topic(topic) or ()):
                yield TopicPartition(topic, number)


def observed(topic: str, value: dict[str, Any]) -> Observed:
    """Return the order that the record is about, and its content in a form that is the same for every order."""
    if topic.endswith(".orders"):
        order, _, part = value["plant_order_id"].rpartition("/")
        return Observed(order, f"plant order {part} revision {value['revision']} to {topic}")
    if topic.endswith(".statuses"):
        return Observed(value["order_key"], f"status {value['revision']} {value['state']}")
    return Observed(value["order_key"], f"decision {value['plant_order_id'].rpartition('/')[2]} {value['chosen']}")


@contextmanager
def observing(watch: Observer) -> Iterator[None]:
    """Read from a thread while the context lasts."""
    thread = threading.Thread(target=watch.run, name="watch")
    thread.start()
    try:
        yield
    finally:
        watch.stop()
        thread.join(30)
        assert not thread.is_alive(), "the watch did not stop"
