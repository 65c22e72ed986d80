"""A stage that counts, for the tests of the processor on a real Kafka."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kranhub.broker import topics
from kranhub.errors import KranhubError
from kranhub.settings import Settings
from streams.processor import Context, Document, Outputs, Processor, Record, State
from tools.harness.core import World

ANY: Any = "Any"
"""No record of the shared language."""


@dataclass
class Running:
    """A processor in a thread."""

    thread: threading.Thread
    stopping: threading.Event
    errors: list[BaseException]

    def error(self) -> BaseException:
        self.thread.join(60)
        assert self.errors, "the processor did not end with an error"
        return self.errors[0]


PARTITION = 2


@dataclass
class Counting:
    """Counts the records of each key and says each count; ``before`` may raise."""

    settings: Settings
    before: Callable[[Record], None] = lambda record: None
    name: str = "allocator"
    said: str = "work"
    state_version: int = 1
    seen: list[str] = field(default_factory=list)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (topics.hub(self.settings.namespace, "allocation"),)

    @property
    def changelog(self) -> str | None:
        return topics.hub(self.settings.namespace, "allocator-changelog")

    def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
        count = int(state.get(record.key) or b"0") + 1
        state.put(record.key, str(count).encode())
        outputs.send(
            topics.hub(self.settings.namespace, self.said), record.key, Document(ANY, str(count).encode(), "x")
        )
        self.before(record)
        self.seen.append(record.key)


@contextlib.contextmanager
def started(stage: Counting, around: World, instance: str = "0") -> Iterator[Running]:
    running = Running(threading.Thread(), threading.Event(), [])

    def work() -> None:
        try:
            Processor(stage, around.settings, around.codec, instance).run(running.stopping)
        except Exception as error:
            running.errors.append(error)
            if not isinstance(error, KranhubError):
                raise

    running.thread = threading.Thread(target=work)
    running.thread.start()
    try:
        yield running
    finally:
        running.stopping.set()
        running.thread.join(60)
        assert not running.thread.is_alive()


def feed(around: World, *keys: str) -> None:
    topic = topics.hub(around.settings.namespace, "allocation")
    for key in keys:
        around.producer.send(topic, key=key.encode(), value=b"x", partition=PARTITION).get(30)


def counts(around: World) -> list[tuple[str, str]]:
    """Return what was said, by key and count."""
    return sorted((message.key, (message.raw or b"").decode()) for message in around.read("hub.work"))


def bootstrap(around: World) -> str:
    return ",".join(around.producer.config["bootstrap_servers"])
