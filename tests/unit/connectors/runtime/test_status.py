"""What a task says of itself: a failure keeps its reason and its age over restarts, until the task works."""

import asyncio
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.runtime import last_status, status
from connectors.runtime.status import Reporter
from kranhub.errors import Misconfigured, Unavailable
from kranhub.text import Text

WHY, OTHER = Text(en="Broken.", ru="Сломано."), Text(en="Else.", ru="Иначе.")


class Topic:
    """The compacted topic: the last state, which survives the process."""

    def __init__(self) -> None:
        self.last: dict[str, Any] | None = None
        self.told: list[str] = []
        self.said_often = threading.Event()


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> Topic:
    found = Topic()

    def send(self: Reporter, state: str, reason: dict[str, str]) -> None:
        since = self._failed[1] if self._failed else datetime.now(UTC)
        found.last = {"state": state, "reason": reason, "changed_at": since}
        found.told.append(state)
        if len(found.told) >= 3:
            found.said_often.set()

    monkeypatch.setattr(Reporter, "_send", send)
    monkeypatch.setattr(Reporter, "_key", "erp.source")
    monkeypatch.setattr(last_status, "read", lambda context, key: found.last)
    return found


def process() -> Reporter:
    nothing: Any = None
    return Reporter(nothing, "source")


def test_a_failure_keeps_its_reason_and_its_age_over_restarts(topic: Topic) -> None:
    async def run() -> None:
        first = process()
        await first.starting()
        await first.failed(WHY)
        assert topic.last is not None
        since = topic.last["changed_at"]
        for _ in range(3):
            again = process()
            await again.starting()
            assert topic.last == {"state": "FAILED", "reason": WHY.as_map(), "changed_at": since}
            await again.failed(WHY)
            assert topic.last["changed_at"] == since
        mended = process()
        await mended.starting()
        await mended.failed(OTHER)
        assert topic.last["reason"] == OTHER.as_map()
        assert topic.last["changed_at"] > since
        await mended.running()
        assert topic.last["state"] == "RUNNING"
        await process().starting()
        assert topic.last["state"] == "STARTING"

    asyncio.run(run())
    assert topic.told[:2] == ["STARTING", "FAILED"]


def test_a_task_that_waits_for_a_person_says_so_until_it_works(topic: Topic) -> None:
    async def run() -> None:
        task = process()
        for _ in range(3):
            await task.starting()
            await task.waiting(Misconfigured(WHY))
        await task.running()
        await task.waiting(Unavailable(WHY))
        await task.starting()

    asyncio.run(run())
    assert topic.told == ["STARTING", "FAILED", "RUNNING", "BACKING_OFF", "STARTING"]


def test_without_kafka_the_last_state_is_unknown(monkeypatch: pytest.MonkeyPatch, topic: Topic) -> None:
    def away(context: Any, key: str) -> Any:
        raise OSError

    monkeypatch.setattr(last_status, "read", away)
    asyncio.run(process().starting())
    assert topic.told == ["STARTING"]


def test_a_task_says_its_state_again_until_it_has_said_its_last(topic: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "HEARTBEAT_S", 0.01)

    async def run() -> None:
        task = process()
        beating = asyncio.create_task(task.beat())
        await task.running()
        await asyncio.wait_for(asyncio.to_thread(topic.said_often.wait), 5)
        await task.stopped()
        await asyncio.wait_for(beating, 5)

    asyncio.run(run())
    assert topic.told[-2:] == ["RUNNING", "STOPPED"]


def test_an_instance_that_was_overtaken_says_nothing_more(topic: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "HEARTBEAT_S", 0.01)

    async def run() -> None:
        task = process()
        await task.running()
        await task.silent()
        await asyncio.wait_for(task.beat(), 5)

    asyncio.run(run())
    assert topic.told == ["RUNNING"]


def test_a_state_is_told_once_and_what_could_not_be_written_by_the_next_beat(
    topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "HEARTBEAT_S", 0.01)

    async def run() -> None:
        task = process()
        for _ in range(3):
            await task.running()
        assert topic.told == ["RUNNING"]
        beating = asyncio.create_task(task.beat())
        await asyncio.wait_for(asyncio.to_thread(topic.said_often.wait), 5)
        beating.cancel()

    asyncio.run(run())
    assert set(topic.told) == {"RUNNING"}
