"""Random numbers that do not depend on the order of calls: each question has a generator of its own."""

import random
from collections.abc import Mapping
from typing import TypeVar

Name = TypeVar("Name", bound=str)


def random_for(seed: int, *parts: object) -> random.Random:
    """Return the generator of one question; the same seed and ``parts`` give the same numbers in every process."""
    return random.Random("/".join(map(str, (seed, *parts))))


def pick(chance: random.Random, shares: Mapping[Name, float]) -> Name:
    """Return one of the names by their shares."""
    (found,) = chance.choices(list(shares), list(shares.values()))
    return found
