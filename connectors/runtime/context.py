"""What both tasks of a connector share: who they are, where they write, and Kafka's errors as the hub's."""

import asyncio
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

from kafka import KafkaProducer

from connectors.runtime.configuration import Loaded
from kranhub.broker import client_settings, errors, topics
from kranhub.operations import single_instance
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import dead_letter, envelope, schema_files
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject

Task = Literal["source", "sink"]
Result = TypeVar("Result")

TRANSACTION_TIMEOUT_MS = 30_000
REQUEST_TIMEOUT_MS = 10_000


@dataclass(frozen=True, slots=True)
class Context:
    """One connector's surroundings."""

    settings: Settings
    loaded: Loaded
    codec: Codec

    @property
    def member(self) -> str:
        """The member's id."""
        return self.loaded.member.id

    def out(self, kind: str) -> str:
        """Return one of the member's own topics."""
        return topics.out(self.settings.namespace, self.member, kind)

    def about(
        self,
        record: Subject,
        event_id: str,
        key: str,
        data: bytes | None,
        *,
        time: datetime | None = None,
        cause: Envelope | None = None,
    ) -> Envelope:
        """Return the envelope of what this connector writes; it continues the trace of its cause, or begins one.

        Args:
            record: The subject of the value.
            event_id: The event's id.
            key: The record's key.
            data: The value's bytes; None for a tombstone.
            time: When it happened; None where that is unknown.
            cause: The envelope of what led to it; None for nothing.
        """
        source = envelope.member_source(self.settings.namespace, self.member)
        began = cause.traceparent if cause else None
        return Envelope(
            id=event_id,
            source=source,
            type=schema_files.subject(record),
            time=time,
            traceparent=began or envelope.new_trace(f"{source} {event_id}"),
            tracestate=cause.tracestate if cause and began else None,
            subject=envelope.subject_of(key.encode()),
            dataschema=self.codec.dataschema(data),
            data=data is not None,
        )

    def identity(self, task: Task) -> str:
        """Return the task's transactional id and consumer group: one name, one owner."""
        return f"{self.settings.namespace}{self.member}.{self.loaded.name}.{task}"

    def transactional_producer(self, task: Task) -> KafkaProducer:
        """Open the task's producer; it has fenced every older one of the same name.

        Raises:
            Misconfigured: Where the connector's sink runs in another living process: the two would fence each other for
                ever.
        """
        sink = self.identity("sink")
        single_instance.require_own(self.settings, {sink: sink}, lambda _, process: _double(process))
        producer = KafkaProducer(
            **client_settings.kafka_python(self.settings),
            client_id=self.identity(task),
            transactional_id=self.identity(task),
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            delivery_timeout_ms=TRANSACTION_TIMEOUT_MS,
            max_block_ms=TRANSACTION_TIMEOUT_MS,
            allow_auto_create_topics=False,
            linger_ms=5,
            max_request_size=dead_letter.MAX_RECORD,
        )
        try:
            producer.init_transactions()
        except BaseException:
            producer.close(timeout=0)
            raise
        return producer


def worker() -> str:
    """Return host and process id, for a person who looks for the process."""
    return f"{socket.gethostname()}/{os.getpid()}"


class KafkaThread:
    """Runs a task's blocking Kafka calls one after the other on a thread of their own."""

    def __init__(self, settings: Settings, name: str) -> None:
        """Take the broker's settings, for error texts, and the thread's name."""
        self._settings = settings
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, call: Callable[..., Result], *arguments: Any) -> Result:
        """Run one call to its end, even when the caller is cancelled.

        Raises:
            KranhubError: As `errors.translated` has it.
        """
        running = asyncio.get_running_loop().run_in_executor(self._pool, call, *arguments)
        with errors.translated(self._settings):
            return await asyncio.shield(running)

    def close(self) -> None:
        """Wait for the call that runs and end the thread."""
        self._pool.shutdown(wait=True)


def _double(process: str) -> Text:
    return Text(
        en=f"This connector already runs in another process, {process} (host/process). This one waits, and goes on "
        "should that one end. Run each connector once only: stop one of the two.",
        ru=f"Этот коннектор уже работает в другом процессе: {process} (машина/процесс). Этот ждёт и продолжит, если "
        "тот завершится. Запускайте каждый коннектор один раз: остановите один из двух.",
    )
