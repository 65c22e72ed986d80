"""Commands in a test: the topics that they read, what they write, and the words that a person sees."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from kranhub.broker import reading
from kranhub.broker.reading import Message
from kranhub.errors import KranhubError
from kranhub.settings import Settings
from kranhub.wire import envelope, schema_files
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject
from kranhub.wire.registry import Registry
from tests.support.batches import CODEC, RECORDS

NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


@dataclass
class Written:
    """One record that a command produced."""

    topic: str
    key: str
    value: Any
    envelope: Envelope
    data: bytes = b""
    partition: int = -1


@dataclass
class Hub:
    """Stands in for the brokers: what stands in each topic (without the namespace), and what was written."""

    topics: dict[str, list[Message]] = field(default_factory=dict)
    written: list[Written] = field(default_factory=list)
    failure: str | None = None
    """What every delivery ends with, as librdkafka names it."""

    def put(
        self,
        topic: str,
        key: str,
        subject: str,
        value: Any,
        at: datetime = NOW,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Let a record stand in a topic, as reading gives it: with the defaults of its schema."""
        data = CODEC.encode(Subject(subject), value)
        records = self.topics.setdefault(topic, [])
        head = Envelope(f"{topic}/{len(records)}", "/hub/test", f"kranhub.{subject}", at, at)
        read = CODEC.decode(data).value
        records.append(Message(f"t.{topic}", 0, len(records), at, key, head, Subject(subject), read, data, headers))

    def delete(self, topic: str, key: str) -> None:
        """Let a tombstone of the key stand in a topic."""
        records = self.topics.setdefault(topic, [])
        head = Envelope(f"{topic}/{len(records)}", "/hub/test", "", NOW, NOW, data=False)
        records.append(Message(f"t.{topic}", 0, len(records), NOW, key, head, None, None, None))

    def messages(
        self,
        settings: Settings,
        _codec: Codec,
        topic: str,
        *,
        wanted: Callable[[bytes], bool] = lambda key: True,
        **_how: Any,
    ) -> Iterator[Message]:
        """Play `reading.messages`."""
        name = topic.removeprefix(settings.namespace)
        return (message for message in self.topics.get(name, []) if wanted(message.key.encode()))

    def producer(self, _config: Mapping[str, Any]) -> "Hub":
        """Play librdkafka's class of producers."""
        return self

    def produce(
        self, topic: str, data: bytes, key: bytes, headers: Iterable[Any], on_delivery: Any, partition: int = -1
    ) -> None:
        """Play a producer's method."""
        value, head = CODEC.decode(data).value, envelope.read(headers)
        if self.failure is None:
            self.written.append(Written(topic.removeprefix("t."), key.decode(), value, head, data, partition))
        on_delivery(_Error(self.failure) if self.failure else None, None)

    def flush(self, _seconds: float) -> int:
        """Play a producer's method."""
        return 0


@dataclass
class _Error:
    text: str

    def name(self) -> str:
        return self.text


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub in memory, where every command finds it."""
    found = Hub()
    monkeypatch.setattr(reading, "messages", found.messages)
    monkeypatch.setattr(Registry, "id_of", lambda _self, record: RECORDS.index(record) + 1)
    monkeypatch.setattr(Registry, "schema", lambda _self, number: schema_files.load_all()[RECORDS[number - 1]])
    for name, value in {"KAFKA_BOOTSTRAP": "nowhere:1", "REGISTRY_URL": "http://nowhere", "NAMESPACE": "t."}.items():
        monkeypatch.setenv(f"KRANHUB_{name}", value)
    return found


def call(command: click.Command, *words: str, lang: str = "en") -> Result:
    """Run a command as `kranhub` does: a handled error is a sentence and an exit code."""
    result = CliRunner().invoke(command, words, env={"KRANHUB_LANG": lang})
    if isinstance(result.exception, KranhubError):
        result.exit_code = result.exception.exit_code
    elif result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
