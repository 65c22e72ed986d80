"""`replace` for frozen values, of which routing copies one at nearly every step.

For a struct it is msgspec's, in C: a seventh of the time of `dataclasses.replace`, and constructors check as always.
"""

import dataclasses
from typing import TYPE_CHECKING

from msgspec import Struct, structs

__all__ = ["replace"]

if TYPE_CHECKING:  # so that the names and types of the changes are checked
    from dataclasses import replace
else:

    def replace(value, /, **changes):
        """Return a copy of a struct or a dataclass with these fields changed."""
        return structs.replace(value, **changes) if isinstance(value, Struct) else dataclasses.replace(value, **changes)
