"""What was told, kept in the checkpoint: bounded positions, since every position is one record. Pure."""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from kranhub.connector import Checkpoint, Position
from kranhub.wire.messages import Subject

BUCKETS = 256
"""Positions per kind of document: 100,000 documents give about 400 entries each."""


@dataclass(frozen=True, slots=True)
class Told:
    """The last that was told of a document.

    ``count`` rises with every change, so that no id repeats. ``active``: an order that people still wait for, with its
    wanted day; ``gone``: since when it is not read any more.
    """

    digest: str
    count: int
    active: bool = False
    wanted: str = ""
    gone: str = ""

    def gone_since(self, now: datetime) -> "Told":
        """Return it as gone from now on."""
        return replace(self, gone=now.isoformat())


class Memory:
    """Every document that was told, as the checkpoint holds it."""

    def __init__(self, since: Checkpoint | None, epoch: int) -> None:
        self._epoch = epoch
        self.positions: dict[str, Position] = dict(since.positions) if since else {}
        self.told: dict[str, dict[str, Told]] = {}
        for name, position in self.positions.items():
            subject, _, rest = name.partition(".")
            if rest.endswith(f"#{epoch}"):
                for entry in position.seen:
                    native, *fields = json.loads(entry)
                    self.told.setdefault(subject, {})[native] = Told(*fields)

    def get(self, subject: Subject, native: str) -> Told | None:
        """Return what was told of the document."""
        return self.told.get(subject, {}).get(native)

    def remember(self, subject: Subject, native: str, told: Told) -> None:
        """Take a document's new state into the checkpoint."""
        before = self.get(subject, native)
        self.told.setdefault(subject, {})[native] = told
        name = self.bucket(subject, native)
        seen = self.positions.get(name, Position("")).seen
        if before is not None:
            seen = seen - {_entry(native, before)}
        self.positions[name] = Position("", seen | {_entry(native, told)})

    def active(self, subject: Subject) -> Iterator[tuple[str, Told]]:
        """Yield the documents that were told as active."""
        yield from [(native, told) for native, told in self.told.get(subject, {}).items() if told.active]

    def checkpoint(self) -> Checkpoint:
        """Return where to resume."""
        return Checkpoint(dict(self.positions))

    def bucket(self, subject: Subject, native: str) -> str:
        """Return the position that holds this document."""
        return f"{subject}.{zlib.crc32(native.encode()) % BUCKETS:02x}#{self._epoch}"


def _entry(native: str, told: Told) -> str:
    return json.dumps([native, told.digest, told.count, told.active, told.wanted, told.gone], ensure_ascii=False)
