"""Reference: the master data that a stage has seen, kept in its own state, so that a replay decides the same again."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from kranhub.errors import InvalidDocument
from kranhub.text import Text
from kranhub.wire.codec import Codec
from streams.processor import Record, State
from streams.routing.masterdata import entries
from streams.routing.masterdata.entries import Entry, Kind
from streams.routing.masterdata.masterdata import MasterData

TYPE = "kranhub.MasterDataEntry"

_HEAD, _PUBLISHED = "m/head", "m/published"
_KEPT = 4
"""Values of master data kept in memory: partitions see a publication at about the same time, but not at once."""


class _Head(NamedTuple):
    """How many slots and changes there are, how many publications, and a digest of all entries in their order."""

    slots: int = 0
    change: int = 0
    publication: int = 0
    digest: str = ""


class Reference:
    """Keeps the entries that are broadcast under ``m/``, and gives them as a value.

    An entry counts from the next publication on. So its slot ``m/<number>`` holds ``[publication, was, now]``: until
    that publication what it was. ``m/at/<kind>/<key>`` holds the number, as a state cannot be listed.
    """

    def __init__(self, codec: Codec) -> None:
        """Take the codec that reads the entries."""
        self._codec = codec
        self._built: dict[bytes, MasterData] = {}
        self._parsed: dict[tuple[str, str], Any] = {}

    def take(self, record: Record, state: State) -> bool:
        """Keep the record if it is an entry of the master data; return whether it was one.

        Raises `InvalidDocument` (``bad-masterdata``) for a publication whose entries contradict each other: what was
        published before stays in force.
        """
        if record.value is None or record.envelope.type != TYPE:
            return False
        value = self._codec.decode(record.value, trusted=True).value
        entry = entries.of_record(value)
        head = _put(entry, _head(state), state)
        if entry.place == entries.PUBLICATION:
            head = head._replace(publication=head.publication + 1)
            state.put(_PUBLISHED, head.digest.encode())
        state.put(_HEAD, json.dumps(head).encode())
        if entry.place == entries.PUBLICATION:
            self.current(state)
        return True

    def current(self, state: State) -> MasterData | None:
        """Return the master data as of the last publication in this partition; None until the first.

        The same publication gives the same object, so ``is`` tells a change. The digest of the entries, which is part
        of the state, finds it: after an abort or a restore nothing else can be shown.
        """
        digest = state.get(_PUBLISHED)
        if digest is None:
            return None
        if digest not in self._built:
            while len(self._built) >= _KEPT:
                del self._built[next(iter(self._built))]
            self._built[digest] = self._build(state)
        return self._built[digest]

    def news(self, record: Record, state: State) -> Iterator[Entry]:
        """Yield what counts since this record: all entries of a publication, itself among them, when it closes one.

        For every other record there is nothing. Call it after `take`, with the same state.
        """
        if not self._is_publication(record):
            return
        head = _head(state)
        mark = f"[{head.publication},".encode()
        for number in range(head.slots):
            slot = state.get(f"m/{number}")
            if slot is not None and slot.startswith(mark):
                yield Entry(*json.loads(slot)[-1])

    def _is_publication(self, record: Record) -> bool:
        if record.value is None or record.envelope.type != TYPE:
            return False
        return bool(self._codec.decode(record.value, trusted=True).value["kind"] == Kind.PUBLICATION)

    def _build(self, state: State) -> MasterData:
        """Put the value together; entries that were parsed before are used again."""
        known, self._parsed = self._parsed, {}
        values: dict[tuple[str, str], Any] = {}
        try:
            for entry in _entries(state):
                key = (entry.kind, entry.content or "")
                self._parsed[key] = values[entry.place] = known[key] if key in known else entries.parse(entry)
            return entries.assemble(values)
        except ValueError as error:
            self._parsed = known
            raise InvalidDocument("bad-masterdata", contradiction(error)) from error


def _head(state: State) -> _Head:
    known = state.get(_HEAD)
    return _Head(*json.loads(known)) if known else _Head()


def _put(entry: Entry, head: _Head, state: State) -> _Head:
    plain = [entry.kind, entry.key, entry.version, entry.content]
    index = f"m/at/{entry.kind}/{entry.key}"
    number = state.get(index)
    if number is None:
        number = str(head.slots).encode()
        state.put(index, number)
        head = head._replace(slots=head.slots + 1)
    slot = f"m/{number.decode()}"
    state.put(slot, _dump([head.publication + 1, _was(state.get(slot), head.publication), plain]))
    digest = hashlib.sha256(head.digest.encode() + _dump(plain)).hexdigest()
    return head._replace(change=head.change + 1, digest=digest)


def _was(slot: bytes | None, publication: int) -> Any:
    """Return what a slot says as of a publication: an entry as a list, or None."""
    if slot is None:
        return None
    since, was, now = json.loads(slot)
    return now if since <= publication else was


def _entries(state: State) -> Iterator[Entry]:
    head = _head(state)
    for number in range(head.slots):
        plain = _was(state.get(f"m/{number}"), head.publication)
        if plain is not None:
            yield Entry(*plain)


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def contradiction(error: ValueError) -> Text:
    """Return what is wrong with entries of the master data, for the people who publish them."""
    what = str(error).replace("\n", " ")[:500]
    return Text(
        en=f"The published master data is refused ({what}). Correct the files and run `kranhub core publish`.",
        ru=f"Опубликованные справочники не приняты ({what}). Исправьте файлы и выполните `kranhub core publish`.",
    )
