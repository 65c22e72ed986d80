"""The timeline without Kafka: no event can stop it, and after an error of its own it takes nothing more."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs

from kranhub.errors import Misconfigured, Unavailable
from kranhub.readmodel import tables
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import envelope
from kranhub.wire.envelope import Envelope
from kranhub.wire.locations import TopicPartition
from kranhub.wire.messages import AnyDecoded, Subject
from streams.views import app, timeline
from streams.views.app import Timeline
from streams.views.timeline import TimelineRecord
from tests.support.fields import decoded
from tools.harness.core import NOW, order

TOPIC = "prod.hub.events"
SETTINGS = Settings(kafka_bootstrap="127.0.0.1:1", registry_url="http://127.0.0.1:1")
AWAY = Text(en="away", ru="недоступен")


class Raising:
    """Stands in for the codec: raises what a value names, else gives an order."""

    errors: dict[bytes, Exception] = {  # noqa: RUF012
        b"overflow": OverflowError("date value out of range"),
        b"recursion": RecursionError(),
        b"type": TypeError("secret payload"),
        b"unavailable": Unavailable(AWAY),
        b"misconfigured": Misconfigured(AWAY),
    }

    def decode(self, value: bytes, *, trusted: bool) -> AnyDecoded:
        assert trusted
        if value in self.errors:
            raise self.errors[value]
        return cast(AnyDecoded, decoded(Subject.ORDER, order("1", document_status="ACTIVE")))


def event(offset: int, value: bytes = b"order", recorded: str | None = None, timestamp: float = 0.0) -> TimelineRecord:
    head: list[tuple[str, bytes]] = envelope.headers(Envelope(f"e/{offset}", "/hub", "kranhub.Order", NOW))
    if recorded:
        head.append(("ce_recordedtime", recorded.encode()))
    return TimelineRecord(TOPIC, 3, offset, timestamp, b"sibir-terminal:1", value, head)


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    found = tables.open_engine(Settings(data_dir=tmp_path))
    tables.create(found)
    yield found
    found.dispose()


def view(engine: Engine) -> Timeline:
    return Timeline(SETTINGS, Raising(), engine)  # type: ignore[arg-type]


def test_whatever_one_event_raises_the_others_are_folded_and_it_is_named_without_its_payload(engine: Engine) -> None:
    with capture_logs() as logs:
        view(engine).fold([event(0), event(1, b"overflow"), event(2, b"recursion"), event(3, b"type"), event(4)])
    with engine.connect() as connection:
        told = [row["offset"] for row in tables.order_events(connection, TOPIC, "sibir-terminal:1")]
        assert told == [0, 4]
        assert tables.stands(connection, tables.TIMELINE)[TopicPartition(TOPIC, 3)].next_offset == 5
    passed = [(entry["topic"], entry["partition"], entry["offset"], entry["reason"]) for entry in logs]
    assert passed == [
        (TOPIC, 3, 1, "OverflowError"),
        (TOPIC, 3, 2, "RecursionError"),
        (TOPIC, 3, 3, "TypeError"),
    ]
    assert "secret payload" not in str(logs)


@pytest.mark.parametrize(
    ("recorded", "timestamp", "shown"),
    [
        ("2026-11-24T08:30:00+00:00", 86400.0, "1970-01-02T00:00:00.000000Z"),
        ("2026-11-24T08:30:00+00:00", float("nan"), "2026-11-24T08:30:00.000000Z"),
        ("0001-01-01T00:00:00+14:00", 1e300, "1970-01-01T00:00:00.000000Z"),
        (None, 1e300, "1970-01-01T00:00:00.000000Z"),
        (None, float("nan"), "1970-01-01T00:00:00.000000Z"),
    ],
)
def test_the_time_is_the_brokers_and_an_impossible_one_does_not_lose_the_event(
    recorded: str | None, timestamp: float, shown: str
) -> None:
    folded = timeline.fold([event(0, recorded=recorded, timestamp=timestamp)], Raising())  # type: ignore[arg-type]
    assert [row["time"] for row in folded.rows] == [shown]
    assert folded.reached[TopicPartition(TOPIC, 3)].as_of == shown


@pytest.mark.parametrize(("value", "error"), [(b"unavailable", Unavailable), (b"misconfigured", Misconfigured)])
def test_what_is_no_events_fault_passes_no_event_by(engine: Engine, value: bytes, error: type[Exception]) -> None:
    folding = view(engine)
    with pytest.raises(error):
        folding.fold([event(0), event(1, value)])
    with pytest.raises(error):
        folding.fold([event(2)])  # the next batch, which would move the view past the one that failed
    with engine.connect() as connection:
        assert tables.stands(connection, tables.TIMELINE) == {}


class Stream:
    """Stands in for Faust's stream: gives the batches, keeps what is acknowledged."""

    def __init__(self, *batches: Sequence[TimelineRecord]) -> None:
        self.left = list(batches)
        self.acknowledged: list[int] = []

    async def noack_take(self, _largest: int, within: float) -> AsyncIterator[list[Any]]:
        assert within
        while self.left:
            yield [SimpleNamespace(message=each, offset=each.offset) for each in self.left.pop(0)]

    async def ack(self, given: Any) -> None:
        self.acknowledged.append(given.offset)


class Defect(Timeline):
    """A view with a defect that nobody has foreseen."""

    def fold(self, events: Sequence[TimelineRecord]) -> None:
        raise ZeroDivisionError


async def agent(stream: Stream, folding: Timeline) -> tuple[asyncio.Task[None], list[BaseException]]:
    """Run the app's agent over the stream, a second at most; return it and what the process was told."""
    told: list[BaseException] = []
    made = app.make(SETTINGS, folding, "a", told.append)
    (running,) = made.agents.values()
    task = asyncio.ensure_future(running.fun(stream))
    await asyncio.wait([task], timeout=1)
    return task, told


@pytest.mark.timeout(30)
async def test_an_unforeseen_error_ends_the_process_and_the_agent_takes_nothing_more(engine: Engine) -> None:
    stream = Stream([event(0)], [event(1)])
    task, told = await agent(stream, Defect(SETTINGS, Raising(), engine))  # type: ignore[arg-type]
    assert [type(error) for error in told] == [ZeroDivisionError]
    assert (task.done(), stream.left, stream.acknowledged) == (False, [[event(1)]], [])
    task.cancel()


@pytest.mark.timeout(30)
async def test_an_agent_that_faust_interrupts_is_not_started_behind_its_batch(engine: Engine) -> None:
    class Waiting(Stream):
        async def noack_take(self, _largest: int, within: float) -> AsyncIterator[list[Any]]:
            asyncio.get_running_loop().call_later(0.05, task.cancel)
            await asyncio.sleep(within * 1000)
            yield []

    told: list[BaseException] = []
    (running,) = app.make(SETTINGS, view(engine), "a", told.append).agents.values()
    task = asyncio.ensure_future(running.fun(Waiting()))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [type(error) for error in told] == [Unavailable]


def test_machines_share_the_events_only_where_they_share_the_read_model(tmp_path: Path) -> None:
    server = SETTINGS.model_copy(update={"readmodel_url": "postgresql://hub@db/kranhub"})
    assert app.group(server, "a") == app.group(server, "b") == "prod.views.timeline"
    for own in (None, f"sqlite:///{tmp_path / 'model.sqlite'}"):
        local = SETTINGS.model_copy(update={"readmodel_url": own})
        assert [app.group(local, name) for name in "ab"] == ["prod.views.timeline.a", "prod.views.timeline.b"]


async def test_what_is_folded_is_acknowledged(engine: Engine) -> None:
    stream = Stream([event(0), event(1, b"type")], [event(2)])
    task, told = await agent(stream, view(engine))
    await task
    assert (told, stream.acknowledged) == ([], [0, 1, 2])
