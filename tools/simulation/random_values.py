"""Chance that does not depend on who throws first: each question has dice of its own."""

import random
from collections.abc import Mapping
from typing import TypeVar

Name = TypeVar("Name", bound=str)


def dice(seed: int, *words: object) -> random.Random:
    """Return the dice of one question; the same seed and words throw the same numbers in every process."""
    return random.Random("/".join(map(str, (seed, *words))))


def pick(thrown: random.Random, shares: Mapping[Name, float]) -> Name:
    """Return one of the names by their shares."""
    (found,) = thrown.choices(list(shares), list(shares.values()))
    return found
