"""Which holds end at which minute: looked up minute by minute as ticks pass, so that nothing is ever scanned. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from streams.routing.model.copying import replace
from streams.routing.tables import Ledger, Table

MINUTE = timedelta(minutes=1)

MINUTES = 5_000
"""Minutes that one tick looks at; where the core stood for longer, the next tick goes on."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many entries a minute has, and how many of them were looked at."""

    entries: int = 0
    done: int = 0


BUCKETS, ENTRIES, PASSED = Table("due", Bucket), Table("due-hold", tuple[str, str, str]), Table("due-passed", datetime)
_PASSED = "minute"
"""The one place of the table: the last minute of which all entries were looked at."""

Entry = tuple[str, str, str]
"""A hold: its plant, its item, its request."""


def add(ledger: Ledger, entry: Entry, at: datetime, now: datetime) -> None:
    """Remember to look at the hold at this time: at the first whole minute that is not before it."""
    passed = ledger.get(PASSED, _PASSED)
    if passed is None:
        passed = _floor(now)
        ledger.put(PASSED, _PASSED, passed)
    minute = _name(max(_floor(at + MINUTE - timedelta.resolution), passed + MINUTE))
    bucket = ledger.get(BUCKETS, minute) or Bucket()
    ledger.put(ENTRIES, f"{minute}/{bucket.entries}", entry)
    ledger.put(BUCKETS, minute, replace(bucket, entries=bucket.entries + 1))


def due(ledger: Ledger, now: datetime, limit: int) -> Iterator[Entry]:
    """Yield the holds whose minute has come, each once, at most ``limit``; the others are for the next tick."""
    end = _floor(now)
    passed = ledger.get(PASSED, _PASSED) or end
    for _ in range(MINUTES):
        if passed >= end:
            break
        minute = _name(passed + MINUTE)
        bucket = ledger.get(BUCKETS, minute) or Bucket()
        part = range(bucket.done, min(bucket.entries, bucket.done + limit))
        for number in part:
            entry = ledger.get(ENTRIES, f"{minute}/{number}")
            ledger.put(ENTRIES, f"{minute}/{number}", None)
            if entry:
                yield entry
        limit -= len(part)
        if part.stop < bucket.entries:
            ledger.put(BUCKETS, minute, replace(bucket, done=part.stop))
            break
        ledger.put(BUCKETS, minute, None)
        passed += MINUTE
    ledger.put(PASSED, _PASSED, passed)


def _floor(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(second=0, microsecond=0)


def _name(minute: datetime) -> str:
    return minute.isoformat(timespec="minutes")
