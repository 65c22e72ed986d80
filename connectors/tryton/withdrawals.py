"""Orders that were sent as active and that Tryton no longer shows as orders to the hub: taken back, moved, deleted."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from connectors.tryton import errors
from connectors.tryton.checkpoint import Entry, SentDocuments
from connectors.tryton.codes import Codes
from connectors.tryton.streams import ErpDocument, Purchases

log = structlog.get_logger()

CHECKED = 500
"""How many orders are checked in one poll; further ones are checked in the next polls."""


class Withdrawals:
    """Sends an order as CANCELLED once it has not been seen for ``withdraw_after_seconds``.

    A person who takes an order back to correct it has that long; nothing is sent if it returns in time.
    """

    def __init__(self, stream: Purchases, codes: Codes, sent: SentDocuments, now: Callable[[], datetime]) -> None:
        """Take what was sent; it also remembers since when a document waits."""
        self._stream, self._sent, self._now, self._config = stream, sent, now, codes.config
        self._checked = 0

    async def poll(self) -> AsyncIterator[ErpDocument]:
        """Yield the orders that are withdrawn now.

        Raises:
            Misconfigured: Where too many vanish at once.
        """
        absent = await self._absent()
        due = [record for record in absent if self._is_due(record)]
        if not due:
            return
        departed = await self._stream.departed(due)
        if len(due) - len(departed) > self._config.vanished_limit:
            raise errors.too_many_vanished(len(due) - len(departed), self._config)
        for record in due:
            entry = self._entry(record)
            log.warning("order withdrawn", purchase=record, number=entry.facts[0], deleted=record not in departed)
            yield self._stream.withdrawn(str(record), f"{entry.version}-withdrawn", entry.facts, departed.get(record))

    async def _absent(self) -> list[int]:
        """Look at some of the active orders, and at those that are absent already; return who is absent."""
        some = self._sent.active(self._checked, CHECKED)
        self._checked = some[-1] if len(some) == CHECKED else 0
        waiting = list(self._sent.missing())[:CHECKED]
        looked_at = sorted({*some, *waiting})
        if not looked_at:
            return []
        present = await self._stream.present(looked_at)
        for record in present & set(waiting):
            log.info("order is back", purchase=record, number=self._entry(record).facts[0])
            self._put_missing(record, "")
        return [record for record in looked_at if record not in present]

    def _is_due(self, record: int) -> bool:
        """Return whether the order has been absent for long enough, and remember since when it is."""
        now = self._now()
        since = self._entry(record).missing_since
        if not since or datetime.fromisoformat(since) > now:
            since = now.astimezone(UTC).isoformat(timespec="seconds")
            self._put_missing(record, since)
            seconds = self._config.withdraw_after_seconds
            log.warning("order is gone", purchase=record, number=self._entry(record).facts[0], withdrawn_in_s=seconds)
        return now - datetime.fromisoformat(since) >= timedelta(seconds=self._config.withdraw_after_seconds)

    def _entry(self, record: int) -> Entry:
        return self._sent.get(str(record)) or Entry("")

    def _put_missing(self, record: int, since: str) -> None:
        self._sent.put(str(record), replace(self._entry(record), missing_since=since))
