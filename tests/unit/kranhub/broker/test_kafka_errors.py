"""Whatever kafka-python raises, at whichever call, leaves the kernel and the runtime as one of the hub's errors."""

import ast
import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kafka import TopicPartition
from kafka import errors as kafka_errors

from connectors.runtime import context, forget, last_status
from connectors.runtime.context import KafkaThread
from kranhub.broker import admin, errors, first_visible, lag, reading
from kranhub.errors import Fenced, KranhubError, Misconfigured, Unavailable
from kranhub.operations import probe, recovery
from kranhub.operations.status import connector_states
from kranhub.parties import members
from kranhub.settings import Settings
from kranhub.wire.messages import Subject
from streams.admin import recovery_job

SETTINGS = Settings(kafka_bootstrap="127.0.0.1:1", registry_url="http://127.0.0.1:1")
CODEC: Any = None
LOADED: Any = SimpleNamespace(member=SimpleNamespace(id="oemz"), name="sql")
CONTEXT = context.Context(SETTINGS, LOADED, CODEC)
PLACE = TopicPartition("topic", 0)
ERRORS = [
    kafka_errors.KafkaConnectionError("away"),
    kafka_errors.KafkaTimeoutError("late"),
    kafka_errors.ProducerFencedError("newer"),
    kafka_errors.TopicAuthorizationFailedError("no rights"),
]
HUBS_OWN = dict(zip(map(type, ERRORS), (Unavailable, Unavailable, Fenced, Misconfigured), strict=True))


def unseen_reader() -> Any:
    with closing(first_visible.Reader(SETTINGS)) as reader:
        return reader.first({PLACE: 0}, {PLACE: 1})


def listener() -> Any:
    with closing(recovery_job.Listener(SETTINGS, CODEC, omsk())) as opened:
        return list(opened.new_messages())


def omsk() -> Any:
    return members.load(Path("deploy/members/omsk.yaml"))


def forgotten() -> None:
    forget._delete(SETTINGS, "oemz", {"topic": (Subject.CONNECTOR_STATUS, ["sql.source"])})


def probed() -> Any:
    return probe.broker(SETTINGS, "127.0.0.1:1")


WRITES: Any = SimpleNamespace(encode=lambda *_words: b"", dataschema=lambda _data: None)

USES: dict[str, Callable[[], Any]] = {
    "kranhub/broker/reading.py": lambda: list(reading.messages(SETTINGS, CODEC, "topic")),
    "kranhub/operations/recovery.py": lambda: recovery.begin(SETTINGS, WRITES, "r1"),
    "kranhub/broker/admin.py": lambda: admin.apply(SETTINGS, omsk()),
    "kranhub/broker/lag.py": lambda: lag.groups(SETTINGS),
    "kranhub/broker/first_visible.py": unseen_reader,
    "streams/admin/recovery_job.py": listener,
    "connectors/runtime/forget.py": forgotten,
    "connectors/runtime/last_status.py": lambda: last_status.read(CONTEXT, "sql.source"),
    "kranhub/operations/probe.py": probed,
    "kranhub/operations/status/connector_states.py": lambda: connector_states.connector_states(SETTINGS),
}
"""How each module is used that opens a client of its own."""

IN_KAFKA_THREADS = {
    f"connectors/runtime/{name}.py" for name in ("checkpoints", "context", "sink_consumer", "sink_task", "source_task")
}
"""What runs on a `KafkaThread` only."""

CATCHES = {"connectors/runtime/status.py"}
"""What logs Kafka's errors and goes on."""


class Broken:
    """Stands in for a client: it can be opened, or not, and no call of it succeeds."""

    error: kafka_errors.KafkaError
    opens: bool

    def __init__(self, *_words: Any, **_named: Any) -> None:
        if not self.opens:
            raise self.error

    def __getattr__(self, name: str) -> Any:
        def call(*_words: Any, **_named: Any) -> None:
            if name != "close":
                raise self.error

        return call


@pytest.mark.parametrize("opens", [False, True])
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_reader_says_what_it_cannot_do(
    monkeypatch: pytest.MonkeyPatch, use: Callable[[], Any], error: kafka_errors.KafkaError, opens: bool
) -> None:
    broken = type("BrokenClient", (Broken,), {"error": error, "opens": opens})
    monkeypatch.setattr(reading, "KafkaConsumer", broken)
    monkeypatch.setattr(admin, "KafkaAdminClient", broken)
    monkeypatch.setattr(probe, "KafkaAdminClient", broken)
    monkeypatch.setattr(forget, "KafkaProducer", broken)
    monkeypatch.setattr(recovery, "KafkaProducer", broken)
    monkeypatch.setattr(probe, "_connects", lambda _address: True)
    if use is unseen_reader:
        assert unseen_reader() == {}
    else:
        with pytest.raises(KranhubError) as raised:
            use()
        assert type(raised.value) is (Unavailable if use is probed else HUBS_OWN[type(error)])


@pytest.mark.parametrize("kind", errors.FENCING)
@pytest.mark.parametrize("in_words", [False, True])
def test_a_fenced_connector_stops_also_where_kafka_python_tells_of_it_in_words(kind: Any, in_words: bool) -> None:
    """It would open another producer otherwise, and fence its own successor."""
    error = kind("a newer one has begun")
    if in_words:
        error = kafka_errors.KafkaError(
            f"Cannot execute transactional method because we are in an error state: {error}"
        )
    with pytest.raises(Fenced):
        on_kafka_thread(error)


@pytest.mark.parametrize("error", ERRORS)
def test_no_error_of_kafka_leaves_a_kafka_thread(error: kafka_errors.KafkaError) -> None:
    with pytest.raises(KranhubError):
        on_kafka_thread(error)


def on_kafka_thread(error: Exception) -> None:
    def call() -> None:
        raise error

    thread = KafkaThread(SETTINGS, "test")
    try:
        asyncio.run(thread.run(call))
    finally:
        thread.close()


def test_every_module_that_opens_a_client_is_known_here() -> None:
    places = [path for room in ("kranhub", "connectors", "deploy/embedded") for path in Path(room).rglob("*.py")]
    opening = {str(path) for path in places if any(opens(path))}
    assert opening - IN_KAFKA_THREADS - CATCHES <= set(USES)


def opens(path: Path) -> Iterator[bool]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield re.fullmatch("Kafka(Consumer|Producer|AdminClient)", node.func.id) is not None
