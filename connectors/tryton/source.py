"""Polls Tryton for what changed, one stream after the other, without an end."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from connectors.tryton.codes import Codes
from connectors.tryton.reading import Reading
from connectors.tryton.streams import Stream
from kranhub import polling
from kranhub.connector import Checkpoint, Progress, Read, Source, Unreadable

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """Return this machine's time."""
    return datetime.now(UTC)


class TrytonSource(Source):
    """Finds what was modified since the watermark, less an overlap, and sweeps over all documents page by page.

    The timestamps of Tryton's rows only make it fast. What is new is what has another version than the one that was
    sent, so neither a clock that jumped nor a row without a timestamp hides anything for longer than one sweep.
    """

    def __init__(self, streams: Sequence[Stream], codes: Codes, now: Now = utc_now) -> None:
        """Take the streams to poll. Tests may give a clock."""
        self._streams, self._codes, self._now = streams, codes, now
        self._failures: Counter[str] = Counter()

    async def read(self, since: Checkpoint | None) -> AsyncIterator[Read | Unreadable | Progress]:
        """Yield what changed, then `Progress`, in every poll.

        Raises:
            Unavailable: When Tryton does not answer.
            Misconfigured: For a wrong password, database or right, or too many vanished purchases.
        """
        readings = [Reading(stream, self._codes, since, self._now, self._failures) for stream in self._streams]
        others = since.positions if since else {}  # of streams that are not read today

        def checkpoint() -> Checkpoint:
            return polling.checkpoint(*(reading.cursor.positions() for reading in readings), others)

        while True:
            for reading in readings:
                async for item in reading.poll():
                    yield replace(item, checkpoint=checkpoint())
            yield Progress(checkpoint())
            await asyncio.sleep(self._codes.config.poll_interval)
