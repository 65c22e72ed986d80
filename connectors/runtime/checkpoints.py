"""A source's checkpoint on the member's compacted checkpoints topic: one record per position, or per part of one.

The key is ``<connector>.source/<part>/<stream>``. Only what changed is written, and no record holds more than `PART`
ids, however many documents a source remembers. The key ``<connector>.source`` is that of an older layout, which held
all positions in one record: it is still read, and deleted with the next commit.
"""

from collections.abc import Mapping
from contextlib import closing
from zlib import crc32

from kafka import TopicPartition

from connectors.runtime.context import Context
from kranhub.broker import reading
from kranhub.connector import Checkpoint, Position
from kranhub.errors import InvalidDocument, Misconfigured
from kranhub.text import Text
from kranhub.wire import messages

PART = 512
"""About how many ids one record has; a position with more of them is divided into several records."""

Records = dict[str, messages.Checkpoint | None]
"""The Avro records by key; None deletes."""


class Kept:
    """What the topic holds of one source's checkpoint. Pure."""

    def __init__(self, connector: str) -> None:
        """Take the connector's name; nothing is known yet."""
        self._connector, self._key = connector, f"{connector}.source"
        self._undivided = False
        self._parts: dict[str, dict[str, Position]] = {}
        self._streams: dict[str, Position] = {}

    def take(self, key: str, value: messages.Checkpoint | None) -> None:
        """Take one record in the topic's order; those of other connectors are passed over."""
        if key == self._key:
            self._undivided = value is not None
            self._parts = {stream: {key: part} for stream, part in _positions(value).items()}
        elif key.startswith(f"{self._key}/"):
            stream = key.removeprefix(f"{self._key}/").partition("/")[2]
            self._parts.setdefault(stream, {}).pop(key, None)
            for name, part in _positions(value).items():
                self._parts[name][key] = part

    def checkpoint(self) -> Checkpoint | None:
        """Return the checkpoint, or None where there is none."""
        self._streams = {stream: _joined(parts) for stream, parts in self._parts.items() if parts}
        return Checkpoint(self._streams) if self._streams or self._undivided else None

    def changes(self, checkpoint: Checkpoint) -> Records:
        """Return the records to write so that the topic holds this checkpoint."""
        found: Records = {self._key: None} if self._undivided else {}
        for stream, position in checkpoint.positions.items():
            before = self._streams.get(stream)
            if self._undivided or (before is not position and before != position):
                found |= self._changed(stream, _divided(self._key, stream, position))
        for stream in self._parts.keys() - checkpoint.positions.keys():
            found |= self._changed(stream, {})
        return found

    def committed(self, checkpoint: Checkpoint, records: Records) -> None:
        """Note that these records, which `changes` returned for this checkpoint, are on the topic."""
        for key, value in records.items():
            self.take(key, value)
        self._streams = dict(checkpoint.positions)

    def _changed(self, stream: str, parts: Mapping[str, Position]) -> Records:
        held = {key: part for key, part in self._parts.get(stream, {}).items() if key != self._key}
        gone: Records = dict.fromkeys(held.keys() - parts.keys())
        return gone | {key: self._value(stream, part) for key, part in parts.items() if held.get(key) != part}

    def _value(self, stream: str, part: Position) -> messages.Checkpoint:
        position: messages.StreamPosition = {"watermark": part.watermark, "seen": sorted(part.seen)}
        return {"connector": self._connector, "task": 0, "positions": {stream: position}}


def _positions(value: messages.Checkpoint | None) -> dict[str, Position]:
    held = value["positions"] if value is not None else {}
    return {stream: Position(found["watermark"], frozenset(found["seen"])) for stream, found in held.items()}


def _divided(key: str, stream: str, position: Position) -> dict[str, Position]:
    """Return the position's parts by record key; an id stays in its part until their number doubles."""
    number = 1
    while number * PART < len(position.seen):
        number *= 2
    if number == 1:
        return {f"{key}/0/{stream}": position}
    parts: list[set[str]] = [set() for _ in range(number)]
    for event_id in position.seen:
        parts[crc32(event_id.encode()) % number].add(event_id)
    return {
        f"{key}/{part}/{stream}": Position("" if part else position.watermark, frozenset(event_id))
        for part, event_id in enumerate(parts)
    }


def _joined(parts: Mapping[str, Position]) -> Position:
    if len(parts) == 1:
        return next(iter(parts.values()))
    watermark = next((part.watermark for part in parts.values() if part.watermark), "")
    return Position(watermark, frozenset().union(*(part.seen for part in parts.values())))


def read(context: Context) -> Kept:
    """Return what the topic holds of this source's last committed checkpoint.

    To be called after `init_transactions`, which has ended every open transaction of an older instance: what is
    committed by then is all there will be.

    Raises:
        KafkaError: What Kafka's client raises.
        Unavailable: When the end of the topic is not reached.
        Misconfigured: When a record cannot be read.
    """
    partition = TopicPartition(context.out("checkpoints"), 0)
    own_key = f"{context.loaded.name}.source"
    latest: dict[str, bytes | None] = {}
    with closing(reading.open_reader(context.settings)) as consumer:
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        for record in reading.read_to_end(consumer, [partition], _ends_uncommitted(context, partition)):
            key = (record.key or b"").decode("utf-8", "replace")
            if key == own_key or key.startswith(f"{own_key}/"):
                latest.pop(key, None)
                latest[key] = record.value
    return _decoded(context, latest)


def _ends_uncommitted(context: Context, partition: TopicPartition) -> dict[TopicPartition, int]:
    """Return the end as an uncommitted reader sees it, so that no commit is missed (compare KAFKA-10167)."""
    with closing(reading.open_reader(context.settings, isolation_level="read_uncommitted")) as consumer:
        ends: dict[TopicPartition, int] = consumer.end_offsets([partition])
        return ends


def _decoded(context: Context, latest: Mapping[str, bytes | None]) -> Kept:
    """Return the checkpoint of each key's last record, in the topic's order."""
    kept = Kept(context.loaded.name)
    for key, value in latest.items():
        try:
            kept.take(
                key, context.codec.decode_as(messages.Checkpoint, value, trusted=True) if value is not None else None
            )
        except InvalidDocument as error:
            raise Misconfigured(_unreadable(context.out("checkpoints"), key, error.text)) from None
    return kept


def _unreadable(topic: str, key: str, why: Text) -> Text:
    return Text(
        en=f"The record {key} of the topic {topic} is no checkpoint ({why.en}). Find out who wrote it; then give the "
        "connector another name in its file: it reads everything once more.",
        ru=f"Запись {key} в топике {topic} не является контрольной точкой ({why.ru}). Выясните, кто её записал; затем "
        "дайте коннектору другое имя в его файле: он прочитает всё ещё раз.",
    )
