"""How members write: their documents on their own topics, under the simulation's time."""

import time
from datetime import datetime
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from kranhub.broker import client_settings, topics
from kranhub.errors import Failed
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import envelope
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject
from tools.simulation.timetable import SENT

PATIENCE_S = 60.0


class DocumentProducer:
    """One process's Kafka producer for the documents of all members that it plays."""

    def __init__(self, settings: Settings, codec: Codec) -> None:
        """Connect."""
        config = {**client_settings.librdkafka(settings), "log_level": 2, "linger.ms": 5, "enable.idempotence": True}
        self._producer = Producer({**config, "partitioner": "murmur2_random"})
        self._namespace, self._codec = settings.namespace, codec
        self._problem: str | None = None
        self.written = 0

    def send(self, member: str, subject: str, key: str, event_id: str, value: Any, *, at: datetime) -> None:
        """Write a document to the member's out topic.

        Args:
            member: Who sends it.
            subject: The document's subject.
            key: The record's key.
            event_id: The event's id.
            value: The document.
            at: When it is sent, in the simulation's time.
        """
        topic = topics.out(self._namespace, member, topics.kind_of(Subject(subject)))
        head = envelope.headers(Envelope(event_id, f"/members/{member}", f"kranhub.{subject}", at))
        self._produce(
            topic, key, self._codec.encode(Subject(subject), value), [*head, (SENT, b"%d" % time.time_ns())], at
        )

    def broadcast(self, topic: str, partitions: int, subject: str, value: Any, head: Envelope) -> None:
        """Write a record of the hub's own to every partition of a topic, without a key.

        Args:
            topic: The topic's full name.
            partitions: How many it has.
            subject: The record's subject.
            value: The record.
            head: Its envelope.
        """
        data, headers = self._codec.encode(Subject(subject), value), envelope.headers(head)
        for partition in range(partitions):
            self._produce(topic, "", data, headers, None, partition)

    def flush(self) -> None:
        """Wait until everything is written.

        Raises:
            Failed: Where the broker has not taken it.
        """
        left = self._producer.flush(PATIENCE_S)
        if left or self._problem:
            raise Failed(_not_written(self._problem or f"{left} records after {PATIENCE_S:.0f} s"))

    def _produce(
        self, topic: str, key: str, data: bytes, headers: envelope.Headers, at: datetime | None, partition: int = -1
    ) -> None:
        given = {} if at is None else {"timestamp": int(at.timestamp() * 1000)}
        where = {} if partition < 0 else {"partition": partition}
        while True:
            try:
                self._producer.produce(
                    topic, data, key.encode(), headers=[*headers], on_delivery=self._delivered, **given, **where
                )
                break
            except BufferError:
                self._producer.poll(0.1)
        self.written += 1
        self._producer.poll(0)

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._problem = error.str()


def _not_written(why: str) -> Text:
    return Text(
        en=f"The simulation's documents were not written: {why}. Run it again.",
        ru=f"Документы моделирования не записаны: {why}. Запустите ещё раз.",
    )
