"""The engines that are compared, and how each is started."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from benchmarks import peers
from benchmarks.kafka_streams import build
from benchmarks.task import Task
from kranhub.text import Text

GROUP = "bench.core."

MANY = 300_000
"""How many orders the fast engines get: one topic serves them all."""


def _python(module: str) -> Callable[[Task], Sequence[str]]:
    return lambda task: [sys.executable, "-m", f"benchmarks.engines.{module}", task.dump()]


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine. ``orders`` are enough for 5 to 10 s; ``start`` gives the command of a task.

    ``prepare`` makes it ready once per run, and returns why it cannot run here, or None.
    """

    name: str
    title: str
    orders: int
    start: Callable[[Task], Sequence[str]]
    workers: int = 1
    stateful: bool = False
    options: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[], Text | None] = lambda: None

    def task(self, bootstrap: str, run: str, source: str, folder: str) -> Task:
        """Return the task of one run, under names that no other run has; the engine may keep files in the folder."""
        return Task(
            bootstrap,
            source,
            target=f"bench.{run}-out",
            group=f"{GROUP}{run}",
            changelog=f"bench.{run}-changelog" if self.stateful else None,
            folder=folder,
            options=self.options,
        )

    def command(self, task: Task, number: int) -> Sequence[str]:
        """Return the command of worker ``number``."""
        return self.start(replace(task, instance=str(number)))


ENGINES = (
    Engine("raw", "raw librdkafka loop (confluent-kafka)", MANY, _python("raw_librdkafka")),
    Engine("ours", "kranhub streams.processor", MANY, _python("ours")),
    Engine(
        "ours_in_place",
        "kranhub, cutting the parts out of the order's bytes",
        MANY,
        _python("ours"),
        options={"split": "in_place"},
    ),
    Engine("ours_stateful", "kranhub with keyed state and changelog", MANY, _python("ours"), stateful=True),
    Engine("ours_two_workers", "kranhub, two workers", MANY, _python("ours"), workers=2),
    Engine("kafka_streams", "Kafka Streams (Java, 1 stream thread)", MANY, build.command, prepare=build.prepare),
    Engine(
        "quix",
        "Quix Streams",
        120_000,
        peers.quix,
        options={"commit_every": "2000", "commit_interval": "0.5"},
        prepare=peers.prepare,
    ),
    Engine("kafka_python", "kafka-python loop", 40_000, _python("kafka_python_loop")),
    Engine("faust", "Faust, exactly_once", 20_000, _python("faust_engine")),
)


def named(name: str) -> Engine:
    """Return an engine by its name."""
    return next(engine for engine in ENGINES if engine.name == name)


LATENCY = (
    named("ours"),
    replace(named("kafka_streams"), title="Kafka Streams, as it comes (commit.interval.ms=100)"),
    replace(
        named("kafka_streams"),
        name="kafka_streams_20",
        title="Kafka Streams, commit.interval.ms=20",
        options={"commit.interval.ms": "20"},
    ),
    replace(
        named("quix"),
        title="Quix Streams, commit_interval=0.02",
        options={"commit_every": "0", "commit_interval": "0.02", "linger.ms": "0"},
    ),
)
"""The engines whose latency is compared. Quix Streams commits as often as Kafka Streams at its better setting; no other
was tried."""
