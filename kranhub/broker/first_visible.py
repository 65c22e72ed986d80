"""What a reader would see first between two offsets: transaction markers and rolled back records are nothing.

Kafka counts them as offsets, so a group that has read everything still stands before the end of its topic.
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from kafka import TopicPartition
from kafka.errors import KafkaError

from kranhub.broker import reading
from kranhub.settings import Settings

POLL_MS = 50
PATIENCE_S = 5.0
"""How long all questions together may take; what is not known by then counts as seen."""

FETCH_BYTES = 64 << 10
"""Enough to see that there is something; a larger record comes as well."""


class Reader:
    """A read_committed reader without a group. Connects with the first question."""

    def __init__(self, settings: Settings) -> None:
        """Take where the brokers are."""
        self._settings = settings
        self._consumer: Any = None
        self._deadline = time.monotonic() + PATIENCE_S

    def first(
        self, stands: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int | None]:
        """Return what `first` does, of the partitions of ``ends``; never raises for the brokers."""
        found: dict[TopicPartition, int | None] = {}
        if ends:
            with suppress(KafkaError):
                found |= first(self._connected(), stands, ends, self._deadline)
        return found

    def close(self) -> None:
        """Close the connection, where there is one."""
        if self._consumer is not None:
            self._consumer.close()

    def _connected(self) -> Any:
        self._consumer = self._consumer or reading.open_reader(
            self._settings,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=POLL_MS,
            client_id="kranhub-status",
        )
        return self._consumer


def first(
    consumer: Any, stands: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int], deadline: float
) -> dict[TopicPartition, int | None]:
    """Return the time of the first record between stand and end, in milliseconds since the epoch.

    None where the consumer passes from stand to end without a record. What it does not know by ``deadline`` is left
    out.
    """
    unknown, found = set(ends), dict[TopicPartition, int | None]()
    consumer.assign(sorted(unknown))
    for place in unknown:
        consumer.seek(place, stands[place])
    while unknown and time.monotonic() < deadline:
        batches = consumer.poll(timeout_ms=POLL_MS)
        seen = {
            place: records[0].timestamp
            for place, records in batches.items()
            if records and records[0].offset < ends[place]
        }
        over = {place for place in unknown - seen.keys() if consumer.position(place) >= ends[place]}
        found |= {**seen, **dict.fromkeys(over)}
        unknown -= found.keys()
        consumer.pause(*seen, *over)
    return found
