"""Turns rows that were read into events: what differs, whose document it is, what left. Pure.

One document is sent by one row. Two rows of stock with one code and site are added; where two rows of another table
have one key, neither is sent and both are named in a dead letter: only a person can decide which of them is right.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, unquote

import structlog

from connectors.sql import documents
from connectors.sql.changes import Versions, spelled
from connectors.sql.checkpoint import Known, Leaving, Memory
from connectors.sql.error_codes import SqlCode
from connectors.sql.mapping import NULL, Document, OrderStream, Snapshot, Stream
from kranhub.connector import Checkpoint, Event, Unreadable
from kranhub.errors import Code, InvalidDocument
from kranhub.text import Text

log = structlog.get_logger()

TWIN = "%TWIN"
"""The separator behind the key of a row whose whole key another row has as well; "%T" never occurs in quoted text."""

Item = Event | Unreadable


@dataclass(frozen=True, slots=True)
class _RowContent:
    """The content of a row: a document and its key, or what is wrong with it, or neither.

    ``finished``: the key of the document that ended well with the row.
    """

    key: str = ""
    document: Document | None = None
    finished: str = ""
    time: datetime | None = None
    error: InvalidDocument | None = None


class RowComparison:
    """Compares the rows of one stream with what is remembered of them."""

    def __init__(self, stream: Stream, memory: Memory, epoch: int, versions: Versions | None) -> None:
        """Take the stream, what is remembered, the epoch of event ids, and the versions where there is a column."""
        self._stream, self._memory, self._epoch, self._versions = stream, memory, epoch, versions
        self._met: set[str] = set()
        self._paged: dict[str, int] = {}
        self._rows_of_key: dict[str, set[str]] = {}
        self._held: dict[str, Known] = {}
        self._adds = stream.subject == "InventoryLevel"

    def begin(self) -> None:
        """Begin to compare the whole table."""
        self._met.clear()
        self._paged.clear()

    def foresee(self, found: dict[str, set[str]], snapshots: Sequence[Snapshot], now: datetime) -> None:
        """Note which rows have which key, before any of them is sent.

        Args:
            found: The rows by key, which this adds to.
            snapshots: A page of the whole table.
            now: The time of the read, in UTC.
        """
        for row, snapshot in self._named(snapshots, paged=True):
            content = _row_content(self._stream, snapshot, now)
            if content.document is not None:
                found.setdefault(content.key, set()).add(row)

    def expect(self, found: dict[str, set[str]]) -> None:
        """Publish documents of several rows only when all of these were read."""
        for key, rows in found.items():
            if len(rows) > 1:
                self._rows_of_key.setdefault(key, set()).update(rows)

    def learn(self, snapshots: Sequence[Snapshot], now: datetime, *, paged: bool) -> Iterator[Item]:
        """Yield what is new in these rows; when an item is yielded, it is remembered.

        Args:
            snapshots: The rows.
            now: The time of the read, in UTC.
            paged: Whether they are a page of the whole table.

        Raises:
            Misconfigured: When there are too many rows.
        """
        changed: list[tuple[str, Snapshot, Known, _RowContent]] = []
        together: dict[str, set[str]] = {}
        for row, snapshot in self._named(snapshots, paged=paged):
            self._met.add(row)
            state = self._state(row, snapshot)
            if state is None:
                continue
            content = _row_content(self._stream, snapshot, now)
            changed.append((row, snapshot, state, content))
            if content.document is not None and content.key not in self._rows_of_key:
                together.setdefault(content.key, set()).add(row)
        self.expect(together)
        for row, snapshot, state, content in changed:
            yield from self._changed(row, snapshot, state, content, now)

    def finish(self, now: datetime) -> Iterator[Item]:
        """Yield what follows from rows that no longer exist, after the whole table was read."""
        for row in [row for row in self._memory.rows if row not in self._met]:
            gone = self._memory.drop(row)
            yield from self._left(row, gone, gone.changes, now)
        self._held.clear()
        self._rows_of_key.clear()
        self.begin()

    def due(self, now: datetime, after: float) -> Iterator[Item]:
        """Yield a withdrawal for every document that left more than ``after`` seconds ago."""
        for key, leaving in self._due(now, after):
            self._memory.back(key)
            if not self._memory.members(key):
                log.warning("told as withdrawn", table=self._stream.settings.table, document=key)
                document = documents.withdrawn(self._stream, key, leaving.kept, now)
                version = f"withdrawn-{_hash(leaving.row)}.{leaving.changes}"
                yield self._event(key, leaving.row, version, document, None)

    def vanished(self, now: datetime, after: float) -> int:
        """Return how many orders would now be withdrawn because their rows vanished; a draft is a row that exists.

        Args:
            now: The present time, in UTC.
            after: How many seconds a document may be away before it is withdrawn.
        """
        if self._stream.subject != "Order":
            return 0
        return sum(leaving.row not in self._memory.rows for _, leaving in self._due(now, after))

    def _due(self, now: datetime, after: float) -> list[tuple[str, Leaving]]:
        left = sorted(self._memory.leaving.items(), key=lambda item: (item[1].since, item[0]))
        return [(key, leaving) for key, leaving in left if now.timestamp() - leaving.since >= after]

    def _named(self, snapshots: Sequence[Snapshot], *, paged: bool) -> Iterator[tuple[str, Snapshot]]:
        """Yield the rows with their names; rows with one whole key get a name each, in pages of the whole table."""
        if paged:
            for snapshot in sorted(snapshots, key=Snapshot.digest) if self._share_a_key(snapshots) else snapshots:
                key = self._stream.native_key(snapshot.row)
                number = self._paged[key] = self._paged.get(key, -1) + 1
                yield f"{key}{TWIN}{number}" if number else key, snapshot
            return
        for snapshot in snapshots:
            key = self._stream.native_key(snapshot.row)
            if f"{key}{TWIN}1" not in self._memory.rows:
                yield key, snapshot

    def _share_a_key(self, snapshots: Sequence[Snapshot]) -> bool:
        keys = [self._stream.native_key(snapshot.row) for snapshot in snapshots]
        return len(set(keys)) < len(keys)

    def _state(self, row: str, snapshot: Snapshot) -> Known | None:
        """Return the row's new state, or None where nothing changed."""
        known, version, digest = self._memory.rows.get(row), self._stream.version(snapshot.row), snapshot.digest()
        if known is not None and (known.version, known.digest) == (spelled(version), digest):
            return None
        count = self._memory.first if known is None else known.changes + bool(known.digest)
        return Known(spelled(version), digest, count)

    def _changed(
        self, row: str, snapshot: Snapshot, state: Known, content: _RowContent, now: datetime
    ) -> Iterator[Item]:
        self._warn_ahead(row, snapshot, now)
        before = self._memory.rows.get(row)
        if content.finished:
            before = self._forgotten(content.finished, before)
        if content.document is not None:
            kept = documents.kept(self._stream.subject, content.document)
            state = state._replace(key=content.key, kept=kept)
        elif content.error is not None and not self._is_withdrawn(snapshot):
            state = self._standing(row, before, state)
        if self._must_wait(row, state):
            self._held[row] = state
            self._memory.put(row, state._replace(digest=""))
        else:
            self._memory.put(row, state)
        if before is not None and before.key != state.key:
            yield from self._key_changed(row, before, state, now)
        if content.error is not None:
            yield self._unreadable_row(snapshot, row, state, content.error)
        elif content.document is not None and row not in self._held:
            yield from self._publish(row, state, content)

    def _forgotten(self, key: str, before: Known | None) -> Known | None:
        """Forget a finished document: it is not waited for, and its row has nothing left that could be withdrawn."""
        self._memory.back(key)
        return before._replace(kept="") if before is not None and before.key == key else before

    def _standing(self, row: str, before: Known | None, state: Known) -> Known:
        """Return the state of a row that cannot be read: it keeps its last document, also one that it has just left."""
        if before is not None and before.key:
            return state._replace(key=before.key, kept=before.kept)
        key, leaving = next(((key, left) for key, left in self._memory.leaving.items() if left.row == row), ("", None))
        self._memory.back(key)
        return state._replace(key=key, kept=leaving.kept) if leaving else state

    def _key_changed(self, row: str, before: Known, state: Known, now: datetime) -> Iterator[Item]:
        """Yield what follows for the row's former document; until then the row itself counts as unread."""
        kept = self._memory.rows[row]
        self._memory.put(row, state._replace(digest=""))
        yield from self._left(row, before, state.changes, now)
        self._memory.put(row, kept)

    def _must_wait(self, row: str, state: Known) -> bool:
        """Return whether other rows of the same document are still to be read."""
        missing = self._rows_of_key.get(state.key)
        if missing is None:
            return False
        missing.discard(row)
        if missing:
            return True
        del self._rows_of_key[state.key]
        for member in self._memory.members(state.key):
            if member in self._held:
                self._memory.put(member, self._held.pop(member))
        return False

    def _publish(self, row: str, state: Known, content: _RowContent) -> Iterator[Item]:
        assert content.document is not None  # noqa: S101  (only documents are published)
        leaving, members = self._memory.back(content.key), self._memory.members(content.key)
        if len(members) > 1:
            yield self._together(content.key, members, content.time)
        elif not (leaving and not self._adds and leaving.kept and _content(leaving.kept) == _content(state.kept)):
            yield self._event(content.key, row, state.tail, content.document, content.time)

    def _left(self, row: str, before: Known, count: int, now: datetime) -> Iterator[Item]:
        """Yield what follows where a row no longer makes the document that it made before."""
        others = self._memory.members(before.key)
        if others and self._adds:
            self._memory.touch(others[0])
            yield self._together(before.key, others, None)
        elif len(others) == 1:
            self._memory.stale(others[0])
        elif not others and before.kept:
            log.warning("is no longer in what is read", table=self._stream.settings.table, document=before.key)
            self._memory.left(before.key, Leaving(row, now.timestamp(), count, before.kept))

    def _together(self, key: str, rows: Sequence[str], time: datetime | None) -> Item:
        """Return the document of several rows: their sum, or a dead letter that names them."""
        known = [self._memory.rows[row] for row in sorted(rows)]
        version = _hash(*(f"{row}/{state.tail}" for row, state in zip(sorted(rows), known, strict=True)))
        try:
            if not self._adds:
                raise self._ambiguous(key, rows)
            document = documents.added(self._stream, key, [state.kept for state in known])
            return self._event(key, min(rows), version, document, time)
        except InvalidDocument as error:
            table, named = self._stream.settings.table, self._rows(rows)
            text = Text(
                en=f"{error.text.en} Rows of {table}: {named}.", ru=f"{error.text.ru} Строки таблицы {table}: {named}."
            )
            content = {"table": table, "key": key, "rows": sorted(rows)}
            original = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
            return self._unreadable(quote(key, safe=""), version, key, error.code, text, original)

    def _ambiguous(self, key: str, rows: Sequence[str]) -> InvalidDocument:
        return InvalidDocument(
            SqlCode.TWO_ROWS_ONE_KEY,
            Text(
                en=f"{len(rows)} rows say the same document {key!r}, so none of them is told. Delete or correct all "
                "but one.",
                ru=f"{len(rows)} строки относятся к одному документу {key!r}, поэтому ни одна не передана. Удалите или "
                "исправьте все, кроме одной.",
            ),
        )

    def _rows(self, rows: Sequence[str]) -> str:
        return "; ".join(self.row_text(row) for row in sorted(rows))

    def row_text(self, row: str) -> str:
        """Return the row's key for a person, such as ``id=5``."""
        values = ["NULL" if part == NULL else unquote(part) for part in row.partition(TWIN)[0].split(",")]
        return ", ".join(f"{column}={value}" for column, value in zip(self._stream.settings.key, values, strict=False))

    def _unreadable_row(self, snapshot: Snapshot, row: str, state: Known, error: InvalidDocument) -> Unreadable:
        key, original = self._stream.native_key(snapshot.row), snapshot.original(self._stream.settings.table)
        return self._unreadable(row, state.tail, key, error.code, error.text, original)

    def _unreadable(self, name: str, version: str, key: str, code: Code, text: Text, original: bytes) -> Unreadable:
        event_id = f"{self._prefix}/{name}/{self._epoch}/{version}"
        return Unreadable(event_id, key, self._stream.subject, code, text.as_map(), original, Checkpoint())

    def _event(self, key: str, row: str, version: str, document: Document, time: datetime | None) -> Event:
        """Return the event. Stock has the identity of its code and site, whichever rows hold it."""
        name = quote(key, safe="") if self._adds else row
        event_id = f"{self._prefix}/{name}/{self._epoch}/{version}"
        return Event(event_id, key, self._stream.subject, self._stream.member.id, document, time)

    @property
    def _prefix(self) -> str:
        return f"{self._stream.member.id}/{self._stream.subject}"

    def _is_withdrawn(self, snapshot: Snapshot) -> bool:
        """Return whether an order has a status that the configuration does not map: then it is no order of ours."""
        return isinstance(self._stream, OrderStream) and not self._stream.stands(snapshot.row)

    def _warn_ahead(self, row: str, snapshot: Snapshot, now: datetime) -> None:
        version = self._stream.version(snapshot.row)
        if self._versions is not None and self._versions.ahead(version, now):
            log.warning(
                "clock-ahead: a row is stamped later than the database's own time; it hides nothing, but correct the "
                "clock of the program that wrote it",
                table=self._stream.settings.table,
                row=self.row_text(row),
                stamped=str(version),
            )


def _row_content(stream: Stream, snapshot: Snapshot, now: datetime) -> _RowContent:
    try:
        made = stream.document(snapshot, now)
        if made is None:
            return _RowContent(finished=stream.finished(snapshot.row))
        return _RowContent(*made, time=stream.changed_at(snapshot.row))
    except InvalidDocument as error:
        return _RowContent(error=error)


def _content(kept: str) -> str | None:
    return json.loads(kept)[0] if kept else None


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:12]
