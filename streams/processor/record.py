"""One input record, its place in Kafka, and what surrounds it while a stage processes it."""

from datetime import UTC, datetime
from operator import methodcaller
from typing import Any

from confluent_kafka import Message

from kranhub.wire import envelope
from kranhub.wire.envelope import Envelope, Headers
from kranhub.wire.locations import RecordLocation

LAST_MS = 253_402_300_799_000
"""The last second of the year 9999; a producer may write any number as its record's time."""


_headers_of = methodcaller("headers")
"""Calls ``headers()`` in a way that is checked: for a name that is not UTF-8 confluent-kafka returns a result with an
exception set, which a plain call does not see once CPython 3.11 has specialised it; the next call then fails. Such a
message's headers must not be asked for twice: the second result holds null pointers."""


class Record:
    """One input record; headers and time are read only when asked for.

    Attributes:
        topic: The topic's full name.
        partition: The partition.
        offset: The record's offset.
        key: The key as text. Bytes that are not UTF-8 are lone surrogates (PEP 383), so that different keys stay
            different; `Outputs` and the state write the same bytes again.
        value: The value; None for a tombstone.
        readable: False where the client could not read the headers: the record goes to the dead letters.
    """

    __slots__ = ("_envelope", "_headers", "_timestamp", "key", "offset", "partition", "readable", "topic", "value")

    def __init__(
        self,
        topic: str,
        partition: int,
        offset: int,
        key: str,
        value: bytes | None,
        headers: Headers | None = None,
        timestamp_ms: int = 0,
    ) -> None:
        """Build the record from what the broker has.

        Args:
            topic: The topic's full name.
            partition: The partition.
            offset: The record's offset.
            key: The key as text, as the class describes it.
            value: The value; None for a tombstone.
            headers: The headers as they came; None for none.
            timestamp_ms: The broker's own time (LogAppendTime), in milliseconds since the epoch; 0 for none.
        """
        self.topic, self.partition, self.offset = topic, partition, offset
        self.key, self.value = key, value
        self._headers, self._timestamp = headers, timestamp_ms
        self._envelope: Envelope | None = None
        self.readable = True

    @classmethod
    def of(cls, message: Message) -> "Record":
        """Return the record of a message without error. Received headers are a list, as names may repeat.

        confluent-kafka gives `SystemError` for a header's name that is not UTF-8: see `_headers_of`.
        """
        headers: Any = None
        try:
            headers = _headers_of(message)
            readable = True
        except (SystemError, ValueError):
            readable = False
        record = cls(
            message.topic() or "",
            message.partition() or 0,
            message.offset() or 0,
            (message.key() or b"").decode("utf-8", "surrogateescape"),
            message.value(),
            headers,
            message.timestamp()[1],
        )
        record.readable = readable
        return record

    @property
    def location(self) -> RecordLocation:
        """The record's place in Kafka."""
        return RecordLocation(self.topic, self.partition, self.offset)

    @property
    def headers(self) -> Headers:
        """The headers as they came, those without a value left out."""
        return [(name, value) for name, value in self._headers or () if value is not None]

    @property
    def milliseconds(self) -> int:
        """When the broker appended the record, as the broker gives it: in milliseconds since the epoch."""
        return self._timestamp

    @property
    def timestamp(self) -> datetime:
        """When the broker appended the record, in UTC; 1970 where it has no time."""
        return datetime.fromtimestamp(min(max(self._timestamp, 0), LAST_MS) / 1000, UTC)

    @property
    def envelope(self) -> Envelope:
        """The content of the CloudEvents headers."""
        if self._envelope is None:
            self._envelope = envelope.read(self._headers)
        return self._envelope


class Context:
    """What surrounds a record."""

    __slots__ = ("_record", "_time", "_trusted", "stage")

    def __init__(self, stage: str, record: Record, trusted: str = "hub.") -> None:
        """Keep what surrounds a record.

        Args:
            stage: The stage's name.
            record: The record.
            trusted: The prefix of the names of topics that only the hub writes.
        """
        self.stage, self._record, self._trusted = stage, record, trusted
        self._time: datetime | None = None

    @property
    def time(self) -> datetime:
        """The hub's timestamp of the event, elsewhere the broker's: the only clock a stage has.

        A timestamp counts on the hub's own topics only: a member may write any header, and would set the hub's clock.
        """
        if self._time is None:
            record = self._record
            recorded = record.envelope.recorded if record.topic.startswith(self._trusted) else None
            self._time = recorded or record.timestamp
        return self._time
