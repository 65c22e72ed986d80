"""Every mistake of a connector's author ends in FAILED with a reason, here without Kafka: it keeps what it is told."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from kafka import TopicPartition

from connectors.runtime import checkpoints, runner, sink_task
from connectors.runtime.context import Context
from connectors.runtime.status import Reporter
from kranhub.connector import Checkpoint, Read
from kranhub.errors import Failed, KranhubError
from kranhub.parties import members
from kranhub.settings import Settings
from kranhub.wire import dead_letter, envelope
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject
from tests.support.bad_connectors import ME, PASSWORD, Bad, answers, at, last, loaded, order, raises, yields
from tests.support.connector_mistakes import BAD, NAIVE, SINKS, SOURCES
from tests.support.fields import changed, decoded
from tests.support.order_status import status as order_status
from tools.harness.settings import REPOSITORY

MEMBER = members.load(REPOSITORY / "deploy/members/omsk.yaml").by_id[ME]


class Local:
    """A registry that knows our own schemas only."""

    def __init__(self, *_: Any) -> None:
        self.names: list[str] = []

    def __enter__(self) -> "Local":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def id_of(self, record: str) -> int:
        if record not in self.names:
            self.names.append(record)
        return self.names.index(record) + 1


class Sent:
    """A record on its way; and what Kafka's future is."""

    def __init__(self, topic: str, key: bytes, value: bytes | None) -> None:
        self.topic, self.key, self.value = topic, key.decode(), value

    def get(self, timeout: float) -> None:
        pass


class Kafka:
    """The broker and its transactional producer in one: only what was committed counts."""

    def __init__(self) -> None:
        self.open: list[Sent] = []
        self.committed: list[Sent] = []
        self.states: list[tuple[str, str, dict[str, str]]] = []

    def begin_transaction(self) -> None:
        self.open = []

    def send(self, topic: str, key: bytes, value: bytes | None, headers: Any) -> Sent:
        self.open.append(Sent(topic, key, value))
        return self.open[-1]

    def flush(self) -> None:
        pass

    def send_offsets_to_transaction(self, *_: Any) -> None:
        pass

    def commit_transaction(self) -> None:
        self.committed += self.open

    def close(self, timeout: float) -> None:
        pass

    def keys(self, kind: str) -> list[str]:
        return [sent.key for sent in self.committed if sent.topic.endswith(f".{kind}")]

    def failed(self, task: str) -> str:
        """The reason of the task's last state, which must be FAILED."""
        found = [(state, reason) for name, state, reason in self.states if name == task]
        assert found[-1][0] == "FAILED"
        return found[-1][1]["en"]


class Record:
    """A plant order's status as the hub addresses it."""

    def __init__(self, codec: Codec, number: int) -> None:
        self.topic, self.partition, self.offset = "in", 0, number
        self.key, self.value = f"{number}".encode(), codec.encode(Subject.ORDER_STATUS, order_status(number, 1))
        about = Envelope(f"hub/OrderStatus/{number}/1", "/hub/dispatch", "kranhub.OrderStatus")
        self.headers = envelope.headers(about)


class Waiting:
    """An inbox with three records, each of which waits until it is finished or parked."""

    def __init__(self, context: Context, subjects: Sequence[str]) -> None:
        self._records = {number: Record(context.codec, number) for number in (1, 2, 3)}

    def next_batch(self, _: int) -> list[Record]:
        return list(self._records.values())

    def finish(self, record: Record) -> None:
        del self._records[record.offset]

    def park(self, record: Record, _: float) -> None:
        del self._records[record.offset]

    def commits(self, _: Any) -> dict[TopicPartition, Any]:
        return {}

    def group_metadata(self) -> None:
        pass

    def committed(self) -> None:
        pass

    def keep_alive(self, _: int) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    found, codecs = Kafka(), Codec(Local())  # type: ignore[arg-type]
    monkeypatch.setattr(Codec, "decode", lambda self, data, trusted=False: _decoded(data))
    monkeypatch.setattr(Codec, "dataschema", lambda self, data: None)
    monkeypatch.setattr(runner, "Registry", Local)
    monkeypatch.setattr(runner, "Codec", lambda registry: codecs)
    monkeypatch.setattr(Context, "transactional_producer", lambda self, task: found)
    monkeypatch.setattr(checkpoints, "read", lambda context: checkpoints.Kept(context.loaded.name))
    monkeypatch.setattr(sink_task, "SinkConsumer", Waiting)
    monkeypatch.setattr(Reporter, "_failed_before", lambda self: None)
    monkeypatch.setattr(Reporter, "_send", lambda self, *said: found.states.append((self.task, *said)))
    return found


def _decoded(data: bytes) -> Any:
    """The records of `Waiting` hold their number only; what a sink does with it is not looked at here."""
    return decoded(Subject.ORDER_STATUS, {"revision": 1})


def run(connector: Bad, name: str = "bad", seconds: float = 20) -> KranhubError | None:
    async def main() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, stop.set)
        settings = Settings(kafka_bootstrap="127.0.0.1:1", registry_url="http://127.0.0.1:1", namespace="t.")
        await runner.run_until(stop, settings, loaded(connector, name, MEMBER))

    try:
        asyncio.run(main())
    except KranhubError as error:
        return error
    return None


@pytest.mark.parametrize("name", SOURCES)
def test_a_source(kafka: Kafka, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    connector, told = SOURCES[name]
    error = run(connector, name)
    assert isinstance(error, Failed)
    assert told in kafka.failed("source")
    if name not in ("raises-at-once", "coroutine", "list", "odd-position"):
        assert kafka.keys("orders") == ["1"]  # the good order before it
    written = capfd.readouterr()
    assert PASSWORD not in written.err + written.out + kafka.failed("source")


@pytest.mark.parametrize("name", SINKS)
def test_a_sink(kafka: Kafka, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    connector, told = SINKS[name]
    assert isinstance(run(connector, name), Failed)
    assert told in kafka.failed("sink")
    assert PASSWORD not in capfd.readouterr().err


def test_what_was_read_before_a_defect_is_committed(kafka: Kafka) -> None:
    async def read(since: Checkpoint | None) -> Any:
        for number in range(last(since) + 1, 450):
            yield Read(order(number), at(number))
        raise ValueError

    run(Bad(read))
    assert kafka.keys("orders") == [str(number) for number in range(1, 450)]


def test_the_others_are_delivered_when_one_document_breaks_the_code(kafka: Kafka) -> None:
    def deliver(batch: Any) -> Any:
        if any(event.key == "2" for event in batch):
            raise KeyError
        return answers()(batch)

    assert "document hub/OrderStatus/2/1" in str(run(Bad(delivering=deliver)))
    assert sorted(kafka.keys("receipts")) == ["1", "3"]


def test_an_invalid_document_ends_neither_task(kafka: Kafka) -> None:
    async def read(since: Checkpoint | None) -> Any:
        yield Read(order("before"), at(1))
        raise BAD

    assert run(Bad(read, answers()), seconds=1) is None
    assert kafka.keys("orders")[:1] == ["before"]
    assert len(kafka.keys("dead-letters")) == 1
    assert sorted(kafka.keys("receipts")) == ["1", "2", "3"]
    reasons = [reason["en"] for task, state, reason in kafka.states if (task, state) == ("source", "FAILED")]
    assert f"right after {ME}/Order/before/0/1: The date is bad. (bad-date)" in reasons[0]


def test_the_task_beside_a_failed_one_says_why_it_stopped(kafka: Kafka) -> None:
    run(Bad(yields(then=raises(ValueError())), answers()))
    assert ("sink", "STOPPED") in [(task, state) for task, state, reason in kafka.states if reason]


def test_one_document_that_kafka_would_not_take_is_a_letter(kafka: Kafka) -> None:
    huge = order("huge")
    huge = changed(huge, contract="я" * 700_000)
    bad = [huge, order("naive", time=NAIVE), order("odd", key="\udcff"), order("mapped", value={"x": 1})]
    assert run(Bad(yields(*(Read(each, at(1)) for each in bad))), seconds=2) is None
    assert kafka.keys("orders") == ["1"]
    assert kafka.keys("dead-letters") == ["huge", "naive", "\\xff", "mapped"]
    sizes = [len(sent.value or b"") for sent in kafka.committed if sent.topic.endswith(".dead-letters")]
    assert max(sizes) < dead_letter.MAX_RECORD
