"""What a source that polls its ERP remembers from one poll to the next, in positions of bounded size. Pure.

Two things make polling safe, and a `PollingCursor` keeps both in the checkpoint:

- a **watermark**, from which the next poll reads. An ERP commits in another order than its clocks and counters run, so
  a poll starts an overlap before it (`poll_start`), and a timestamp that is ahead never moves it (`advanced`);
- an **entry** for every document that was published, such as its version and a digest. It shows what is new, so what
  the overlap reads again is not published again.
"""

import json
from collections import ChainMap
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from kranhub.connector import Checkpoint, Position

SEGMENT = 128
"""Most entries in one position of a checkpoint: each position is a record of its own."""

Positions = Mapping[str, Position]


class PollingCursor:
    """A stream's watermark and the entries of its documents.

    Positions are named ``<name>`` (the watermark) and ``<name>/<number>`` (at most `SEGMENT` entries each). An entry
    stays in its position, so a change costs one record, and taking a checkpoint costs nothing per document.
    """

    def __init__(self, name: str, positions: Positions) -> None:
        """Continue a stream.

        Args:
            name: The stream's name in checkpoints; with another name, or epoch in it, the source begins from the start.
            positions: Those of the last committed checkpoint; what belongs to other streams is ignored.
        """
        self._name = name
        self.watermark = positions[name].watermark if name in positions else ""
        self._base = {place: held for place, held in positions.items() if place.startswith(f"{name}/")}
        self._fresh: dict[str, Position] = {}
        self._segments: list[dict[str, str]] = []
        self._segment_of: dict[str, int] = {}
        self._with_space: list[int] = []
        self._changed: set[int] = set()
        for number in range(1 + max((int(place.rpartition("/")[2]) for place in self._base), default=-1)):
            position = self._base.get(f"{name}/{number}", Position(""))
            self._segments.append({json.loads(text)[0]: text for text in position.seen})
            self._segment_of |= dict.fromkeys(self._segments[-1], number)
            self._with_space += [number] if len(self._segments[-1]) < SEGMENT else []

    def entries(self) -> Iterator[tuple[str, list[Any]]]:
        """Yield each document's name and the fields of its entry."""
        for segment in self._segments:
            for text in segment.values():
                name, *fields = json.loads(text)
                yield name, fields

    def put(self, document: str, *fields: Any) -> None:
        """Set a document's entry; the fields must be values that JSON can hold."""
        number = self._segment_of.get(document)
        if number is None:
            number = self._segment_of[document] = self._free()
        self._segments[number][document] = json.dumps([document, *fields], ensure_ascii=False, separators=(",", ":"))
        self._changed.add(number)

    def drop(self, document: str) -> None:
        """Forget a document."""
        number = self._segment_of.pop(document, None)
        if number is not None:
            if len(self._segments[number]) == SEGMENT:
                self._with_space.append(number)
            del self._segments[number][document]
            self._changed.add(number)

    def positions(self) -> Positions:
        """Return the positions that hold all this; what is returned is not changed later."""
        if self._changed:
            made = {f"{self._name}/{n}": Position("", frozenset(self._segments[n].values())) for n in self._changed}
            self._fresh = {**self._fresh, **made}
            self._changed.clear()
        if len(self._fresh) > SEGMENT:
            self._base, self._fresh = {**self._base, **self._fresh}, {}
        head = {self._name: Position(self.watermark)} if self.watermark else {}
        return ChainMap(head, self._fresh, self._base)

    def _free(self) -> int:
        while self._with_space and len(self._segments[self._with_space[-1]]) >= SEGMENT:
            self._with_space.pop()
        if not self._with_space:
            self._with_space.append(len(self._segments))
            self._segments.append({})
        return self._with_space[-1]


def checkpoint(*positions: Positions) -> Checkpoint:
    """Return the checkpoint with these positions: those of every stream's cursor; the first of the same name counts."""
    maps = [part for found in positions for part in (found.maps if isinstance(found, ChainMap) else [found])]
    return Checkpoint(ChainMap(*maps))  # type: ignore[arg-type]


def poll_start(watermark: str, overlap: timedelta) -> datetime | None:
    """Return from when on a poll reads: an overlap before a watermark of `advanced`; None for everything."""
    return datetime.fromisoformat(watermark) - overlap if watermark else None


def advanced(watermark: str, latest: datetime | None, now: datetime) -> str:
    """Return the watermark after a poll.

    Args:
        watermark: The previous one, in ISO 8601 and UTC, or empty.
        latest: The highest timestamp that was read, aware; None where none was.
        now: When the poll began, aware. A timestamp after it does not move the watermark beyond it, so that nothing is
            hidden.
    """
    if latest is None:
        return watermark
    return max(watermark, min(latest, now).astimezone(UTC).isoformat(timespec="microseconds"))
