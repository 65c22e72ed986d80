"""The master data that a stage has seen, kept in its own state, so that a replay decides the same again."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from kranhub.wire.messages import MasterDataKind
from streams.processor import Record, State
from streams.routing.masterdata import entries
from streams.routing.masterdata.entries import Entry
from streams.routing.masterdata.masterdata import MasterData
from streams.tables import Table

TYPE = "kranhub.MasterDataEntry"

_CACHED = 4
"""How many values of master data stay in memory: partitions read a publication at about the same time, but not
at once."""


class _Head(NamedTuple):
    """What there was so far.

    Attributes:
        change: How many changes.
        publication: How many publications.
        digest: A digest of all entries in the order in which they came.
    """

    change: int = 0
    publication: int = 0
    digest: str = ""


class _Slot(NamedTuple):
    """An entry.

    Attributes:
        publication: The publication from which on it counts.
        before: What it was before; None where there was none.
        entry: The entry.
    """

    publication: int
    before: Entry | None
    entry: Entry

    def as_of(self, publication: int) -> Entry | None:
        """Return the entry as of a publication."""
        return self.entry if self.publication <= publication else self.before


_HEAD, _PUBLISHED, _SLOTS = (
    Table("masterdata-head", _Head),
    Table("masterdata-published", bytes),
    Table("masterdata", _Slot),
)
"""One head; the digest of what is published; the slots by kind and key."""


class MasterDataState:
    """Keeps the entries that are broadcast, and gives them as a value. An entry counts from the next publication on."""

    def __init__(self, codec: Codec) -> None:
        """Take the codec that reads the entries."""
        self._codec = codec
        self._built: dict[bytes, MasterData] = {}
        self._parsed: dict[tuple[str, str], Any] = {}

    def take(self, record: Record, state: State) -> bool:
        """Keep the record if it is an entry of the master data.

        Returns:
            Whether it was one.

        Raises:
            InvalidDocument: ``bad-masterdata`` for a publication whose entries contradict each other: what was
                published before stays in force.
        """
        if record.value is None or record.envelope.type != TYPE:
            return False
        value = self._codec.decode_as(messages.MasterDataEntry, record.value, trusted=True)
        entry = entries.of_record(value)
        head = _put(entry, _head(state), state)
        if entry.place == entries.PUBLICATION:
            head = head._replace(publication=head.publication + 1)
            _PUBLISHED.put(state, (), head.digest.encode())
        _HEAD.put(state, (), head)
        if entry.place == entries.PUBLICATION:
            self.current(state)
        return True

    def current(self, state: State) -> MasterData | None:
        """Return the master data as of the last publication in this partition; None until the first.

        The same publication gives the same object, so ``is`` detects a change. The digest of the entries, which is part
        of the state, finds it: after an abort or a restore nothing else can be returned.

        Raises:
            InvalidDocument: ``bad-masterdata`` where the entries contradict each other.
        """
        digest = _PUBLISHED.get(state, ())
        if digest is None:
            return None
        if digest not in self._built:
            while len(self._built) >= _CACHED:
                del self._built[next(iter(self._built))]
            self._built[digest] = self._build(state)
        return self._built[digest]

    def published(self, record: Record, state: State) -> Iterator[Entry]:
        """Yield what counts since this record: all entries of a publication, itself among them, when it closes one.

        For every other record there is nothing. Call it after `take`, with the same state.
        """
        if not self._is_publication(record):
            return
        publication = _head(state).publication
        for _, slot in _SLOTS.scan(state):
            if slot.publication == publication:
                yield slot.entry

    def _is_publication(self, record: Record) -> bool:
        if record.value is None or record.envelope.type != TYPE:
            return False
        return bool(
            self._codec.decode_as(messages.MasterDataEntry, record.value, trusted=True)["kind"]
            is MasterDataKind.PUBLICATION
        )

    def _build(self, state: State) -> MasterData:
        """Assemble the master data; entries that were parsed before are used again.

        Raises:
            InvalidDocument: ``bad-masterdata`` where the entries contradict each other.
        """
        known, self._parsed = self._parsed, {}
        values: dict[tuple[str, str], Any] = {}
        try:
            for entry in _entries(state):
                key = (entry.kind, entry.content or "")
                self._parsed[key] = values[entry.place] = known[key] if key in known else entries.parse(entry)
            return entries.assemble(values)
        except ValueError as error:
            self._parsed = known
            raise InvalidDocument(DocumentCode.BAD_MASTERDATA, contradiction(error)) from error


def _head(state: State) -> _Head:
    return _HEAD.get(state, ()) or _Head()


def _put(entry: Entry, head: _Head, state: State) -> _Head:
    known = _SLOTS.get(state, entry.place)
    before = known.as_of(head.publication) if known else None
    _SLOTS.put(state, entry.place, _Slot(head.publication + 1, before, entry))
    written = json.dumps([entry.kind, entry.key, entry.version, entry.content], ensure_ascii=False)
    digest = hashlib.sha256(f"{head.digest}{written}".encode()).hexdigest()
    return _Head(head.change + 1, head.publication, digest)


def _entries(state: State) -> Iterator[Entry]:
    publication = _head(state).publication
    for _, slot in _SLOTS.scan(state):
        entry = slot.as_of(publication)
        if entry is not None:
            yield entry


def contradiction(error: ValueError) -> Text:
    """Return what is wrong with entries of the master data, for the people who publish them."""
    what = str(error).replace("\n", " ")[:500]
    return Text(
        en=f"The published master data is refused ({what}). Correct the files and run `kranhub core publish`.",
        ru=f"Опубликованные справочники не приняты ({what}). Исправьте файлы и выполните `kranhub core publish`.",
    )
