"""Finds the first record that a reader would see between two offsets.

Transaction markers and rolled back records cannot be seen, but Kafka counts them as offsets, so a group that has read
everything may still be before the end of its topic.
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
"""How long all requests together may take; a record that is not found by then counts as visible."""

FETCH_BYTES = 64 << 10
"""Enough bytes to find that there is a record; a larger record is fetched as well."""


class Reader:
    """A read_committed reader without a group. It connects at the first question."""

    def __init__(self, settings: Settings) -> None:
        """Take the installation's settings."""
        self._settings = settings
        self._consumer: Any = None
        self._deadline = time.monotonic() + PATIENCE_S

    def first(
        self, stands: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int | None]:
        """Return the result of `first` for the partitions of ``ends``; what the brokers do not answer is left out."""
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
    """Return when the first record between two offsets of each partition was written.

    Args:
        consumer: A read_committed consumer; its assignment is replaced.
        stands: The offset of each partition from which to look.
        ends: The offset of each partition before which to look; these partitions are looked at.
        deadline: When to stop, by the monotonic clock.

    Returns:
        The time in milliseconds since the epoch; None where there is no record that can be seen. A partition that is
        not known by the deadline is left out.
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
