"""What was told, kept in the checkpoint. Pure."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from datetime import datetime

from kranhub import polling
from kranhub.connector import Checkpoint, Position
from kranhub.polling import PollingCursor
from kranhub.wire.messages import Subject


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
    """Every document that was told, as the checkpoint holds it: a cursor for each kind of document."""

    def __init__(self, since: Checkpoint | None, epoch: int) -> None:
        self.positions: dict[str, Position] = dict(since.positions) if since else {}
        self._epoch = epoch
        self._cursors: dict[Subject, PollingCursor] = {}
        self._told: dict[Subject, dict[str, Told]] = {}

    def told(self, subject: Subject) -> dict[str, Told]:
        """Return what was told of each document of a kind."""
        if subject not in self._told:
            cursor = self._cursors[subject] = PollingCursor(f"{subject}#{self._epoch}", self.positions)
            self._told[subject] = {native: Told(*fields) for native, fields in cursor.entries()}
        return self._told[subject]

    def get(self, subject: Subject, native: str) -> Told | None:
        """Return what was told of the document."""
        return self.told(subject).get(native)

    def remember(self, subject: Subject, native: str, told: Told) -> None:
        """Take a document's new state into the checkpoint."""
        self.told(subject)[native] = told
        self._cursors[subject].put(native, *astuple(told))

    def forget(self, subject: Subject, native: str) -> None:
        """Take a document out of the checkpoint."""
        self.told(subject).pop(native, None)
        self._cursors[subject].drop(native)

    def active(self, subject: Subject) -> Iterator[tuple[str, Told]]:
        """Yield the documents that were told as active."""
        yield from [(native, told) for native, told in self.told(subject).items() if told.active]

    def checkpoint(self) -> Checkpoint:
        """Return where to resume."""
        return polling.checkpoint(*(cursor.positions() for cursor in self._cursors.values()), dict(self.positions))
