"""What is lost, what is doubled, how long it stood still. Pure; shares nothing with the core."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple


class Observed(NamedTuple):
    """One thing that the core said of an order, in words that are the same for every order of its kind."""

    order: str
    words: str


class Fault(NamedTuple):
    """When a fault began and ended (monotonic seconds)."""

    begin: float
    end: float


class Waited(NamedTuple):
    """From when an order was acknowledged to when the last thing was said of it (monotonic seconds)."""

    acknowledged: float
    done: float


def findings(
    expected: Mapping[str, Iterable[str]], said: Iterable[Observed], unsure: Container[str] = ()
) -> tuple[list[Observed], list[Observed]]:
    """Return what is lost and what is doubled, given what every order must lead to, each exactly once.

    What was not expected at all counts as doubled: nobody has asked for it. Orders that are ``unsure`` were sent and
    never acknowledged: they may be there or not.
    """
    wanted = Counter(Observed(order, words) for order, every in expected.items() for words in every)
    found = Counter(each for each in said if each.order not in unsure)
    return sorted((wanted - found).elements()), sorted((found - wanted).elements())


def longest_stall(faults: Sequence[Fault], orders: Iterable[Waited]) -> float:
    """Return for how long, in seconds, some order stood still while there was no fault.

    Counted order by order, so one partition that stands still is not hidden by others that go on.
    """
    return max((_outside(faults, order) for order in orders), default=0.0)


def _outside(faults: Sequence[Fault], order: Waited) -> float:
    """Return the longest piece of an order's wait that lies outside of all faults."""
    longest, since = 0.0, order.acknowledged
    for fault in faults:
        if fault.end > since and fault.begin < order.done:
            longest, since = max(longest, fault.begin - since), fault.end
    return max(longest, order.done - since)
