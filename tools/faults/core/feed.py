"""Writes orders at a steady rate and notes those that the brokers have acknowledged, whatever happens to them."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from kafka import KafkaProducer
from kafka.errors import KafkaError

from kranhub.broker import topics
from kranhub.broker.closing import CLOSES
from kranhub.settings import Settings, endpoints
from kranhub.wire import envelope
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject
from kranhub.wire.registry import Registry
from tools.harness.core import NOW, line, order

BUYER = "sibir-terminal"
CRANE_EVERY = 10
"""One order in so many is a crane, which becomes many plant orders; the others are one spare motor."""


class Feed:
    """One buyer's orders, numbered from 0. An order counts once it is acknowledged; until then it is sent again."""

    def __init__(self, settings: Settings, rate: float) -> None:
        """Take the orders per second."""
        self._settings, self._rate = settings, rate
        self._over = threading.Event()
        self.orders: dict[int, float] = {}
        """When each order was acknowledged (monotonic seconds)."""
        self.unsure: list[int] = []
        """Sent and not acknowledged when the feed was stopped."""
        self._registry = Registry(endpoints(settings).registry_url)
        self._codec = Codec(self._registry)
        self._producer = self._connect()

    def one(self, number: int) -> None:
        """Write one order and wait until it is acknowledged."""
        key = str(number)
        lines = [line("1", "КР-10-22.5", 1)] if is_crane(number) else []
        data = self._codec.encode(Subject.ORDER, order(key, *lines))
        head = Envelope(f"{BUYER}/Order/{key}/0/1", f"/members/{BUYER}", "kranhub.Order", NOW)
        topic = topics.out(self._settings.namespace, BUYER, "orders")
        while True:
            try:
                self._producer.send(topic, key=key.encode(), value=data, headers=envelope.headers(head)).get(20)
                break
            except KafkaError:
                if self._over.is_set():
                    self.unsure.append(number)
                    return
                self._producer.close(1)
                self._producer = self._connect()
        self.orders[number] = time.monotonic()

    def run(self) -> None:
        """Write orders until stopped."""
        began, number = time.monotonic(), len(self.orders)
        first = number
        while not self._over.is_set():
            self.one(number)
            number += 1
            behind = began + (number - first) / self._rate - time.monotonic()
            if behind > 0:
                self._over.wait(behind)
            elif behind < -1:  # a fault held it up: go on at the rate, no burst
                began -= behind

    def stop(self) -> None:
        """Stop writing."""
        self._over.set()

    def close(self) -> None:
        """Close the clients."""
        self._producer.close(5)
        self._registry.close()

    def _connect(self) -> KafkaProducer:
        while True:
            try:
                return KafkaProducer(
                    bootstrap_servers=endpoints(self._settings).bootstrap.split(","),
                    acks="all",
                    linger_ms=0,
                    bootstrap_timeout_ms=5000,
                    request_timeout_ms=10_000,
                    delivery_timeout_ms=15_000,
                    **CLOSES,
                )
            except KafkaError:
                if self._over.wait(0.5):
                    raise


def is_crane(number: int) -> bool:
    """Return whether this order is for a crane."""
    return number % CRANE_EVERY == CRANE_EVERY - 1


@contextmanager
def feeding(feed: Feed) -> Iterator[None]:
    """Write orders from a thread while the context lasts."""
    thread = threading.Thread(target=feed.run, name="feed")
    thread.start()
    try:
        yield
    finally:
        feed.stop()
        thread.join(60)
        assert not thread.is_alive(), "the feed did not stop"
