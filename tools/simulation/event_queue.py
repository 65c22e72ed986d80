"""The queue of what a plant's ERP does next, by its time: each step writes documents. Pure."""

import heapq
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import Any, NamedTuple

from tools.simulation.random_values import random_for
from tools.simulation.timetable import DOWN_UNTIL, MINUTE, is_down

REPEATS = 0.01
"""The share of documents that are sent once more, a little later."""

REPEATS_AFTER = 20 * MINUTE


class Document(NamedTuple):
    """A document of the plant. The same ``event_id`` again is a repeat."""

    subject: str
    key: str
    event_id: str
    value: Mapping[str, Any]


Step = Callable[[datetime], Iterator[Document]]
"""Does the step at its time, and yields the documents that the plant sends."""


class EventQueue:
    """One plant's steps in the order of their time."""

    def __init__(self, plant: str, seed: int) -> None:
        """Start empty."""
        self.plant, self.seed = plant, seed
        self._steps: list[tuple[datetime, int, Step]] = []
        self._numbers = count()
        self._repeated: set[str] = set()

    @property
    def next_due(self) -> datetime | None:
        """When there is something to do next."""
        return self._steps[0][0] if self._steps else None

    def at(self, due: datetime, step: Step) -> None:
        """Plan a step."""
        heapq.heappush(self._steps, (due, next(self._numbers), step))

    def run(self, now: datetime) -> Iterator[Document]:
        """Yield the documents that are due, in their order; nothing while the ERP is off."""
        while self._steps and self._steps[0][0] <= now and not is_down(self.plant, now):
            due, _, step = heapq.heappop(self._steps)
            at = DOWN_UNTIL if is_down(self.plant, due) else due
            for document in step(at):
                yield document
                self._perhaps_again(document, at)

    def document(self, subject: str, number: str, version: object, value: Mapping[str, Any]) -> Document:
        """Return a version of a document under the plant's id of it.

        Args:
            subject: The document's subject.
            number: Its key.
            version: What distinguishes its versions.
            value: Its content.
        """
        return Document(subject, number, f"{self.plant}/{subject}/{number}/0/{version}", value)

    def _perhaps_again(self, document: Document, at: datetime) -> None:
        if (
            document.event_id in self._repeated
            or random_for(self.seed, "repeat", document.event_id).random() >= REPEATS
        ):
            return
        self._repeated.add(document.event_id)
        self.at(at + REPEATS_AFTER, emitting(document))


def emitting(document: Document) -> Step:
    """Return the step that yields just this document."""

    def step(_at: datetime) -> Iterator[Document]:
        yield document

    return step
