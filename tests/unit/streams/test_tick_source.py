"""The beat outlives what it needs: a registry that is away costs beats, never the core."""

import threading
from typing import Any

import pytest

import streams.tick_source
from kranhub.errors import Unavailable
from kranhub.settings import Settings
from kranhub.text import Text
from streams.processor.kafka import clients


class Produced:
    """Stands in for librdkafka's producer: takes one beat, then the test is over."""

    def __init__(self, stopping: threading.Event) -> None:
        self.values: list[bytes] = []
        self._stopping = stopping

    def __call__(self, _config: dict[str, Any]) -> "Produced":
        return self

    def produce(self, _topic: str, value: bytes, _key: str, headers: list[Any]) -> None:
        assert headers
        self.values.append(value)
        self._stopping.set()

    def poll(self, _seconds: float) -> None: ...

    def flush(self, _seconds: float) -> None: ...


class AwayAtFirst:
    """Stands in for the codec: the registry is away for the first beat."""

    def __init__(self) -> None:
        self.asked = 0

    def encode(self, subject: str, _value: dict[str, Any]) -> bytes:
        self.asked += 1
        if self.asked == 1:
            raise Unavailable(Text(en="The registry is away.", ru="Реестр недоступен."))
        return subject.encode()

    def dataschema(self, _data: bytes) -> None: ...


@pytest.mark.timeout(20)
def test_a_beat_without_a_registry_is_dropped_and_the_next_one_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = threading.Event()
    produced, codec = Produced(stopping), AwayAtFirst()
    monkeypatch.setattr(clients, "Producer", produced)
    settings = Settings(tick_s=1, kafka_bootstrap="127.0.0.1:1", registry_url="http://127.0.0.1:1")
    streams.tick_source.beat(settings, codec, "a", stopping)  # type: ignore[arg-type]
    assert (codec.asked, produced.values) == (2, [b"Tick"])
