"""What scenarios wait for."""

from functools import partial

from tools.faults.installation.installation import Installation
from tools.harness import core

wait_for = partial(core.wait_for, patience=90.0)


def has_more(here: Installation, plant: str, count: int) -> bool:
    """Return whether the plant's system holds so many documents.

    Args:
        here: The installation.
        plant: The plant.
        count: How many at least.
    """
    return here.delivered(plant) >= count
