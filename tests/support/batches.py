"""A batch without Kafka: a stage made of one function, a registry that is played, and the letters that came out."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import structlog

from kranhub.errors import Misconfigured
from kranhub.text import Text
from kranhub.wire import schema_files
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry
from streams.processor import Context, Outputs, Record, Stage, State
from streams.processor.batch import Batch
from streams.processor.outputs import ProducerRecord
from streams.processor.state.store import Store
from tests.support.fields import fields

NAMESPACE = "t."
TIME_MS = 1_795_509_000_000
WORK, EVENTS, LETTERS = "t.hub.work", "t.hub.events", "t.hub.dead-letters"
RECORDS = list(schema_files.load_all())

Process = Callable[..., Any]
"""A stage's function; a test may give it any types, right or wrong."""


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Iterator[None]:
    """Keep what is logged of planted defects off the screen; import it where they are planted."""
    with structlog.testing.capture_logs():
        yield


def _answer(request: httpx.Request) -> httpx.Response:
    kind, _, name = request.url.path.removeprefix("/").rpartition("/")
    if kind == "subjects":
        return httpx.Response(200, json={"id": RECORDS.index(name.removeprefix("kranhub.")) + 1})
    return httpx.Response(200, json={"schema": json.dumps(schema_files.load_all()[RECORDS[int(name) - 1]])})


CODEC = Codec(Registry("http://registry", transport=httpx.MockTransport(_answer)))


@dataclass
class Doing:
    """A stage that does what it is given."""

    function: Process
    changelog: str | None = "t.hub.planner-changelog"
    name: str = "planner"
    inputs: tuple[str, ...] = (WORK,)
    state_version: int = 1

    def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
        return self.function(record, state, outputs, ctx)  # type: ignore[no-any-return]


def partitions(topic: str) -> int:
    """Say how many partitions a topic has; one topic is missing, as `clients.partition_counts` would say it."""
    if topic.endswith("nowhere"):
        raise Misconfigured(Text(en=f"The topic {topic} does not exist.", ru=f"Топика {topic} нет."))
    return 6


def batch(
    function: Process | Stage, store: Store | None = None, count: Callable[[str], int] = partitions, **stage: Any
) -> Batch:
    """Return an empty batch of a stage over the state of partition 0."""
    made = Doing(function, **stage) if callable(function) else function
    return Batch(made, CODEC, NAMESPACE, {0: Store() if store is None else store}, count)


def record(
    offset: int = 0,
    key: str = "k",
    value: bytes | None = b"v",
    topic: str = WORK,
    headers: Iterable[tuple[str, bytes]] = (),
) -> Record:
    """Return a record of partition 0."""
    return Record(topic, 0, offset, key, value, list(headers), TIME_MS)


def value(said: ProducerRecord) -> Any:
    """Return the fields of what was said."""
    return fields(CODEC.decode(said.value or b""))


def dead_letters(of: Batch, topic: str = LETTERS) -> list[Any]:
    """Return the dead letters that the batch says."""
    return [value(said) for said in of.outputs if said.topic == topic]


def sent_records(of: Batch) -> list[ProducerRecord]:
    """Return the outputs that are no dead letters."""
    return [one for one in of.outputs if b"kranhub.DeadLetter" not in [value for _, value in one.headers or ()]]
