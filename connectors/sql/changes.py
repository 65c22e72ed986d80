"""What is new in a table, pure: the watermark, the overlap behind it and the event ids seen there.

A database commits in another order than its clocks and counters run: a slow transaction takes version 17, and commits
after version 18 was read. So every sweep starts an overlap below the watermark, and the ids seen there keep it from
publishing anything twice.
"""

import json
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from connectors.sql.config import Changed
from kranhub.connector import Position
from kranhub.errors import Misconfigured
from kranhub.text import Text

REMEMBERED = 2_000
"""Most ids that a checkpoint carries per table; the hub's decoder refuses a record of more than 10,000 elements."""

NATIVE = "_"
"""Stands between date and time in the watermark of a column that is no text; ISO 8601 parsers take any character."""


class Sweep(Protocol):
    """One pass over one table."""

    low: Any
    """The version from which to read; None reads from the beginning."""

    @property
    def floor(self) -> Sequence[Any] | None:
        """(version, key...) behind which to start, where the overlap holds more rows than can be remembered."""

    @property
    def pattern(self) -> str | None:
        """The SQL LIKE pattern of versions that sort; rows with another spelling are read by every sweep."""

    def event_id(self, document: str, version: Any, digest: str) -> str:
        """Return the id of this version of ``member/type/key/epoch``."""

    def is_new(self, event_id: str) -> bool:
        """Tell whether the event was not published before."""

    def passed(self, event_id: str, version: Any, key: Sequence[Any]) -> None:
        """Note that the row was read; rows come in ascending order of their version, those without one first."""

    def position(self) -> Position:
        """Return where to resume after the last row that was passed."""

    def finished(self) -> Position:
        """Return where to resume after the whole pass."""


class WholeTable:
    """A sweep over a table without a change column: every row is compared by its hash.

    An id ends in ``hash.n``: n counts the changes seen, so 5, 4 and again 5 in stock are three events.
    """

    low = None
    floor = None
    pattern = None

    def __init__(self, before: Position | None) -> None:
        """Start from what was seen before."""
        self._before = dict(name.rsplit("/", 1) for name in (before.seen if before else ()))
        self._now: dict[str, str] = {}

    def event_id(self, document: str, version: Any, digest: str) -> str:
        """Return the id that this row had, or the next one where its content differs."""
        known, _, count = self._before.get(document, ".0").rpartition(".")
        return f"{document}/{digest}.{int(count) + (known != digest)}"

    def is_new(self, event_id: str) -> bool:
        """Tell whether the row's content differs from what was seen."""
        document, version = event_id.rsplit("/", 1)
        return self._before.get(document) != version

    def passed(self, event_id: str, version: Any, key: Sequence[Any]) -> None:
        """Remember the row's content. Raises `Misconfigured` when the table is too large to be remembered."""
        document, seen = event_id.rsplit("/", 1)
        self._now[document] = seen
        if len(self._now) > REMEMBERED:
            raise Misconfigured(_too_large(document))

    def position(self) -> Position:
        """Return what was seen before, overlaid by this pass."""
        return _whole(self._before | self._now)

    def finished(self) -> Position:
        """Return what this pass saw: rows that are gone are forgotten."""
        return _whole(self._now)


def _whole(seen: dict[str, str]) -> Position:
    return Position("", frozenset(f"{document}/{version}" for document, version in seen.items()))


class ByVersion:
    """A sweep over a table with a change column."""

    def __init__(self, before: Position | None, changed: Changed, zone: ZoneInfo, horizon: datetime) -> None:
        """Start behind the watermark. A time beyond ``horizon`` (aware) is a wrong clock and moves no watermark."""
        self._order = _Order(changed, zone, horizon)
        mark = json.loads(before.watermark) if before and before.watermark else {}
        self._watermark, self._floor = mark.get("at"), mark.get("floor")
        if isinstance(self._watermark, str):
            self._order.separator = self._watermark[10:11]
        self.low, self.floor = self._order.behind(self._watermark), self._floor
        self._window: deque[tuple[Sequence[Any], str]] = deque()
        self._without_order: set[str] = set()
        self._seen = set(before.seen if before else ())
        self._read: set[str] = set()

    @property
    def pattern(self) -> str | None:
        """``____-__-__ %`` for times in text."""
        separator = self._order.separator
        if separator is None or separator == NATIVE:
            return None
        return f"____-__-__{separator}%" if separator else "____-__-__"

    def event_id(self, document: str, version: Any, digest: str) -> str:
        """Return the id: the version and the hash, as two changes may fall into one second."""
        return f"{document}/{'' if version is None else self._order.plain(version)}-{digest}"

    def is_new(self, event_id: str) -> bool:
        """Tell whether the id is not among those seen in the overlap."""
        return event_id not in self._seen

    def passed(self, event_id: str, version: Any, key: Sequence[Any]) -> None:
        """Move the watermark to this row's version, and forget what fell out of the overlap behind it."""
        self._seen.add(event_id)
        self._read.add(event_id)
        if not self._order.places(version):
            self._without_order.add(event_id)
            return
        if self._order.above(version, self._watermark):
            self._watermark = self._order.plain(version)
        self._window.append(((version, *key), event_id))
        self._forget()

    def position(self) -> Position:
        """Return the watermark with all that was seen in the overlap, by this pass or before."""
        return Position(self._text(), frozenset(self._seen))

    def finished(self) -> Position:
        """Return the watermark with what this pass saw in the overlap."""
        return Position(self._text(), frozenset(self._seen & self._read))

    def _forget(self) -> None:
        """Drop what fell below the overlap; where too much is in it, the oldest, and start behind that next time."""
        low = self._order.behind(self._watermark)
        while self._window and self._order.above(low, self._window[0][0][0]):
            self._drop()
        while len(self._window) > REMEMBERED:
            self._floor = self._drop()
        if self._floor is not None and self._order.above(low, self._floor[0]):
            self._floor = None

    def _drop(self) -> Sequence[Any]:
        place, event_id = self._window.popleft()
        if event_id not in self._without_order:
            self._seen.discard(event_id)
        return place

    def _text(self) -> str:
        if self._watermark is None:
            return ""
        floor = self._floor and [self._order.plain(self._floor[0]), *self._floor[1:]]
        return json.dumps({"at": self._watermark, "floor": floor}, default=str)


class _Order:
    """How versions of one table compare: as the database sorts them."""

    def __init__(self, changed: Changed, zone: ZoneInfo, horizon: datetime) -> None:
        self._integer = changed.kind == "integer"
        self._overlap = changed.overlap
        self._zone = ZoneInfo(changed.time_zone) if changed.time_zone else zone
        self._horizon = horizon
        self.separator: str | None = None

    def places(self, version: Any) -> bool:
        """Tell whether the version may move the watermark: it parses, is spelled as the others, and is not ahead."""
        if self._integer:
            return isinstance(version, int) and not isinstance(version, bool)
        moment = _moment(version)
        if moment is None or self._aware(moment) > self._horizon:
            return False
        self.separator = self.separator if self.separator is not None else _separator(version)
        return self.separator == _separator(version)

    def above(self, version: Any, other: Any) -> bool:
        """Tell whether the version lies above the other; both may move the watermark, and ``other`` may be None."""
        if other is None or self._integer:
            return other is None or bool(version > other)
        return _sorted_as(version) > _sorted_as(other)

    def behind(self, watermark: Any) -> Any:
        """Return the version an overlap below; as text it sorts before every spelling of that second."""
        if watermark is None:
            return None
        if self._integer:
            return int(watermark - self._overlap)
        moment = _parsed(watermark)
        low = moment - timedelta(seconds=self._overlap) - self._clock_change(moment)
        if _separator(watermark) == NATIVE:
            return low
        text = low.replace(tzinfo=None).isoformat(sep=self.separator or " ", timespec="seconds")
        return text if self.separator else text[:10]

    def plain(self, version: Any) -> Any:
        """Return the version as JSON knows it."""
        if not isinstance(version, datetime):
            return version
        return (version.astimezone(UTC) if version.tzinfo else version).isoformat(sep=NATIVE)

    def _aware(self, moment: datetime) -> datetime:
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)

    def _clock_change(self, moment: datetime) -> timedelta:
        """Return how far local times ran back or forth around this day: clocks set back repeat an hour."""
        if moment.tzinfo is not None:
            return timedelta(0)
        day = timedelta(days=1)
        before, after = ((moment + step).replace(tzinfo=self._zone).utcoffset() for step in (-day, day))
        return abs((after or timedelta(0)) - (before or timedelta(0)))


def _separator(version: Any) -> str:
    return NATIVE if isinstance(version, datetime) else str(version)[10:11]


def _moment(version: Any) -> datetime | None:
    if isinstance(version, datetime):
        return version
    if not isinstance(version, str) or version[4:5] != "-":
        return None
    try:
        return datetime.fromisoformat(version)
    except ValueError:
        return None


def _parsed(version: Any) -> datetime:
    moment = _moment(version)
    assert moment is not None  # noqa: S101  (only what parses is compared)
    return moment


def _sorted_as(version: Any) -> datetime:
    """Return the time as the database sorts it: text by its wall clock, native values by their instant."""
    moment = _parsed(version)
    if moment.tzinfo is not None and _separator(version) == NATIVE:
        moment = moment.astimezone(UTC)
    return moment.replace(tzinfo=None)


def _too_large(document: str) -> Text:
    return Text(
        en=f"The table behind {document} has more than {REMEMBERED} rows, too many to compare whole. Name a column "
        "that rises with every change under `changed`, or read a view that holds less.",
        ru=f"В таблице, откуда {document}, больше {REMEMBERED} строк, целиком их не сравнить. Укажите в `changed` "
        "столбец, растущий при каждом изменении, или читайте представление с меньшим числом строк.",
    )


def sorts(version: Any, changed: Changed) -> bool:
    """Tell whether a version of this kind can be ordered."""
    if changed.kind == "integer":
        return isinstance(version, int) and not isinstance(version, bool)
    return _moment(version) is not None
