"""Random numbers that do not depend on the order of calls: each question has a generator of its own."""

import random
from collections.abc import Mapping
from typing import TypeVar

Name = TypeVar("Name", bound=str)


def random_for(seed: int, *words: object) -> random.Random:
    """Return the generator of one question; the same seed and ``words`` give the same numbers in every process."""
    return random.Random("/".join(map(str, (seed, *words))))


def pick(chance: random.Random, shares: Mapping[Name, float]) -> Name:
    """Return one of the names by their shares."""
    (found,) = chance.choices(list(shares), list(shares.values()))
    return found
