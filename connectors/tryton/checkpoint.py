"""What was looked at and told of every document, kept in the checkpoint in records of bounded size. Pure.

An ERP's time stamps only help to find soon what changed; what is new is decided here, by comparing versions. A segment
holds the documents of `SEGMENT` neighbouring ids.
"""

import json
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass

from kranhub.connector import Position

SEGMENT = 128
Positions = MutableMapping[str, Position]


@dataclass(frozen=True, slots=True)
class Entry:
    """One document: the version and a digest of the content that were told last.

    ``count`` is how often something was told that the ERP's own version cannot tell apart. ``facts`` is what is needed
    to withdraw the document, empty where there is nothing to withdraw, and ``missing_since`` the moment, in ISO 8601,
    since which it has been out of the connector's sight.
    """

    version: str
    content: str = ""
    count: int = 0
    facts: tuple[str, ...] = ()
    missing_since: str = ""


class Told:
    """The entries of one stream, by the document's key in the ERP: an id, or an id, a point and a part of it."""

    def __init__(self, name: str, positions: Positions) -> None:
        """Take up the stream's positions; every change is written into them."""
        self._prefix, self._positions = f"{name}/", positions
        self._entries: dict[str, Entry] = {}
        self._texts: dict[int, dict[str, str]] = {}
        self._active: set[int] = set()
        for place, position in positions.items():
            if place.startswith(self._prefix):
                self._take_up(position)

    def get(self, native: str) -> Entry | None:
        """Return what was told last of the document, or None."""
        return self._entries.get(native)

    def put(self, native: str, entry: Entry) -> None:
        """Remember what was told last."""
        if self._entries.get(native) == entry:
            return
        segment = self._remember(native, entry)
        self._positions[f"{self._prefix}{segment}"] = Position("", frozenset(self._texts[segment].values()))

    def active(self, after: int, limit: int) -> list[int]:
        """Return the next ids of documents that could be withdrawn, rising."""
        return sorted(record for record in self._active if record > after)[:limit]

    def missing(self) -> Iterator[int]:
        """Yield the ids of documents that are out of sight."""
        return (record for record in sorted(self._active) if self._entries[str(record)].missing_since)

    def _take_up(self, position: Position) -> None:
        for text in position.seen:
            native, version, content, count, facts, missing_since = json.loads(text)
            self._remember(native, Entry(version, content, count, tuple(facts), missing_since))

    def _remember(self, native: str, entry: Entry) -> int:
        record = int(native.partition(".")[0])
        segment = record // SEGMENT
        self._entries[native] = entry
        self._texts.setdefault(segment, {})[native] = _text(native, entry)
        (self._active.add if entry.facts else self._active.discard)(record)
        return segment


def _text(native: str, entry: Entry) -> str:
    words = [native, entry.version, entry.content, entry.count, entry.facts, entry.missing_since]
    return json.dumps(words, ensure_ascii=False, separators=(",", ":"))
