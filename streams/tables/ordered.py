"""Keys in order, for the tables that are scanned, and the scan through layers of changes."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple, TypeVar

from sortedcontainers import SortedList

Value = TypeVar("Value")


class Range(NamedTuple):
    """Which keys a scan goes through.

    Attributes:
        prefix: How the keys begin. It holds a table's name and a slash at least.
        start: The first key that counts, itself included; empty for the first of the prefix.
        end: The key before which the scan ends; empty for the end of the prefix.
        reverse: Whether the scan begins at its last key.
    """

    prefix: str
    start: str = ""
    end: str = ""
    reverse: bool = False

    @property
    def table(self) -> str:
        """The table's name.

        Raises:
            ValueError: The prefix names no table.
        """
        name, slash, _ = self.prefix.partition("/")
        if not slash:
            raise ValueError(f"a scan needs a table: {self.prefix!r}")
        return name


class OrderedKeys:
    """The keys of those tables that have been scanned, in order.

    The first scan of a table sorts its keys; from then on `add` and `discard` keep them. A table that nobody scans
    costs nothing.
    """

    __slots__ = ("_tables",)

    def __init__(self) -> None:
        """Start without tables."""
        self._tables: dict[str, SortedList] = {}

    def __bool__(self) -> bool:
        """Whether any table is kept in order."""
        return bool(self._tables)

    def add(self, key: str) -> None:
        """Add a key that was not there before."""
        known = self._tables.get(key.partition("/")[0])
        if known is not None:
            known.add(key)

    def discard(self, key: str) -> None:
        """Forget a key."""
        known = self._tables.get(key.partition("/")[0])
        if known is not None:
            known.discard(key)

    def within(self, wanted: Range, keys: Collection[str]) -> Iterator[str]:
        """Yield the keys of the range, in order.

        Args:
            wanted: The range.
            keys: All keys that there are, of every table.
        """
        table = wanted.table
        known = self._tables.get(table)
        if known is None:
            begin = f"{table}/"
            known = self._tables[table] = SortedList(key for key in keys if key.startswith(begin))
        first = max(wanted.start, wanted.prefix)
        last = min(filter(None, (wanted.end, _after(wanted.prefix))))
        found: Iterator[str] = known.irange(first, last, (True, False), wanted.reverse)
        return found


def merged(
    below: Iterable[tuple[str, Value]], own: Iterable[str], get: Callable[[str], Value | None], *, reverse: bool
) -> Iterator[tuple[str, Value]]:
    """Yield the entries of a layer over others, in order.

    Args:
        below: The entries underneath, in order.
        own: The keys that this layer has changed, in order.
        get: Returns the layer's value of one of its own keys; None where it has deleted the key.
        reverse: Whether both are in descending order.
    """
    changed = iter(own)
    key = next(changed, None)
    for other, value in below:
        while key is not None and (key > other if reverse else key < other):
            if (mine := get(key)) is not None:
                yield key, mine
            key = next(changed, None)
        if key == other:
            if (mine := get(other)) is not None:
                yield other, mine
            key = next(changed, None)
        else:
            yield other, value
    while key is not None:
        if (mine := get(key)) is not None:
            yield key, mine
        key = next(changed, None)


def _after(prefix: str) -> str:
    """Return the least text that is greater than all that begin with the prefix, which ends with a slash."""
    return prefix[:-1] + "0"
