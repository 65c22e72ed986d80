"""What a task says of itself: a failure keeps its reason and its age over restarts, until the task works."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.runtime import laststate
from connectors.runtime.status import Reporter
from kranhub.errors import Misconfigured, Unavailable
from kranhub.text import Text

WHY, OTHER = Text(en="Broken.", ru="Сломано."), Text(en="Else.", ru="Иначе.")


class Topic:
    """The compacted topic: the last state, which survives the process."""

    def __init__(self) -> None:
        self.last: dict[str, Any] | None = None
        self.told: list[str] = []


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> Topic:
    found = Topic()

    def send(self: Reporter, state: str, reason: dict[str, str]) -> None:
        since = self._failed[1] if self._failed else datetime.now(UTC)
        found.last = {"state": state, "reason": reason, "changed_at": since}
        found.told.append(state)

    monkeypatch.setattr(Reporter, "_send", send)
    monkeypatch.setattr(Reporter, "_key", "erp.source")
    monkeypatch.setattr(laststate, "read", lambda context, key: found.last)
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

    monkeypatch.setattr(laststate, "read", away)
    asyncio.run(process().starting())
    assert topic.told == ["STARTING"]
