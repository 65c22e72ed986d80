"""A fatal error of Kafka's client, at whichever call it comes out, is one of the hub's errors."""

import ast
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

import streams.admin.publish
from kranhub.broker import admin, client_settings
from kranhub.errors import Failed, Fenced, KranhubError, Misconfigured
from kranhub.settings import Settings
from streams.processor import Context, Outputs, Processor, Record, State
from streams.processor.kafka import clients, errors
from streams.processor.kafka.errors import Aborted, BrokerAway
from streams.processor.kafka.guarded import GuardedClient, TransactionalProducer
from streams.routing.masterdata import entries
from tests.support.omsk import OMSK

FENCED_AT_ONCE = KafkaError(KafkaError._FENCED, "fenced by a newer instance", True)
FENCED_BEFORE = KafkaError(KafkaError._FATAL, "Local: This instance has been fenced by a newer instance", True)
OLD_EPOCH = KafkaError(KafkaError._FATAL, "Broker: Producer attempted an operation with an old epoch", True)
FATAL = KafkaError(KafkaError._FATAL, "Broker: Out of sequence", True)
AWAY = KafkaError(KafkaError._TRANSPORT, "no broker")
FENCINGS = [FENCED_AT_ONCE, FENCED_BEFORE, OLD_EPOCH]

NOT_KAFKAS = {"memberid", "set_sasl_credentials"}
WORDS: dict[str, tuple[Any, ...]] = {
    "produce": ("topic", b"", b""),
    "send_offsets_to_transaction": ([], None, 1),
    **dict.fromkeys(("init_transactions", "commit_transaction", "abort_transaction"), (1,)),
}


class Broken:
    """Stands in for a client: every call raises."""

    def __init__(self, error: KafkaError) -> None:
        self._error = error

    def __getattr__(self, _name: str) -> Any:
        def call(*_words: Any, **_named: Any) -> None:
            raise KafkaException(self._error)

        return call


def calls(kind: type) -> list[str]:
    return sorted(name for name in dir(kind) if not name.startswith("_") and name not in NOT_KAFKAS)


@pytest.mark.parametrize(
    ("guarded", "name"),
    [
        *((TransactionalProducer, name) for name in calls(Producer)),
        *((GuardedClient, name) for kind in (Producer, Consumer, AdminClient) for name in calls(kind)),
    ],
)
def test_no_call_of_a_client_lets_kafkas_own_error_out(guarded: type[GuardedClient], name: str) -> None:
    words = WORDS.get(name, ())
    for error in FENCINGS:
        with pytest.raises(Fenced):
            getattr(guarded(Broken(error)), name)(*words)
    with pytest.raises(Failed, match="Out of sequence"):
        getattr(guarded(Broken(FATAL)), name)(*words)
    with pytest.raises((BrokerAway, Aborted)):
        getattr(guarded(Broken(AWAY)), name)(*words)


class Mute(Broken):
    """A producer whose `produce` does not tell the cause of a fatal error, as librdkafka's does."""

    def produce(self, *_words: Any, **_named: Any) -> None:
        raise KafkaException(KafkaError(KafkaError._FATAL, "Unable to produce message: Local: Fatal error"))


@pytest.mark.parametrize(("cause", "said"), [(FENCED_AT_ONCE, Fenced), (FATAL, Failed)])
def test_the_cause_that_produce_does_not_tell_is_found(cause: KafkaError, said: type[KranhubError]) -> None:
    with pytest.raises(said):
        TransactionalProducer(Mute(cause)).produce("topic", b"", b"")


def test_settings_that_the_client_does_not_take_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"bootstrap.servers": "127.0.0.1:1", "sasl.mechanism": "NONSENSE", "security.protocol": "sasl_plaintext"}
    monkeypatch.setattr(client_settings, "librdkafka", lambda _settings: config)
    ways: list[Callable[[], Any]] = [
        lambda: clients.producer(SETTINGS, "clock", "one"),
        lambda: clients.reader(SETTINGS),
        lambda: clients.plain_producer(SETTINGS),
        lambda: clients.admin(SETTINGS),
        lambda: clients.consumer(SETTINGS, Copying(), "one", print),
    ]
    for open_one in ways:
        with pytest.raises(Misconfigured, match="NONSENSE"):
            open_one()


def test_what_a_fatal_error_says_never_passes_by_itself() -> None:
    assert [errors.passes(error) for error in (*FENCINGS, FATAL, AWAY)] == [False] * 4 + [True]


class Fakes:
    """Clients that work, and write down what was called; the call number ``at`` raises ``error``."""

    def __init__(self, error: KafkaError, at: int | None) -> None:
        self.called: list[str] = []
        self.stopping = threading.Event()
        self._error, self._at = error, at

    def client(self, kind: str) -> Any:
        def opened(_config: Any) -> "Fake":
            return Fake(self, kind)

        return opened

    def call(self, kind: str, name: str) -> None:
        self.called.append(f"{kind}.{name}")
        if self._at == len(self.called) - 1:
            raise KafkaException(self._error)


class Fake:
    """One client: a topic with one record in one partition, and a changelog that is empty."""

    def __init__(self, fakes: Fakes, kind: str) -> None:
        self._fakes, self._kind = fakes, kind
        self._words: dict[str, Any] = {}
        self._polls = 0

    def __getattr__(self, name: str) -> Any:
        def call(*words: Any, **named: Any) -> Any:
            if self._matters(name, words):
                self._fakes.call(self._kind, name)
            answer = getattr(type(self), f"_{name}", None)
            return answer(self, *words, **named) if answer else None

        return call

    def _matters(self, name: str, words: tuple[Any, ...]) -> bool:
        """Asking for one topic only makes the next call quicker; a reader that has read all is closed by a thread."""
        return not (name == "list_topics" and words) and not (name == "close" and not self._words)

    def _list_topics(self, *_words: Any, **_named: Any) -> Any:
        topic = SimpleNamespace(error=None, partitions={0: None})
        return SimpleNamespace(topics=dict.fromkeys(("input", "output", "changelog"), topic), brokers={0: None})

    def _describe_configs(self, _resources: Any) -> dict[int, Any]:
        return {0: future({"offsets.retention.minutes": SimpleNamespace(value="999999")})}

    def _list_offsets(self, wanted: Any, **_named: Any) -> dict[Any, Any]:
        return {place: future(SimpleNamespace(offset=0)) for place in wanted}

    def _subscribe(self, _topics: Any, **callbacks: Any) -> None:
        self._words = callbacks

    def _committed(self, places: Any, **_named: Any) -> list[Any]:
        return [
            SimpleNamespace(topic=place.topic, partition=place.partition, offset=-1, error=None) for place in places
        ]

    def _poll(self, _seconds: float) -> Any:
        if self._kind != "consumer":
            return 0
        self._polls += 1
        if self._polls == 1:
            self._words["on_assign"](self, [TopicPartition("input", 0)])
            return None
        return Message()

    def _consume(self, *_words: Any, **_named: Any) -> list[Any]:
        return []

    def _commit_transaction(self, _seconds: float) -> None:
        self._fakes.stopping.set()

    def _close(self) -> None:
        if self._words:
            self._words["on_revoke"](self, [TopicPartition("input", 0)])


class Message:
    """One record of the input."""

    def __getattr__(self, name: str) -> Any:
        found = {"topic": "input", "partition": 0, "offset": 0, "key": b"k", "value": b"v", "timestamp": (2, 0)}
        return lambda: found.get(name)


def future(answer: Any) -> "Future[Any]":
    given: Future[Any] = Future()
    given.set_result(answer)
    return given


class Copying:
    """A stage with state."""

    name, inputs, changelog, state_version = "copying", ("input",), "changelog", 1

    def process(self, record: Record, state: State, outputs: Outputs, _ctx: Context) -> None:
        state.put(record.key, record.value or b"")
        outputs.forward("output", record.key.encode(), record.value)


SETTINGS = Settings(kafka_bootstrap="127.0.0.1:1", registry_url="http://127.0.0.1:1")


def faked(monkeypatch: pytest.MonkeyPatch, error: KafkaError = FATAL, at: int | None = None) -> Fakes:
    fakes = Fakes(error, at)
    for name in ("Producer", "Consumer", "AdminClient"):
        monkeypatch.setattr(clients, name, fakes.client(name.lower()))
    return fakes


def run_stage(fakes: Fakes) -> None:
    Processor(Copying(), SETTINGS, None).run(fakes.stopping)  # type: ignore[arg-type]


@pytest.mark.parametrize(("error", "said"), [(FENCED_BEFORE, Fenced), (OLD_EPOCH, Fenced), (FATAL, Failed)])
def test_a_stage_ends_with_a_sentence_whichever_call_is_fatal(
    monkeypatch: pytest.MonkeyPatch, error: KafkaError, said: type[KranhubError]
) -> None:
    whole = faked(monkeypatch)
    run_stage(whole)
    assert {"producer.produce", "producer.flush", "consumer.consume", "adminclient.list_offsets"} <= set(whole.called)
    for number, name in enumerate(whole.called):
        fakes = faked(monkeypatch, error, number)
        if name in ("consumer.unassign", "adminclient.describe_configs"):
            continue  # the first is asked while leaving, the second leaves a check out
        with pytest.raises(said):
            run_stage(fakes)


@pytest.mark.parametrize("error", FENCINGS)
def test_who_publishes_gives_way_whichever_call_says_that_another_has_begun(
    monkeypatch: pytest.MonkeyPatch, error: KafkaError
) -> None:
    whole = entries.entries(OMSK)
    for number in range(len(publishing(monkeypatch, FATAL, None, whole))):
        called = publishing(monkeypatch, error, number, whole)
        assert called[number + 1 :] in ([], ["producer.begin_transaction"])  # produce asks for the cause


def publishing(monkeypatch: pytest.MonkeyPatch, error: KafkaError, at: int | None, whole: list[Any]) -> list[str]:
    """Publish while another does the same and wins, where ``at`` is given; return what was called."""
    fakes = faked(monkeypatch, error, at)
    everything = {entry.place: entry for entry in whole}
    monkeypatch.setattr(
        streams.admin.publish, "_known", lambda *_: everything if at is not None and len(fakes.called) > at else {}
    )
    monkeypatch.setattr(streams.admin.publish, "STEP_BACK_S", 0.0)
    monkeypatch.setattr(admin, "add_members", lambda *_: [])
    codec: Any = SimpleNamespace(encode=lambda *_: b"", dataschema=lambda _data: None)
    assert streams.admin.publish.publish_masterdata(SETTINGS, codec, OMSK) == (0 if at is not None else len(whole))
    return fakes.called


def test_only_guarded_clients_are_opened_in_streams() -> None:
    """clients.py opens the classes, errors.py and guarded.py handle Kafka's own exception; nothing else does."""
    allowed = {
        "clients.py": {"Producer", "Consumer", "AdminClient"},
        "errors.py": {"KafkaException"},
        "guarded.py": {"KafkaException"},
    }
    watched = {"Producer", "Consumer", "AdminClient", "KafkaException"}
    for path in Path("streams").rglob("*.py"):
        found = set(used(ast.parse(path.read_text(encoding="utf-8")))) & watched
        callbacks = {"Consumer"} if path.name == "processor.py" else set()
        assert found <= allowed.get(path.name, callbacks), path


def used(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("confluent_kafka"):
            yield from (name.name for name in node.names)
