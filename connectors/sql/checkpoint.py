"""What a stream remembers of its rows, pure: segments of bounded size, of which a checkpoint carries every one.

Every row is remembered, so nothing depends on how the plant's clocks and counters run: a row is new when it differs
from what was read last, wherever it stands. The segments keep the cost of a checkpoint to what changed.
"""

import json
from collections import ChainMap
from collections.abc import Mapping
from typing import NamedTuple

from kranhub.connector import Position
from kranhub.errors import Misconfigured
from kranhub.text import Text

LIMIT = 500_000
"""Most rows of one table that are remembered, at about 300 bytes of memory each."""

SEGMENT = 128
"""Most rows in one position of a checkpoint."""


class Known(NamedTuple):
    """A row as it was last read.

    ``changes`` counts its changes, so no two states of a row have one event id. ``key`` is the hub's key of the
    document that the row says, empty where it says none; ``kept`` is what withdrawing or adding that document takes.
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
    """A document that was told and is no longer in what is read. ``since``: seconds since 1970."""

    row: str
    since: float
    changes: int
    kept: str


class Segments:
    """Texts by id, in sets of at most `SEGMENT`; a text stays in its set."""

    def __init__(self, name: str, texts: Mapping[str, Mapping[str, str]]) -> None:
        """Take the stream's name, and what is kept by position name."""
        self._name = name
        self._sets: list[dict[str, str]] = []
        self._home: dict[str, int] = {}
        self._room: list[int] = []
        self._dirty: set[int] = set()
        self._fresh: dict[str, Position] = {}
        self._base: dict[str, Position] = {}
        for number in range(1 + max((int(place.rsplit("/", 1)[1]) for place in texts), default=-1)):
            self._sets.append(dict(texts.get(f"{name}/{number}", {})))
            self._home |= dict.fromkeys(self._sets[-1], number)
            self._room += [number] if len(self._sets[-1]) < SEGMENT else []

    def put(self, name: str, text: str) -> None:
        """Keep a text."""
        number = self._home.get(name)
        if number is None:
            number = self._home[name] = self._free()
        self._sets[number][name] = text
        self._dirty.add(number)

    def drop(self, name: str) -> None:
        """Forget a text."""
        number = self._home.pop(name, None)
        if number is not None:
            if len(self._sets[number]) == SEGMENT:
                self._room.append(number)
            del self._sets[number][name]
            self._dirty.add(number)

    def base(self, positions: Mapping[str, Position]) -> None:
        """Take the positions that hold what is kept, so that unchanged ones are not made anew."""
        self._base = dict(positions)

    def maps(self) -> tuple[Mapping[str, Position], Mapping[str, Position]]:
        """Return all positions, the changed ones first; neither map is changed later."""
        if self._dirty:
            made = {f"{self._name}/{n}": Position("", frozenset(self._sets[n].values())) for n in self._dirty}
            self._fresh = {**self._fresh, **made}
            self._dirty.clear()
        if len(self._fresh) > SEGMENT:
            self._base, self._fresh = {**self._base, **self._fresh}, {}
        return self._fresh, self._base

    def _free(self) -> int:
        while self._room and len(self._sets[self._room[-1]]) >= SEGMENT:
            self._room.pop()
        if not self._room:
            self._room.append(len(self._sets))
            self._sets.append({})
        return self._room[-1]


class Memory:
    """The rows of one stream, the documents that left it, and how far its change column was read."""

    def __init__(self, name: str, positions: Mapping[str, Position]) -> None:
        """Take the stream's name in checkpoints, and a checkpoint's positions; those of other streams are ignored."""
        self._name = name
        self.rows: dict[str, Known] = {}
        self.leaving: dict[str, Leaving] = {}
        self._members: dict[str, tuple[str, ...]] = {}
        mine = {place: held for place, held in positions.items() if place.startswith(f"{name}/")}
        self._segments = Segments(name, {place: self._restored(held) for place, held in mine.items()})
        self._segments.base(mine)
        head = json.loads(positions[name].watermark) if name in positions else {}
        self.top, self.first = head.get("top"), int(head.get("first", 0))

    def _restored(self, position: Position) -> dict[str, str]:
        texts: dict[str, str] = {}
        for text in position.seen:
            name, *fields = json.loads(text)
            if name.startswith("-"):
                self.leaving[name[1:]] = Leaving(*fields)
            else:
                self._remember(name[1:], Known(*fields))
            texts[name] = text
        return texts

    def put(self, row: str, known: Known) -> None:
        """Remember a row. Raises `Misconfigured` when there are too many."""
        if row not in self.rows and len(self.rows) >= LIMIT:
            raise Misconfigured(_too_large(self._name))
        self._remember(row, known)
        self._segments.put(f"+{row}", _text(f"+{row}", known))

    def drop(self, row: str) -> Known:
        """Forget a row that is gone. Rows that come later count from behind its last state."""
        known = self.rows.pop(row)
        self._leave_group(row, known.key)
        self._segments.drop(f"+{row}")
        self.first = max(self.first, known.changes + 1)
        return known

    def touch(self, row: str) -> None:
        """Count a change of the row's document that is none of the row: another row left it."""
        self.put(row, self.rows[row]._replace(changes=self.rows[row].changes + 1))

    def stale(self, row: str) -> None:
        """Let the row be told anew, under another id, when it is read next."""
        self.put(row, self.rows[row]._replace(digest="", changes=self.rows[row].changes + 1))

    def left(self, key: str, leaving: Leaving) -> None:
        """Remember a document that left."""
        self.leaving[key] = leaving
        self._segments.put(f"-{key}", _text(f"-{key}", leaving))

    def back(self, key: str) -> Leaving | None:
        """Forget that the document left, and return what was remembered of that."""
        self._segments.drop(f"-{key}")
        return self.leaving.pop(key, None)

    def members(self, key: str) -> tuple[str, ...]:
        """Return the rows that say the document of this key."""
        return self._members.get(key, ()) if key else ()

    def maps(self) -> tuple[Mapping[str, Position], ...]:
        """Return the positions that hold all this; none of the maps is changed later."""
        head = json.dumps({"top": self.top, "first": self.first}, separators=(",", ":"))
        return {self._name: Position(head)}, *self._segments.maps()

    def positions(self) -> Mapping[str, Position]:
        """Return the positions as one map."""
        return ChainMap(*self.maps())  # type: ignore[arg-type]

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


def _text(name: str, fields: Known | Leaving) -> str:
    return json.dumps([name, *fields], ensure_ascii=False, separators=(",", ":"))


def _too_large(name: str) -> Text:
    stream = name.partition(".")[0]
    return Text(
        en=f"The table of {stream} has more than {LIMIT} rows, too many to remember. Read a view of it that leaves out "
        "what is closed and old.",
        ru=f"В таблице {stream} больше {LIMIT} строк, столько коннектор не помнит. Читайте представление, в котором "
        "нет закрытых и старых документов.",
    )
