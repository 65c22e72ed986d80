"""What is lost, what is doubled, how long orders did not proceed. Pure; shares nothing with the core."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple


class Observed(NamedTuple):
    """One output of the core for an order, in a form that is the same for every order of its kind."""

    order: str
    content: str


class Fault(NamedTuple):
    """When a fault began and ended (monotonic seconds)."""

    begin: float
    end: float


class Waited(NamedTuple):
    """From when an order was acknowledged to when its last output was seen (monotonic seconds)."""

    acknowledged: float
    done: float


def findings(
    expected: Mapping[str, Iterable[str]], outputs: Iterable[Observed], unsure: Container[str] = ()
) -> tuple[list[Observed], list[Observed]]:
    """Return what is lost and what is doubled, where each expected output must come exactly once.

    An output that was not expected at all counts as doubled.

    Args:
        expected: The outputs that every order must lead to, by order.
        outputs: The outputs that were seen.
        unsure: Orders that were sent and never acknowledged: they may be there or not.
    """
    wanted = Counter(Observed(order, content) for order, every in expected.items() for content in every)
    found = Counter(each for each in outputs if each.order not in unsure)
    return sorted((wanted - found).elements()), sorted((found - wanted).elements())


def longest_stall(faults: Sequence[Fault], orders: Iterable[Waited]) -> float:
    """Return for how long, in seconds, some order did not proceed while there was no fault.

    Counted order by order, so a partition without progress is not hidden by others that have some.
    """
    return max((_outside(faults, order) for order in orders), default=0.0)


def _outside(faults: Sequence[Fault], order: Waited) -> float:
    """Return the longest piece of an order's wait that lies outside of all faults."""
    longest, since = 0.0, order.acknowledged
    for fault in faults:
        if fault.end > since and fault.begin < order.done:
            longest, since = max(longest, fault.begin - since), fault.end
    return max(longest, order.done - since)
