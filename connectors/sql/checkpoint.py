"""What a stream remembers of its rows, in the entries of a `PollingCursor`. Pure.

Every row is remembered, so nothing depends on how the plant's clocks and counters run: a row is new when it differs
from what was read last, wherever it is.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

from kranhub.connector import Position
from kranhub.errors import Misconfigured
from kranhub.polling import PollingCursor
from kranhub.text import Text

LIMIT = 500_000
"""The most rows of one table that are remembered, at about 300 bytes of memory each."""


class Known(NamedTuple):
    """A row as it was last read.

    Attributes:
        version: The value of its change column.
        digest: A hash of its content; empty where it must be read again.
        changes: How often it has changed, so that no two states of a row have one event id.
        key: The hub's key of the document that the row makes; empty where it makes none.
        kept: What withdrawing or adding that document takes.
    """

    version: str
    digest: str
    changes: int
    key: str = ""
    kept: str = ""

    @property
    def tail(self) -> str:
        """The last part of an event id."""
        return f"{self.version}-{self.digest}.{self.changes}"


class Leaving(NamedTuple):
    """A document that was sent and is no longer in what is read.

    Attributes:
        row: The row that made it.
        since: When it left, in seconds since 1970.
        changes: How often the row had changed.
        kept: What withdrawing the document takes.
    """

    row: str
    since: float
    changes: int
    kept: str


class Memory:
    """The rows of one stream, the documents that left it, and how far its change column was read."""

    def __init__(self, name: str, positions: Mapping[str, Position]) -> None:
        """Take the stream's name in checkpoints, and a checkpoint's positions; those of other streams are ignored."""
        self._name = name
        self.rows: dict[str, Known] = {}
        self.leaving: dict[str, Leaving] = {}
        self._members: dict[str, tuple[str, ...]] = {}
        self._cursor = PollingCursor(name, positions)
        for entry, fields in self._cursor.entries():
            if entry.startswith("-"):
                self.leaving[entry[1:]] = Leaving(*fields)
            else:
                self._remember(entry[1:], Known(*fields))
        head = json.loads(self._cursor.watermark) if self._cursor.watermark else {}
        self.top, self.first = head.get("top"), int(head.get("first", 0))

    def put(self, row: str, known: Known) -> None:
        """Remember a row.

        Raises:
            Misconfigured: When there are too many rows.
        """
        if row not in self.rows and len(self.rows) >= LIMIT:
            raise Misconfigured(_too_large(self._name))
        self._remember(row, known)
        self._cursor.put(f"+{row}", *known)

    def drop(self, row: str) -> Known:
        """Forget a row that no longer exists. Rows that come later count from behind its last state."""
        known = self.rows.pop(row)
        self._leave_group(row, known.key)
        self._cursor.drop(f"+{row}")
        self.first = max(self.first, known.changes + 1)
        return known

    def touch(self, row: str) -> None:
        """Count a change of the row's document that is none of the row: another row left it."""
        self.put(row, self.rows[row]._replace(changes=self.rows[row].changes + 1))

    def stale(self, row: str) -> None:
        """Let the row be sent again, under another id, when it is read next."""
        self.put(row, self.rows[row]._replace(digest="", changes=self.rows[row].changes + 1))

    def left(self, key: str, leaving: Leaving) -> None:
        """Remember a document that left."""
        self.leaving[key] = leaving
        self._cursor.put(f"-{key}", *leaving)

    def back(self, key: str) -> Leaving | None:
        """Forget that the document left, and return what was remembered of that."""
        self._cursor.drop(f"-{key}")
        return self.leaving.pop(key, None)

    def members(self, key: str) -> tuple[str, ...]:
        """Return the rows that make the document of this key."""
        return self._members.get(key, ()) if key else ()

    def positions(self) -> Mapping[str, Position]:
        """Return the positions that hold all this; what is returned is not changed later."""
        self._cursor.watermark = json.dumps({"top": self.top, "first": self.first}, separators=(",", ":"))
        return self._cursor.positions()

    def _remember(self, row: str, known: Known) -> None:
        before = self.rows.get(row)
        if before is None or before.key != known.key:
            self._leave_group(row, before.key if before else "")
            if known.key:
                self._members[known.key] = (*self._members.get(known.key, ()), row)
        self.rows[row] = known

    def _leave_group(self, row: str, key: str) -> None:
        if key:
            rest = tuple(member for member in self._members[key] if member != row)
            if rest:
                self._members[key] = rest
            else:
                del self._members[key]


def _too_large(name: str) -> Text:
    stream = name.partition(".")[0]
    return Text(
        en=f"The table of {stream} has more than {LIMIT} rows, too many to remember. Read a view of it that leaves out "
        "what is closed and old.",
        ru=f"В таблице {stream} больше {LIMIT} строк, столько коннектор не помнит. Читайте представление, в котором "
        "нет закрытых и старых документов.",
    )
