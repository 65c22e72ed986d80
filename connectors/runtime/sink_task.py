"""The sink task: what the hub addresses to the member goes into its ERP once, and the receipts go back."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import structlog
from kafka import KafkaProducer

from connectors.runtime import recovery
from connectors.runtime.context import Context, KafkaThread
from connectors.runtime.delivery import Delivered, deliver
from connectors.runtime.metrics import Metrics
from connectors.runtime.sink_consumer import SinkConsumer
from connectors.runtime.status import Reporter
from connectors.runtime.task_loop import Backoff
from kranhub.broker import topics
from kranhub.connector import Event, Outcome, Receipt, Sink
from kranhub.errors import InvalidDocument, Misconfigured, Unavailable
from kranhub.failpoints import failpoint
from kranhub.wire import dead_letter, envelope, messages
from kranhub.wire.dead_letter import Original
from kranhub.wire.envelope import Envelope
from kranhub.wire.locations import RecordLocation
from kranhub.wire.messages import DeadLetter, ReceiptOutcome, Subject

log = structlog.get_logger()

POLL_MS = 200
BUSY_S = 5.0
"""How long a busy document waits where its receipt sets no time."""

Outgoing = tuple[str, str, bytes, Envelope]


class SinkTask:
    """Delivers to one sink and commits its receipts together with the group's offsets."""

    def __init__(self, context: Context, sink: Sink, reporter: Reporter, stop: asyncio.Event) -> None:
        """Take what to deliver to; opens nothing."""
        self._context, self._sink, self._reporter, self._stop = context, sink, reporter, stop
        self._kafka = KafkaThread(context.settings, "sink")
        self._metrics = Metrics(context, "sink")

    async def attempt(self, backoff: Backoff) -> None:
        """Deliver until stopped.

        The producer comes first: its `init_transactions` ends what an older instance left open, so the offsets that the
        consumer then finds are final.

        Raises:
            Unavailable: When Kafka or the registry is away.
            Misconfigured: For what a person must correct.
            Fenced: When a newer instance took over.
        """
        await self._reporter.starting()
        producer = await self._kafka.run(self._context.transactional_producer, "sink")
        try:
            consumer = await self._kafka.run(SinkConsumer, self._context, tuple(self._sink.subjects))
            try:
                await self._reporter.running()
                while not self._stop.is_set():
                    await self._step(producer, consumer, backoff)
            finally:
                await self._kafka.run(consumer.close)
        finally:
            await self._kafka.run(lambda: producer.close(timeout=5))

    def close(self) -> None:
        """End the task's thread."""
        self._kafka.close()

    async def _step(self, producer: KafkaProducer, consumer: SinkConsumer, backoff: Backoff) -> None:
        records = await self._kafka.run(consumer.next_batch, POLL_MS)
        if not records:
            self._reporter.progressed()
            return
        questions, documents = list[Any](), list[Any]()
        for record in records:
            (questions if recovery.is_question(record) else documents).append(record)
        try:
            if documents:
                await self._deliver(producer, consumer, documents)
            for question in questions:
                await self._answer(producer, consumer, question)
        except _ErpError as error:
            await self._wait(consumer, backoff, error)
        else:
            backoff.reset()
            self._reporter.progressed()
            await self._reporter.running()

    async def _answer(self, producer: KafkaProducer, consumer: SinkConsumer, record: Any) -> None:
        """Report to the restored hub what the ERP holds; after an interruption all of it is sent once more."""
        question = await asyncio.to_thread(self._context.codec.decode_as, messages.Recovery, record.value or b"")
        answer = recovery.Answer(self._context, self._sink, question)
        try:
            async with aclosing(answer.portions()) as portions:
                async for portion in portions:
                    await self._kafka.run(_commit, producer, consumer, portion, [])
        except (Unavailable, Misconfigured) as error:
            raise _ErpError(error) from None
        await self._kafka.run(_commit, producer, consumer, [answer.report()], [record])

    async def _wait(self, consumer: SinkConsumer, backoff: Backoff, error: "_ErpError") -> None:
        """Stay in the group, paused, while the ERP is away; the batch stays in the inbox."""
        delay = backoff.next(error.cause)
        await self._reporter.waiting(error.cause)
        log.warning("ERP is away", reason=error.cause.text.en, again_in_s=round(delay, 1), task="sink", repeats=True)
        until = time.monotonic() + delay
        while time.monotonic() < until and not self._stop.is_set():
            await self._kafka.run(consumer.keep_alive, POLL_MS)

    async def _deliver(self, producer: KafkaProducer, consumer: SinkConsumer, records: Sequence[Any]) -> None:
        """Deliver one batch, in these steps.

        1. Decode; what is no document becomes a dead letter.                     sink.before-deliver
        2. Deliver to the ERP, which looks every reference up before it creates.  sink.after-deliver
           What the connector calls invalid is refused, and becomes a dead letter as well.
           What breaks its code stays; the task ends with its reason, after 6.
        3. Begin the transaction, produce the receipts and dead letters.          sink.after-receipts
        4. Add the group's offsets, fenced by its metadata (KIP-447).             sink.before-commit
        5. Commit.                                                                sink.after-commit
        6. Take the finished records off the queues; park the busy ones.

        A crash before 5 delivers the batch again; the ERP's references make that a DUPLICATE.
        """
        events, dead_letters = await asyncio.to_thread(self._decode, records)
        failpoint("sink.before-deliver")
        delivered = await self._to_erp([event for _, event in events])
        failpoint("sink.after-deliver")
        answered = list(zip(events, delivered.receipts, strict=True))
        done = [(record, event, receipt) for (record, event), receipt in answered if receipt.outcome != Outcome.RETRY]
        finished = [*(record for record, _, _ in done), *(record for record, _ in dead_letters)]
        dead_letters += [
            (record, self._dead_letter(record, delivered.invalid[event.id]))
            for record, event in events
            if event.id in delivered.invalid
        ]
        outgoing = await asyncio.to_thread(self._encode, done, dead_letters)
        if finished:
            await self._kafka.run(_commit, producer, consumer, outgoing, finished)
            self._metrics.committed(len(done), [value for _, value in dead_letters])
            log.info("delivered", receipts=len(done), dead_letters=len(dead_letters), repeats=True)
        for (record, _), receipt in answered:
            if receipt.outcome == Outcome.RETRY:
                consumer.park(record, _rest(receipt))
        if delivered.broken:
            raise delivered.broken

    def _decode(self, records: Sequence[Any]) -> tuple[list[tuple[Any, Event]], list[tuple[Any, DeadLetter]]]:
        events, dead_letters = [], []
        for record in records:
            about = envelope.read(record.headers)
            try:
                decoded = self._context.codec.decode(record.value or b"")
            except InvalidDocument as error:
                dead_letters.append((record, self._dead_letter(record, error)))
            else:
                key = (record.key or b"").decode("utf-8", "replace")
                events.append((record, Event(about.id, key, decoded.subject, "hub", decoded.value, about.time)))
        return events, dead_letters

    def _dead_letter(self, record: Any, error: InvalidDocument) -> DeadLetter:
        original = Original(
            record.value or b"",
            (record.key or b"").decode("utf-8", "surrogateescape"),
            envelope.read(record.headers).id,
            RecordLocation(record.topic, record.partition, record.offset),
            record.headers or (),
        )
        member, now = self._context.member, datetime.now(UTC)
        return dead_letter.build(original, error.code, error.text.as_map(), stage="sink", member=member, at=now)

    async def _to_erp(self, events: Sequence[Event]) -> Delivered:
        if not events:
            return Delivered([])
        try:
            return await deliver(self._context.loaded, self._sink, events, self._stop)
        except (Unavailable, Misconfigured) as error:
            raise _ErpError(error) from None

    def _encode(
        self, done: Sequence[tuple[Any, Event, Receipt]], dead_letters: Sequence[tuple[Any, DeadLetter]]
    ) -> list[Outgoing]:
        return [
            *(self._receipt(record, event, receipt) for record, event, receipt in done),
            *(
                self._outgoing(Subject.DEAD_LETTER, value["key"], value["dead_letter_id"], value, record)
                for record, value in dead_letters
            ),
        ]

    def _receipt(self, record: Any, event: Event, receipt: Receipt) -> Outgoing:
        value: messages.Receipt = {
            "event_id": event.id,
            "member": self._context.member,
            "subject": event.subject,
            "key": event.key,
            "revision": receipt.revision,
            "outcome": ReceiptOutcome(receipt.outcome),
            "erp_reference": receipt.erp_reference,
            "reason": dict(receipt.reason),
            "delivered_at": datetime.now(UTC),
        }
        return self._outgoing(Subject.RECEIPT, event.key, f"{self._context.member}/Receipt/{event.id}", value, record)

    def _outgoing(self, record: Subject, key: str, event_id: str, value: messages.Message, came: Any) -> Outgoing:
        """Return what is written about a record that came; it continues that record's trace."""
        cause = envelope.read(came.headers)
        data = self._context.codec.encode(record, value)
        about = self._context.about(record, event_id, key, data, time=datetime.now(UTC), cause=cause)
        return self._context.out(topics.kind_of(record)), key, data, about


class _ErpError(Exception):
    """The ERP, not Kafka, is away: the task stays a member of its group."""

    def __init__(self, cause: Unavailable | Misconfigured) -> None:
        super().__init__(cause.text.en)
        self.cause = cause


def _commit(
    producer: KafkaProducer, consumer: SinkConsumer, outgoing: Sequence[Outgoing], finished: Sequence[Any]
) -> None:
    producer.begin_transaction()
    sent = [
        producer.send(topic, key=key.encode(), value=value, headers=envelope.headers(about))
        for topic, key, value, about in outgoing
    ]
    producer.flush()
    for future in sent:
        future.get(timeout=0)
    failpoint("sink.after-receipts")
    producer.send_offsets_to_transaction(consumer.commits(finished), consumer.group_metadata())
    failpoint("sink.before-commit")
    producer.commit_transaction()
    failpoint("sink.after-commit")
    for record in finished:
        consumer.finish(record)
    consumer.committed()


def _rest(receipt: Receipt) -> float:
    if receipt.not_before is None:
        return BUSY_S
    return max(0.0, (receipt.not_before - datetime.now(UTC)).total_seconds())
