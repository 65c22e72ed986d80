"""What is lost, what is doubled, how long it stood still. Pure; shares nothing with the core."""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple


class Said(NamedTuple):
    """One thing that the core said of an order, in words that are the same for every order of its kind."""

    order: str
    words: str


class Fault(NamedTuple):
    """When a fault began and ended (monotonic seconds)."""

    begin: float
    end: float


def findings(expected: Mapping[str, Iterable[str]], said: Iterable[Said]) -> tuple[list[Said], list[Said]]:
    """Return what is lost and what is doubled, given what every order must lead to, each exactly once.

    What was not expected at all counts as doubled: nobody has asked for it.
    """
    wanted = Counter(Said(order, words) for order, every in expected.items() for words in every)
    found = Counter(each for each in said if each.order in expected)
    return sorted((wanted - found).elements()), sorted((found - wanted).elements())


def longest_stall(faults: Sequence[Fault], arrivals: Sequence[float], until: float) -> float:
    """Return the longest time in seconds without a new output after the end of a fault.

    Looks at the time from each fault's end to the next fault's begin (``until`` after the last), while orders came in.
    """
    ends = [fault.begin for fault in faults[1:]] + [until]
    return max((_longest_gap(fault.end, end, arrivals) for fault, end in zip(faults, ends, strict=True)), default=0.0)


def _longest_gap(begin: float, end: float, arrivals: Sequence[float]) -> float:
    points = [begin, *(at for at in arrivals if begin < at < end), max(begin, end)]
    return max(after - before for before, after in itertools.pairwise(points))
