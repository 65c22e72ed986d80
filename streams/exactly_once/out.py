"""What a stage sends: encoded, with headers, collected until the transaction."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from kranhub import topics
from kranhub.codec import Codec
from kranhub.envelope import Envelope, Headers, headers
from kranhub.errors import InvalidDocument
from kranhub.schemafiles import subject as full_name
from kranhub.text import Text
from streams.exactly_once.stage import Context, Record

MAX_BYTES = 1_000_000
"""Of one record; the brokers' own limit. Dead letters may have `MAX_DEAD_LETTER` bytes."""

MAX_DEAD_LETTER = 4_000_000


class Output(NamedTuple):
    """One record to produce; the key decides the partition where ``partition`` is -1."""

    topic: str
    key: bytes
    value: bytes | None
    headers: Headers | None = None
    partition: int = -1


@dataclass(frozen=True, slots=True)
class Document:
    """A record to send: its short name, its value (bytes go out as they are), and an id that follows from the input.

    ``source`` and ``time`` are the stage's and the event's where they are not given.
    """

    subject: str
    value: Mapping[str, Any] | bytes
    id: str
    source: str | None = None
    time: datetime | None = None


class Out:
    """Collects what records lead to. The trace context and the hub's stamp pass on by themselves."""

    __slots__ = ("_codec", "_ctx", "_encoded", "_namespace", "_partitions", "_record", "outputs")

    _record: Record
    _ctx: Context

    def __init__(self, codec: Codec, namespace: str, partitions: Callable[[str], int]) -> None:
        """Start empty. ``partitions`` says how many a topic has."""
        self._codec, self._namespace, self._partitions = codec, namespace, partitions
        self._encoded: tuple[Document, bytes, Headers] | None = None
        self.outputs: list[Output] = []

    def begin(self, record: Record, ctx: Context) -> int:
        """Take the record whose outputs follow; return a mark for `drop`."""
        self._record, self._ctx, self._encoded = record, ctx, None
        return len(self.outputs)

    def drop(self, mark: int) -> None:
        """Forget what was sent since the mark."""
        del self.outputs[mark:]

    def send(self, topic: str, key: str, document: Document, extra: Iterable[tuple[str, bytes]] = ()) -> None:
        """Send a document to one of the hub's topics (its full name), with ``extra`` headers.

        Raises `InvalidDocument` when the value does not fit the schema or is larger than a topic takes.
        """
        self.outputs.append(self._output(topic, key, document, extra, -1))

    def broadcast(self, topic: str, document: Document) -> None:
        """Send a document to every partition of a topic, without a key: a tick, a rule, a change of master data.

        Every instance of the stages behind it then sees it at a place among its records that never changes again.
        Raises as `send`.
        """
        for partition in range(self._partitions(topic)):
            self.outputs.append(self._output(topic, "", document, (), partition))

    def forward(self, topic: str, key: bytes, value: bytes | None, headers: Headers | None = None) -> None:
        """Send bytes as they are, with just these headers. Raises `InvalidDocument` when they are too many."""
        if value is not None and len(value) > MAX_BYTES:
            raise InvalidDocument("too-large", _too_large(topic, len(value), MAX_BYTES))
        self.outputs.append(Output(topic, key, value, headers))

    def _output(
        self, topic: str, key: str, document: Document, extra: Iterable[tuple[str, bytes]], partition: int
    ) -> Output:
        data, head = self._encode(document)
        limit = MAX_DEAD_LETTER if topic == topics.hub(self._namespace, "dead-letters") else MAX_BYTES
        if len(data) > limit:
            raise InvalidDocument("too-large", _too_large(document.subject, len(data), limit))
        return Output(topic, key.encode(), data, [*head, *extra], partition)

    def _encode(self, document: Document) -> tuple[bytes, Headers]:
        """Return the document's bytes and headers: once, however many topics it goes to."""
        if self._encoded is None or self._encoded[0] is not document:
            value = document.value
            data = value if isinstance(value, bytes) else self._codec.encode(document.subject, value)
            self._encoded = document, data, headers(self._envelope(document))
        return self._encoded[1:]

    def _envelope(self, document: Document) -> Envelope:
        return Envelope(
            id=document.id,
            source=document.source or f"/hub/{self._ctx.stage}",
            type=full_name(document.subject),
            time=document.time or self._ctx.time,
            recorded=self._ctx.time,
            traceparent=self._record.envelope.traceparent,
        )

    def dead_letter(self, error: InvalidDocument, *, key: str | None = None, member: str | None = None) -> None:
        """Put the record itself on the dead letters, with its original bytes; ``key`` is its order where known.

        A copy without the bytes goes to hub.events, so that the order's story tells of it.
        """
        record = self._record
        value = _dead_letter(record, self._ctx, error, member or member_of(record, self._namespace))
        event_id = f"hub/DeadLetter/{value['dead_letter_id']}"
        key = record.key if key is None else key
        self.send(topics.hub(self._namespace, "dead-letters"), key, Document("DeadLetter", value, event_id))
        copy = {**value, "original": b""}
        self.send(topics.hub(self._namespace, "events"), key, Document("DeadLetter", copy, event_id))


def member_of(record: Record, namespace: str) -> str:
    """Return whose record it is: the owner of its topic, else the member that the hub's own headers name."""
    if record.topic.startswith(f"{namespace}out."):
        return topics.owner(namespace, record.topic)
    prefix = "/members/"
    source = record.envelope.source
    return source.removeprefix(prefix) if source.startswith(prefix) else topics.HUB


def _dead_letter(record: Record, ctx: Context, error: InvalidDocument, member: str) -> dict[str, Any]:
    place = f"{record.topic}/{record.partition}/{record.offset}"
    event_id = record.envelope.id or place
    return {
        "dead_letter_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{place}/{ctx.stage}/{error.code}")),
        "event_id": event_id,
        "member": member,
        "stage": ctx.stage,
        "code": error.code,
        "reason": error.text.as_map(),
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": record.key,
        "headers": {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers},
        "original": (record.value or b"")[: MAX_BYTES * 3],
        "failed_at": ctx.time,
    }


def _too_large(subject: str, size: int, limit: int) -> Text:
    return Text(
        en=f"The record of {subject} has {size} bytes; a topic takes {limit}. Split the document.",
        ru=f"Запись {subject} занимает {size} байт, а топик принимает {limit}. Разделите документ.",
    )
