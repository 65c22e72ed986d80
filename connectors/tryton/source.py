"""Polls Tryton for what changed, one stream after the other, without an end."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from connectors.tryton import stamps
from connectors.tryton.codes import Codes
from connectors.tryton.streams import Document, Stream
from kranhub.connector import Checkpoint, Event, Position, Progress, Read, Source, Unreadable
from kranhub.errors import InvalidDocument

PAGE = 50


class TrytonSource(Source):
    """Finds what was modified since the watermark, less an overlap for transactions that committed late.

    Tryton writes a document many times for one act of a person, so content that equals the last that this reading
    has told is not told again.
    """

    def __init__(self, streams: Sequence[Stream], codes: Codes) -> None:
        """Take the streams to poll."""
        self._streams, self._codes = streams, codes
        self._overlap = timedelta(seconds=codes.config.overlap)

    async def read(self, since: Checkpoint | None) -> AsyncIterator[Read | Unreadable | Progress]:
        """Yield what changed, then `Progress`, in every poll. Raises `Unavailable` and `Misconfigured`."""
        positions = dict(since.positions) if since else {}
        told: dict[str, int] = {}
        while True:
            for stream in self._streams:
                async for item in self._poll(stream, positions, told):
                    yield item
            yield Progress(Checkpoint(dict(positions)))
            await asyncio.sleep(self._codes.config.poll_interval)

    async def _poll(
        self, stream: Stream, positions: dict[str, Position], told: dict[str, int]
    ) -> AsyncIterator[Read | Unreadable]:
        """A new epoch is a new position, so it begins at the beginning."""
        name = f"{stream.subject}#{self._codes.config.epoch}"
        position = positions.get(name, Position(""))
        since = datetime.fromisoformat(position.watermark) - self._overlap if position.watermark else None
        found = sorted(await stream.changed(since), key=lambda item: (item.modified, item.id))
        new = [item for item in found if self._id(stream, str(item.id), item.version) not in position.seen]
        for start in range(0, len(new), PAGE):
            for document in await stream.read(new[start : start + PAGE]):
                event_id = self._id(stream, document.native, document.version)
                if event_id in position.seen:
                    continue
                position = positions[name] = self._passed(position, event_id, document.modified)
                item = self._item(stream, document, event_id, Checkpoint(dict(positions)))
                if item is not None and not _is_told(item, document, told):
                    yield item

    def _id(self, stream: Stream, native: str, version: str) -> str:
        return f"{self._codes.member.id}/{stream.subject}/{native}/{self._codes.config.epoch}/{version}"

    def _passed(self, position: Position, event_id: str, modified: datetime) -> Position:
        """Advance, but never beyond our own clock: an ERP whose clock was ahead must not hide what comes after."""
        modified = min(modified, datetime.now(UTC))
        watermark = max(position.watermark, modified.astimezone(UTC).isoformat(timespec="microseconds"))
        oldest = datetime.fromisoformat(watermark) - self._overlap
        return Position(watermark, frozenset(_since(oldest, (*position.seen, event_id))))

    def _item(
        self, stream: Stream, document: Document, event_id: str, checkpoint: Checkpoint
    ) -> Read | Unreadable | None:
        value = document.value
        if isinstance(value, InvalidDocument):
            reason = value.text.as_map()
            return Unreadable(event_id, document.key, stream.subject, value.code, reason, document.original, checkpoint)
        if value is None:
            return None
        member = self._codes.member.id
        return Read(Event(event_id, document.key, stream.subject, member, value, document.modified), checkpoint)


def _since(oldest: datetime, ids: Iterable[str]) -> Iterable[str]:
    return (event_id for event_id in ids if stamps.moment_of(event_id) >= oldest)


def _is_told(item: Read | Unreadable, document: Document, told: dict[str, int]) -> bool:
    """Return whether this content was the last that was told of the document, and remember it."""
    if isinstance(item, Unreadable):
        content = stamps.digest({"code": item.code, "reason": item.reason})
    else:
        content = stamps.digest(item.event.value)
    key = f"{item.subject if isinstance(item, Unreadable) else item.event.subject}/{document.native}"
    known = told.get(key) == content
    told[key] = content
    return known
