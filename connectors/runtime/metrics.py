"""A connector's metrics on /metrics, in Prometheus' terms."""

from collections import Counter as Count
from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import Counter

from connectors.runtime.context import Context, Task

_TASK = ["member", "connector", "task"]
_EVENTS = Counter("kranhub_connector_events", "Events of a source committed to Kafka; receipts of a sink.", _TASK)
_DEAD_LETTERS = Counter("kranhub_connector_dead_letters", "Dead letters in commits, by code.", [*_TASK, "code"])
_COMMITS = Counter("kranhub_connector_commits", "Transactions committed, empty checkpoints among them.", _TASK)


class Metrics:
    """The metrics of one task in this process."""

    def __init__(self, context: Context, task: Task) -> None:
        """Make the task's series known, with zeros."""
        self._labels = (context.member, context.loaded.name, task)
        self._events, self._commits = _EVENTS.labels(*self._labels), _COMMITS.labels(*self._labels)

    def committed(self, events: int, dead_letters: Iterable[Mapping[str, Any]] = ()) -> None:
        """Count a committed transaction: its events without the dead letters, and the dead letters."""
        self._commits.inc()
        self._events.inc(events)
        for code, count in Count(dead_letter["code"] for dead_letter in dead_letters).items():
            _DEAD_LETTERS.labels(*self._labels, code).inc(count)
