"""Python's cyclic garbage collector, kept from looking again and again at what lives as long as the process."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 50_000
"""New objects between two collections, in place of CPython's 700: a stage makes thousands with each order, hardly any
of them in a cycle. Cycles may hold as many objects longer."""


def spare_what_lives() -> None:
    """Leave everything that is there now out of all later collections, and have fewer of them.

    Call it once, before the work begins.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 100)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Collect nothing while the context lasts: reading state makes millions of objects and no garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
