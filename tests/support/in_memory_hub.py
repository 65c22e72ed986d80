"""The core's real stages without Kafka, as members see them: what they write, and what the hub says to it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from kranhub.broker import topics
from kranhub.settings import Settings
from kranhub.wire import envelope
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject
from streams.processor.outputs import ProducerRecord
from tests.support.batches import CODEC, NAMESPACE
from tests.support.plants import MASTER
from tools.harness.in_memory_core import NOW, InMemoryCore, record

SETTINGS = Settings(namespace=NAMESPACE, kafka_bootstrap="none:9")


class InMemoryHub:
    """The stages, and all that they have said."""

    def __init__(self) -> None:
        self.core, self.said = InMemoryCore(SETTINGS, CODEC, MASTER), list[ProducerRecord]()

    def write(self, member: str, subject: str, value: Any, event_id: str, key: str = "k") -> None:
        """Have the core process what a member writes, and everything that follows."""
        head = envelope.headers(Envelope(event_id, f"/hub/members/{member}", f"kranhub.{subject}"))
        topic = topics.out(NAMESPACE, member, topics.kind_of(Subject(subject)))
        taken = self.core.enter([record(topic, key.encode(), CODEC.encode(Subject(subject), value), [*head])])
        self.said += [*taken, *self.core.route(taken)]

    def tick(self, minutes: float) -> None:
        """Let it be so many minutes after the start."""
        self.said += self.core.tick(NOW + timedelta(minutes=minutes))

    def keyed(self, subject: str, topic: str = "outbox") -> Iterator[tuple[str, Any]]:
        """Yield key and value of the records of this name in one of the hub's topics."""
        for said in self.said:
            if said.topic == f"{NAMESPACE}hub.{topic}" and said.value:
                found = CODEC.decode(said.value)
                if found.subject == subject:
                    yield said.key.decode(), found.value

    def records(self, subject: str, topic: str = "outbox") -> Iterator[Any]:
        """Yield the values of the records of this name in one of the hub's topics."""
        return (value for _, value in self.keyed(subject, topic))
