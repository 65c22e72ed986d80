"""The source task: the ERP's documents go to Kafka once, together with the checkpoint behind them."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import structlog
from kafka import KafkaProducer

from connectors.runtime import checkpoints, conformance, recovery, source_end, source_items
from connectors.runtime.calls import awaited, calling
from connectors.runtime.context import Context, KafkaThread
from connectors.runtime.metrics import Metrics
from connectors.runtime.source_items import Item
from connectors.runtime.status import Reporter
from connectors.runtime.task_loop import Backoff, Stuck
from kranhub.broker import topics
from kranhub.connector import Checkpoint, Event, Progress, Source, Unreadable
from kranhub.errors import Code, InvalidDocument, KranhubError, Misconfigured
from kranhub.failpoints import failpoint
from kranhub.text import Text
from kranhub.wire import dead_letter, envelope, messages
from kranhub.wire.dead_letter import Original
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import DeadLetter, Subject
from kranhub.wire.plain_json import plain

log = structlog.get_logger()

MAX_BATCH = 200
IDLE_CHECKPOINT_S = 10.0
"""How often a checkpoint is written that has changed without an event."""

Outgoing = tuple[str, str, bytes | None, Envelope]
"""Topic, key, value (None deletes), envelope."""


class SourceTask:
    """Reads one source and commits its events."""

    def __init__(self, context: Context, source: Source, reporter: Reporter, stop: asyncio.Event) -> None:
        """Take what to read and where to write; opens nothing."""
        self._context, self._source, self._reporter, self._stop = context, source, reporter, stop
        self._kafka = KafkaThread(context.settings, "source")
        self._batch: list[Item] = []
        self._kept = checkpoints.Kept(context.loaded.name)
        self._committed: Checkpoint | None = None
        self._committed_at = 0.0
        self._caught_up = False
        """Whether the end of a poll was committed and reported since this attempt began."""
        self._last = ""
        self._dead_letters_sent: set[str] = set()
        self._dead_letters: list[DeadLetter] = []
        self._metrics = Metrics(context, "source")

    async def attempt(self, backoff: Backoff) -> None:
        """Read and commit until stopped.

        Start in this order: `init_transactions` fences the older instance and ends its transaction; only then is the
        checkpoint read, so nothing that the older one committed is missed.

        Raises:
            Unavailable: When the ERP, Kafka or the registry is away; then call it again.
            Misconfigured: For what a person must correct; then call it again.
            Fenced: When a newer instance took over.
        """
        await self._reporter.starting()
        producer = await self._kafka.run(self._context.transactional_producer, "source")
        try:
            self._batch.clear()
            self._caught_up = False
            self._kept = await self._kafka.run(checkpoints.read, self._context)
            self._committed = self._kept.checkpoint()
            await self._read(producer, backoff)
        finally:
            await self._kafka.run(_close, producer)

    def close(self) -> None:
        """End the task's thread."""
        self._kafka.close()

    async def _read(self, producer: KafkaProducer, backoff: Backoff) -> None:
        """Take what ``read()`` yields. One that ends, or is ended by one document, is `Stuck`, not over."""
        coming = source_items.items(self._context.loaded, self._source, self._committed, self._stop)
        async with aclosing(coming) as found:
            while (item := await self._next(producer, found)) is not None:
                await self._take(producer, item)
                backoff.reset()
        if not self._stop.is_set():
            await self._rest(producer)
            raise Stuck(source_end.returned(self._context.loaded))

    async def _next(
        self, producer: KafkaProducer, found: AsyncGenerator[Item | Progress, None]
    ) -> Item | Progress | None:
        """Return the next item, None at the end. What was read before an error is committed before it is raised."""
        try:
            return await anext(found, None)
        except InvalidDocument as error:
            await self._refused(producer, error)
            raise Stuck(source_end.by_document(self._context.loaded, error, self._last)) from None
        except KranhubError:
            await self._rest(producer)
            raise

    async def _rest(self, producer: KafkaProducer) -> None:
        """Commit what was read before ``read()`` ended."""
        if self._batch:
            await self._commit(producer, self._batch[-1].checkpoint)

    async def _refused(self, producer: KafkaProducer, error: InvalidDocument) -> None:
        """Commit what was read before ``read()`` raised, and, once in this process, a dead letter about the cause."""
        checkpoint = self._batch[-1].checkpoint if self._batch else self._committed
        unreadable = source_end.dead_letter(self._context.loaded, error, self._last, checkpoint or Checkpoint())
        if unreadable.id not in self._dead_letters_sent:
            self._dead_letters_sent.add(unreadable.id)
            self._batch.append(unreadable)
        if self._batch:
            await self._commit(producer, checkpoint)

    async def _take(self, producer: KafkaProducer, item: Item | Progress) -> None:
        await self._reporter.running()
        if isinstance(item, Progress):
            self._reporter.progressed()
        else:
            self._batch.append(item)
            self._last = source_items.name(item)
        first = isinstance(item, Progress) and not self._caught_up
        if first or len(self._batch) >= MAX_BATCH or (isinstance(item, Progress) and self._due(item.checkpoint)):
            await self._commit(producer, item.checkpoint, [recovery.caught_up(self._context)] if first else [])
            self._caught_up |= first

    def _due(self, checkpoint: Checkpoint) -> bool:
        changed = checkpoint != self._committed
        return bool(self._batch) or (changed and time.monotonic() - self._committed_at > IDLE_CHECKPOINT_S)

    async def _commit(
        self, producer: KafkaProducer, checkpoint: Checkpoint | None, further: Sequence[Outgoing] = ()
    ) -> None:
        """Commit the batch and its checkpoint, if there is one, in these steps.

        1. Encode everything; what the schema refuses becomes a dead letter.      source.before-begin
        2. Begin the transaction and produce the events and dead letters.         source.after-produce
        3. Produce what changed of the checkpoint in the same transaction.        source.after-checkpoint
        4. Wait until the broker has all of it.                                   source.before-commit
        5. Commit.                                                                source.after-commit
        6. Report to the source, which may now forget.

        A crash before 5 leaves nothing; after it, the next start continues behind the checkpoint.
        """
        with calling(self._context.loaded, "read()", after=self._last):
            seen = conformance.checkpoint(checkpoint, self._committed) if checkpoint is not None else None
            changed = self._kept.changes(seen) if seen is not None else {}
        self._dead_letters.clear()
        events, positions = await asyncio.to_thread(self._encode, changed)
        await self._kafka.run(_write, producer, [*events, *further], positions)
        log.info("committed", events=len(events), repeats=True)
        self._metrics.committed(len(events) - len(self._dead_letters), self._dead_letters)
        self._batch.clear()
        self._committed_at = time.monotonic()
        if checkpoint is not None:
            self._kept.committed(checkpoint, changed)
            self._committed = checkpoint
            with calling(self._context.loaded, "committed()", after=self._last):
                await awaited(self._source.committed(checkpoint), "committed()")

    def _encode(self, changed: checkpoints.Records) -> tuple[list[Outgoing], list[Outgoing]]:
        """Return the batch, and the checkpoint's records."""
        return [self._encode_item(item) for item in self._batch], [
            self._encode_position(key, value) for key, value in changed.items()
        ]

    def _encode_position(self, key: str, value: messages.Checkpoint | None) -> Outgoing:
        encoded = self._context.codec.encode(Subject.CHECKPOINT, value) if value is not None else None
        event_id = f"{self._context.member}/Checkpoint/{key}/{datetime.now(UTC).isoformat()}"
        about = self._context.about(Subject.CHECKPOINT, event_id, key, encoded)
        return self._context.out("checkpoints"), key, encoded, about

    def _encode_item(self, item: Item) -> Outgoing:
        if isinstance(item, Unreadable):
            return self._dead_letter(Original(item.original, item.key, item.id), item.code, item.reason)
        try:
            return self._encode_event(item.event)
        except InvalidDocument as error:
            event = item.event
            return self._dead_letter(Original(_as_json(event), event.key, event.id), error.code, error.text.as_map())

    def _encode_event(self, event: Event) -> Outgoing:
        if event.origin != self._context.member:
            raise Misconfigured(_foreign(event.origin, self._context.member))
        conformance.refuse_unsound(event)
        topic = self._context.out(topics.kind_of(event.subject))
        value = self._context.codec.encode(event.subject, event.value)
        conformance.refuse_oversized(value)
        return topic, event.key, value, self._context.about(event.subject, event.id, event.key, value, time=event.time)

    def _dead_letter(self, original: Original, code: Code, reason: Mapping[str, str]) -> Outgoing:
        member, now = self._context.member, datetime.now(UTC)
        value = dead_letter.build(original, code, reason, stage="source", member=member, at=now)
        log.warning("dead letter", event_id=value["event_id"], key=value["key"], code=value["code"])
        self._dead_letters.append(value)
        encoded = self._context.codec.encode(Subject.DEAD_LETTER, value)
        about = self._context.about(Subject.DEAD_LETTER, value["dead_letter_id"], value["key"], encoded)
        return self._context.out("dead-letters"), value["key"], encoded, about


def _as_json(event: Event) -> bytes:
    """Return the bytes to keep of an event that the schema refuses: it never had any."""
    return json.dumps(plain(event.value), ensure_ascii=False, default=str).encode("utf-8", "replace")


def _write(producer: KafkaProducer, events: list[Outgoing], positions: list[Outgoing]) -> None:
    failpoint("source.before-begin")
    producer.begin_transaction()
    sent = [_send(producer, event) for event in events]
    failpoint("source.after-produce")
    sent += [_send(producer, position) for position in positions]
    failpoint("source.after-checkpoint")
    producer.flush()
    for future in sent:
        future.get(timeout=0)
    failpoint("source.before-commit")
    producer.commit_transaction()
    failpoint("source.after-commit")


def _send(producer: KafkaProducer, outgoing: Outgoing) -> Any:
    topic, key, value, about = outgoing
    return producer.send(topic, key=key.encode(), value=value, headers=envelope.headers(about))


def _close(producer: KafkaProducer) -> None:
    """Close without waiting for a transaction that is still open: the next start's fencing ends it."""
    producer.close(timeout=5)


def _foreign(origin: str, member: str) -> Text:
    return Text(
        en=f"The connector of {member} made an event of {origin}. A company writes only its own documents: correct the "
        "member in the connector file.",
        ru=f"Коннектор {member} создал событие от имени {origin}. Компания пишет только свои документы: исправьте "
        "участника в файле коннектора.",
    )
