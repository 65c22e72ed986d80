"""One stream of a Tryton: what is new in it, which events follow, and what that leaves in the checkpoint."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from connectors.tryton import timestamps
from connectors.tryton.checkpoint import Entry, SentDocuments
from connectors.tryton.codes import Codes
from connectors.tryton.errors import NotReadable, ServerFailed
from connectors.tryton.streams import ErpDocument, Found, Purchases, Stream
from connectors.tryton.withdrawals import Withdrawals
from kranhub import polling
from kranhub.connector import Checkpoint, Event, Read, Unreadable
from kranhub.errors import InvalidDocument
from kranhub.polling import PollingCursor

log = structlog.get_logger()

READ_PAGE = 50
ATTEMPTS = 5
"""How often a document is requested that Tryton fails to return, before it becomes a dead letter."""
CLOCK_AHEAD = timedelta(minutes=5)
_Fault = ServerFailed | NotReadable


class Reading:
    """Reads one stream from a checkpoint on."""

    def __init__(
        self,
        stream: Stream,
        codes: Codes,
        since: Checkpoint | None,
        now: Callable[[], datetime],
        failures: Counter[str],
    ) -> None:
        """Take where to go on; a new epoch begins at the beginning."""
        self._stream, self._codes, self._now = stream, codes, now
        self._name = f"{stream.name or stream.subject}#{codes.config.epoch}"
        self.cursor = PollingCursor(self._name, since.positions if since else {})
        self._sent = SentDocuments(self.cursor)
        self._looked_at: dict[int, str] = {}
        self._swept = 0
        self._failures = failures
        self._withdrawals = Withdrawals(stream, codes, self._sent, now) if isinstance(stream, Purchases) else None

    async def poll(self) -> AsyncIterator[Read | Unreadable]:
        """Yield what is new: by the timestamps, by the sweep, and what has left. The source adds the checkpoint."""
        since = self._since()
        latest = await self._stream.anchor() if since is None else None
        async for page in self._stream.changed(since):
            latest = max(filter(None, [latest, *(item.modified for item in page)]), default=None)
            async for item in self._page(page):
                yield item
        self._advance(latest)
        if since is not None:
            async for item in self._sweep():
                yield item
        if self._withdrawals is not None:
            async for document in self._withdrawals.poll():
                if published := self._publish(document):
                    yield published

    def _since(self) -> datetime | None:
        return polling.poll_start(self.cursor.watermark, timedelta(seconds=self._codes.config.overlap))

    def _advance(self, latest: datetime | None) -> None:
        """Raise the watermark to the latest timestamp; a timestamp that is ahead is logged."""
        now = self._now()
        if latest is not None and latest > now + CLOCK_AHEAD:
            log.warning("clock ahead", stream=self._name, stamp=latest.isoformat(), by_s=(latest - now).total_seconds())
        self.cursor.watermark = polling.advanced(self.cursor.watermark, latest, now)

    async def _sweep(self) -> AsyncIterator[Read | Unreadable]:
        page = await self._stream.sweep(self._swept)
        self._swept = page[-1].id if len(page) == self._stream.sweep_page else 0
        async for item in self._page(page):
            yield item

    async def _page(self, page: Sequence[Found]) -> AsyncIterator[Read | Unreadable]:
        new = [item for item in page if self._is_new(item)]
        for start in range(0, len(new), READ_PAGE):
            some = new[start : start + READ_PAGE]
            documents, put_off = await self._read(some)
            for document in documents:
                if item := self._publish(document):
                    yield item
            self._looked_at |= {item.id: item.version for item in some if item.id not in put_off}

    def _is_new(self, found: Found) -> bool:
        if not found.version:
            return True
        entry = self._sent.get(str(found.id))
        return found.version != (entry.version if entry else self._looked_at.get(found.id))

    async def _read(self, found: Sequence[Found]) -> tuple[list[ErpDocument], set[int]]:
        """Return the documents, and the ids of those that are to be read once more."""
        try:
            return await self._stream.read(found), set()
        except (ServerFailed, NotReadable) as error:
            return await self._one_by_one(found, error)

    async def _one_by_one(self, found: Sequence[Found], first: _Fault) -> tuple[list[ErpDocument], set[int]]:
        """Read what can be read. A document that cannot becomes a dead letter; if none can, Tryton is at fault."""
        documents: list[ErpDocument] = []
        bad: list[tuple[Found, _Fault]] = []
        for item in found:
            try:
                documents += await self._stream.read([item])
            except (ServerFailed, NotReadable) as error:
                bad.append((item, error))
        if len(bad) == len(found) and not await self._others_can_be_read({item.id for item in found}):
            raise first
        put_off = {item.id for item, _ in bad if self._is_put_off(item)}
        unreadable = [self._stream.unreadable(item, error.text) for item, error in bad if item.id not in put_off]
        return [*documents, *unreadable], put_off

    async def _others_can_be_read(self, failing: set[int]) -> bool:
        others = [item for item in await self._stream.sweep(0) if item.id not in failing][:1]
        try:
            return bool(await self._stream.read(others)) if others else False
        except (ServerFailed, NotReadable):
            return False

    def _is_put_off(self, item: Found) -> bool:
        name = f"{self._name}/{item.id}/{item.version}"
        self._failures[name] += 1
        log.warning("document cannot be read", stream=self._name, record=item.id, attempt=self._failures[name])
        return self._failures[name] < ATTEMPTS

    def _publish(self, document: ErpDocument) -> Read | Unreadable | None:
        """Remember the document; return the item to yield, None where it was sent last."""
        before = self._sent.get(document.native)
        if before is None and document.only_changes:
            return None
        entry = self._entry(document, before or Entry(""))
        self._sent.put(document.native, entry)
        if document.value is None or (before and before.content == entry.content):
            return None
        return self._item(document, entry)

    def _entry(self, document: ErpDocument, before: Entry) -> Entry:
        content = _digest(document)
        again = self._stream.counted and before.content not in ("", content)
        facts = self._stream.facts(document, before.facts)
        return replace(
            before,
            version=document.version,
            content=content,
            count=before.count + (again or document.withdrawn),
            facts=facts,
            missing_since=before.missing_since if facts else "",
        )

    def _item(self, document: ErpDocument, entry: Entry) -> Read | Unreadable:
        value, member = document.value, self._codes.member.id
        version = f"{document.version}.{entry.count}" if entry.count else document.version
        event_id = f"{member}/{self._stream.subject}/{document.native}/{self._codes.config.epoch}/{version}"
        if isinstance(value, InvalidDocument):
            reason, original = value.text.as_map(), document.original
            return Unreadable(event_id, document.key, self._stream.subject, value.code, reason, original, Checkpoint())
        assert value is not None  # noqa: S101  (only a document with a value is published)
        event = Event(event_id, document.key, self._stream.subject, member, value, document.modified)
        return Read(event, Checkpoint())


def _digest(document: ErpDocument) -> str:
    value = document.value
    if value is None:
        return ""
    if isinstance(value, InvalidDocument):
        return timestamps.digest({"code": value.code, "reason": value.text.en})
    return timestamps.digest(value)
