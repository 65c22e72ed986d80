"""`dataclasses.replace`, but fast: routing makes a copy of something at nearly every step.

It takes half the time because the fields of a class are looked up once, and their values read and written in one go.
"""

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["replace"]

if TYPE_CHECKING:  # so that the names and types of the changes are checked
    from dataclasses import replace
else:

    def replace(value, /, **changes):
        """Return a copy of the value, a dataclass with two fields or more, with these fields changed."""
        kind = type(value)
        read, places = _fields(kind)
        values = [*read(value)]
        for name, change in changes.items():
            values[places[name]] = change
        return kind(*values)


@cache
def _fields(kind: type[Any]) -> tuple[Callable[[Any], tuple[Any, ...]], Mapping[str, int]]:
    """Return what reads the values of all fields, in the order in which the class takes them, and their places."""
    names = [field.name for field in dataclasses.fields(kind)]
    return attrgetter(*names), {name: place for place, name in enumerate(names)}
