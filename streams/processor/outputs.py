"""What a stage sends: encoded, with headers, collected until the transaction."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from kranhub.broker import topics
from kranhub.errors import DocumentCode, InvalidDocument, Misconfigured
from kranhub.text import Text
from kranhub.wire import dead_letter, envelope, messages
from kranhub.wire.codec import Codec
from kranhub.wire.dead_letter import Original
from kranhub.wire.envelope import Envelope, Headers, headers
from kranhub.wire.messages import Message, Subject
from kranhub.wire.schema_files import subject as full_name
from streams.processor.record import Context, Record

MAX_BYTES = 1_000_000
"""The most bytes of one record's key, headers and value. Kafka's default broker takes them (1 MB), so that any broker
can be used; the embedded brokers allow more. Dead letters may have `dead_letter.MAX_RECORD` bytes."""

PER_HEADER = 8
"""The most bytes of a header beside its name and value: two lengths."""


class ProducerRecord(NamedTuple):
    """One record to produce.

    Attributes:
        topic: The topic's full name.
        key: The key.
        value: The value; None for a tombstone.
        headers: The headers; None for none.
        partition: The partition; -1 for the one that follows from the key.
    """

    topic: str
    key: bytes
    value: bytes | None
    headers: Headers | None = None
    partition: int = -1


class Document(NamedTuple):
    """A record to send.

    Attributes:
        subject: Its type.
        value: Its value; bytes go out as they are.
        id: The event's id, which follows from the input.
        source: The event's source; None for the stage.
        time: The event's time; None for that of the input.
        traceparent: The trace of a document that has waited; None for the input's.
        tracestate: As ``traceparent``.
    """

    subject: Subject
    value: Message | bytes
    id: str
    source: str | None = None
    time: datetime | None = None
    traceparent: str | None = None
    tracestate: str | None = None


class Outputs:
    """Collects what records lead to. The trace context, or a new one, and the hub's timestamp pass on by themselves."""

    __slots__ = (
        "_codec",
        "_codes",
        "_counts",
        "_ctx",
        "_dead_letter_topic",
        "_encoded",
        "_missing",
        "_namespace",
        "_partitions",
        "_record",
        "records",
    )

    _record: Record
    _ctx: Context

    def __init__(self, codec: Codec, namespace: str, partitions: Callable[[str], int]) -> None:
        """Start empty.

        Args:
            codec: Encodes the values.
            namespace: The prefix of the topics' names.
            partitions: Returns how many partitions a topic has; raises `Misconfigured` for one that does not exist.
        """
        self._codec, self._namespace, self._partitions = codec, namespace, partitions
        self._dead_letter_topic = topics.hub(namespace, "dead-letters")
        self._counts: dict[str, int] = {}
        self._missing: set[str] = set()
        self._encoded: tuple[Document, bytes, Headers, int] | None = None
        self._codes: list[tuple[int, str]] = []
        self.records: list[ProducerRecord] = []

    @property
    def dead_letters(self) -> Counter[str]:
        """How many dead letters there are, by code, whoever has written them."""
        return Counter(code for _, code in self._codes)

    def begin(self, record: Record, ctx: Context) -> int:
        """Set the record whose outputs follow.

        Returns:
            A savepoint for `rollback`.
        """
        self._record, self._ctx, self._encoded = record, ctx, None
        return len(self.records)

    def rollback(self, savepoint: int) -> None:
        """Forget what was sent since the savepoint."""
        del self.records[savepoint:]
        while self._codes and self._codes[-1][0] >= savepoint:
            self._codes.pop()

    @contextlib.contextmanager
    def on_behalf_of(self, record: Record) -> Iterator[int]:
        """Send for another record that has waited and is processed now: its trace and its dead letters.

        Yields:
            A savepoint for `rollback`.
        """
        own, self._record, self._encoded = self._record, record, None
        try:
            yield len(self.records)
        finally:
            self._record, self._encoded = own, None

    def send(self, topic: str, key: str, document: Document, extra: Iterable[tuple[str, bytes]] = ()) -> None:
        """Send a document to one of the hub's topics.

        Args:
            topic: The topic's full name.
            key: The record's key.
            document: What is sent.
            extra: Further headers.

        Raises:
            InvalidDocument: The value does not fit the schema (`Codec.encode`'s codes), ``too-large`` where the record
                is larger than a topic takes, ``unknown-topic`` where there is no such topic.
        """
        self.records.append(self._output(topic, _key(key), document, extra, -1))

    def broadcast(self, topic: str, document: Document) -> None:
        """Send a document to every partition of a topic, without a key: a tick, a rule, a change of master data.

        Every instance of the stages behind it then sees it at a place among its records that never changes again.

        Raises:
            InvalidDocument: As `send`.
        """
        for partition in range(self._require(topic)):
            self.records.append(self._output(topic, b"", document, (), partition))

    def tombstone(self, topic: str, key: str, subject: Subject, event_id: str) -> None:
        """Delete a key of a compacted topic: a record without a value, whose headers say what it is.

        Args:
            topic: The topic's full name.
            key: The key that is deleted.
            subject: The type of the records that the topic holds.
            event_id: The event's id.

        Raises:
            InvalidDocument: As `send`.
        """
        about = self._envelope(Document(subject, b"", event_id), data=False)
        data = _key(key)
        self.forward(topic, data, None, headers(about) + _subject(data))

    def forward(self, topic: str, key: bytes, value: bytes | None, headers: Headers | None = None) -> None:
        """Send bytes as they are, with just these headers.

        Args:
            topic: The topic's full name.
            key: The record's key.
            value: Its value; None for a tombstone.
            headers: Its headers; None for none.

        Raises:
            InvalidDocument: ``too-large`` or ``unknown-topic``, as `send`.
            TypeError: A key, a value or a header is not bytes.
        """
        if type(key) is not bytes or type(value) is not bytes:
            _require_bytes(key, value)
        size = len(key) if value is None else len(key) + len(value)
        if headers:
            size += _size(headers)
        if size > MAX_BYTES:
            raise InvalidDocument(DocumentCode.TOO_LARGE, _too_large(topic, size, MAX_BYTES))
        if topic not in self._counts:
            self._require(topic)
        self.records.append(ProducerRecord(topic, key, value, headers))

    def has(self, topic: str) -> bool:
        """Return whether there is such a topic (its full name); within a batch the answer stays the same."""
        try:
            self._require(topic)
        except InvalidDocument:
            return False
        return True

    def _output(
        self, topic: str, key: bytes, document: Document, extra: Iterable[tuple[str, bytes]], partition: int
    ) -> ProducerRecord:
        _, data, head, size = self._encode(document)
        size += len(key)
        if extra := [*_subject(key), *extra]:
            size, head = size + _size(extra), head + extra
        limit = dead_letter.MAX_RECORD if topic == self._dead_letter_topic else MAX_BYTES
        if size > limit:
            raise InvalidDocument(DocumentCode.TOO_LARGE, _too_large(document.subject, size, limit))
        if topic not in self._counts:
            self._require(topic)
        return ProducerRecord(topic, key, data, head, partition)

    def _require(self, topic: str) -> int:
        """Return how many partitions a topic has, asking once.

        Raises:
            InvalidDocument: ``unknown-topic`` where there is none.
        """
        if topic not in self._counts and topic not in self._missing:
            with contextlib.suppress(Misconfigured):
                if count := self._partitions(topic):
                    self._counts[topic] = count
            if topic not in self._counts:
                self._missing.add(topic)
        if topic in self._missing:
            raise InvalidDocument(DocumentCode.UNKNOWN_TOPIC, _unknown_topic(self._ctx.stage, topic))
        return self._counts[topic]

    def _encode(self, document: Document) -> tuple[Document, bytes, Headers, int]:
        """Return the document, its bytes and headers, and their size: once, however many topics it goes to."""
        encoded = self._encoded
        if encoded is None or encoded[0] is not document:
            data = self._bytes(document)
            head = headers(self._envelope(document, self._codec.dataschema(data)))
            encoded = self._encoded = document, data, head, len(data) + _size(head)
        return encoded

    def _bytes(self, document: Document) -> bytes:
        value = document.value
        if isinstance(value, bytes):
            return value
        try:
            return self._codec.encode(document.subject, value)
        except InvalidDocument as error:
            if error.code == DocumentCode.TOO_MANY_DIGITS:
                raise
            raise InvalidDocument(error.code, _unfit(self._ctx.stage, document.subject, error)) from error

    def _envelope(self, document: Document, dataschema: str | None = None, *, data: bool = True) -> Envelope:
        came, now = document if document.traceparent else self._record.envelope, self._ctx.time
        return Envelope(
            id=document.id,
            source=document.source or envelope.hub_source(self._namespace, self._ctx.stage),
            type=full_name(document.subject),
            time=document.time or now,
            recorded=now,
            traceparent=came.traceparent or envelope.new_trace(str(self._record.location)),
            tracestate=came.tracestate if came.traceparent else None,
            dataschema=dataschema,
            data=data,
        )

    def dead_letter(
        self,
        error: InvalidDocument,
        *,
        key: str | None = None,
        member: str | None = None,
        order_number: str | None = None,
    ) -> None:
        """Put the record itself on the dead letters, with its original bytes.

        A copy without the bytes, an event of its own, goes to hub.events, so that it stands in the order's history.

        Args:
            error: Why the record is refused.
            key: The key of its order; None for the record's own key.
            member: The member whose record it is; None for the one that its topic or its headers name.
            order_number: The order's number as people read it; None where it is not known.

        Raises:
            InvalidDocument: A topic for it is missing (``unknown-topic``), or it does not fit one.
        """
        record = self._record
        value = dead_letter.build(
            Original(record.value or b"", record.key, record.envelope.id, record.location, record.headers),
            error.code,
            error.text.as_map(),
            stage=self._ctx.stage,
            member=member or member_of(record, self._namespace),
            at=self._ctx.time,
        )
        number = None if order_number is None else dead_letter.short(order_number, dead_letter.MAX_NUMBER)
        self._post(_key(record.key if key is None else key)[: dead_letter.MAX_TEXT], {**value, "order_number": number})

    def brief_dead_letter(self, code: str) -> None:
        """Put the record on the dead letters with no more than its place and its bytes: the rest cannot be encoded.

        Raises:
            InvalidDocument: A topic for it is missing (``unknown-topic``), or it does not fit one.
        """
        record = self._record
        value = dead_letter.build_brief(
            Original(record.value or b"", "", location=record.location),
            code,
            stage=self._ctx.stage,
            member=member_of(record, self._namespace),
            at=record.timestamp,
        )
        self._post(str(record.location).encode(), value)

    def _post(self, key: bytes, value: messages.DeadLetter) -> None:
        event_id = f"hub/DeadLetter/{value['dead_letter_id']}"
        whole = Document(Subject.DEAD_LETTER, value, event_id)
        copy = Document(Subject.DEAD_LETTER, dead_letter.without_original(value), f"{event_id}/copy")
        events = topics.hub(self._namespace, "events")
        written = [self._output(self._dead_letter_topic, key, whole, (), -1), self._output(events, key, copy, (), -1)]
        self._codes.append((len(self.records), value["code"]))
        self.records += written


def member_of(record: Record, namespace: str) -> str:
    """Return whose record it is: the owner of its topic, else the member that the hub's own headers name."""
    if record.topic.startswith(f"{namespace}out."):
        return topics.owner(namespace, record.topic)
    return envelope.member_of(namespace, record.envelope.source) or topics.HUB


def _subject(key: bytes) -> Headers:
    """Return a record's key as its event's subject."""
    subject = envelope.subject_of(key)
    return [("ce_subject", key)] if subject is not None else []


def _key(key: str) -> bytes:
    """Return a key's bytes; those that a record's key came with come out as they were (`Record`)."""
    return key.encode("utf-8", "surrogateescape")


def _size(headers: Headers) -> int:
    """Return the bytes of headers in a record, never too few.

    Raises:
        TypeError: A header's value is not bytes, as Kafka's client would raise.
    """
    size = PER_HEADER * len(headers)
    for name, value in headers:
        if type(value) is not bytes:
            _require_bytes(value)
        size += len(name.encode()) + len(value)
    return size


def _require_bytes(*values: object) -> None:
    """Check that all are bytes or None: anything else is a defect of the stage, seen while its record is at hand.

    Raises:
        TypeError: One is something else.
    """
    for value in values:
        if value is not None and not isinstance(value, bytes):
            raise TypeError(f"a record holds bytes, not {type(value).__name__}")


def _too_large(subject: str, size: int, limit: int) -> Text:
    return Text(
        en=f"The record of {subject} has {size} bytes with its key and headers; a topic takes {limit}. Split the "
        "document.",
        ru=f"Запись {subject} занимает с ключом и заголовками {size} байт, а топик принимает {limit}. Разделите "
        "документ.",
    )


def _unknown_topic(stage: str, topic: str) -> Text:
    return Text(
        en=f"The hub's stage {stage} sends to the topic {topic}, which does not exist. Run `kranhub up`: it creates "
        "the topics of the hub and of every member; then send the letter's record again with `kranhub send-again`.",
        ru=f"Этап {stage} пишет в топик {topic}, которого нет. Выполните `kranhub up`: команда создаёт топики центра и "
        "всех участников; затем отправьте запись из письма ещё раз: `kranhub send-again`.",
    )


def _unfit(stage: str, subject: str, error: InvalidDocument) -> Text:
    """Return the text that the hub's own output is wrong; `Codec.encode`'s text is for the author of a mapping."""
    cause = error.__context__
    what = f"{error.code}, {type(cause).__name__}: {cause}"[:200] if cause else error.code
    return Text(
        en=f"The hub's stage {stage} made a {subject} that does not fit its schema ({what}): a defect of the hub. Tell "
        "its developers the dead letter's id; after the repair `kranhub send-again` sends its record again.",
        ru=f"Этап {stage} составил {subject} не по схеме ({what}): ошибка в самом центре. Сообщите разработчикам номер "
        "письма; после исправления запись отправит снова `kranhub send-again`.",
    )
