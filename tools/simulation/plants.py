"""``python -m tools.simulation.plants``: the ERPs of all plants in a process of their own, with its own clients.

Each line on standard input is a time of the simulation; the answer on standard output, when all that is due is written:
``{"at", "taken", "written", "due"}``. The end of the input ends the process, so it never outlives who started it.
"""

import argparse
import json
import queue
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime

from confluent_kafka import Consumer, TopicPartition

from kranhub.broker import client_settings, topics
from kranhub.errors import Unavailable
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry
from tools.simulation.erp import Erp
from tools.simulation.producer import DocumentProducer
from tools.simulation.stock import PER_ORDER
from tools.simulation.timetable import EVE, is_down

POLL_S = 0.05


class Plants:
    """The ERPs, what they read from and what they write with."""

    def __init__(self, settings: Settings, codec: Codec, seed: int, orders: int) -> None:
        """Open all of them on the eve of the day."""
        self._erps = {plant: Erp(plant, seed, orders) for plant in PER_ORDER}
        self._topics = {topics.inbound(settings.namespace, plant, "orders"): plant for plant in PER_ORDER}
        self._codec, self._producer = codec, DocumentProducer(settings, codec)
        self._consumer = _consumer(settings, list(self._topics))
        self._unread: dict[str, list[bytes]] = {plant: [] for plant in PER_ORDER}
        self.now, self.taken = EVE, 0

    def read(self) -> None:
        """Read what has come in; an ERP that is off reads it later.

        Raises:
            Unavailable: On an error of Kafka's.
        """
        for message in self._consumer.consume(500, POLL_S):
            if (error := message.error()) is not None:
                raise Unavailable(Text(en=f"Kafka: {error.str()}", ru=f"Kafka: {error.str()}"))
            self._unread[self._topics[message.topic() or ""]].append(message.value() or b"")
        for plant, unread in self._unread.items():
            if unread and not is_down(plant, self.now):
                for data in unread:
                    self._erps[plant].take(self._codec.decode(data, trusted=True).value, self.now)
                self.taken += len(unread)
                unread.clear()

    def send_due(self) -> None:
        """Write all that is due."""
        for plant, erp in self._erps.items():
            for document in erp.run(self.now):
                self._producer.send(plant, *document, at=self.now)

    def report(self, now: datetime) -> dict[str, object]:
        """Take the time, write what is due, and return the answer. What is due comes before what is unread."""
        self.now = now
        self.send_due()
        self.read()
        self.send_due()
        self._producer.flush()
        due = min((erp.next_due for erp in self._erps.values() if erp.next_due), default=None)
        written = self._producer.written
        return {"at": now.isoformat(), "taken": self.taken, "written": written, "due": due and due.isoformat()}

    def close(self) -> None:
        """Close the clients."""
        self._producer.flush()
        self._consumer.close()


def _consumer(settings: Settings, names: Sequence[str]) -> Consumer:
    consumer = Consumer(
        {
            **client_settings.librdkafka(settings),
            "log_level": 2,
            "group.id": f"{settings.namespace}plants",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 50,
        }
    )
    consumer.assign([TopicPartition(name, 0, 0) for name in names])
    return consumer


def run(plants: Plants, times: "queue.SimpleQueue[datetime | None]") -> None:
    """Work until there are no more times."""
    while True:
        try:
            now = times.get_nowait()
        except queue.Empty:
            plants.read()
            plants.send_due()
            continue
        if now is None:
            return
        sys.stdout.write(json.dumps(plants.report(now)) + "\n")
        sys.stdout.flush()


def _listen(lines: Iterator[str], times: "queue.SimpleQueue[datetime | None]") -> None:
    for line in lines:
        times.put(datetime.fromisoformat(line.strip()))
    times.put(None)


def main(arguments: Sequence[str]) -> None:
    """Play the plants of the namespace that the settings name."""
    parser = argparse.ArgumentParser(prog="python -m tools.simulation.plants", description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--orders", type=int, required=True)
    options = parser.parse_args(arguments)
    settings = Settings()
    times: queue.SimpleQueue[datetime | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(iter(sys.stdin), times), daemon=True).start()
    with Registry(endpoints(settings).registry_url) as registry:
        plants = Plants(settings, Codec(registry), options.seed, options.orders)
        try:
            run(plants, times)
        finally:
            plants.close()


if __name__ == "__main__":
    main(sys.argv[1:])
