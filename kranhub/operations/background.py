"""What a supervising command looks after beside its children: rooms add it through an entry-point group."""

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import Protocol

from kranhub.settings import Settings
from kranhub.text import Text

GROUP = "kranhub.keepers"


class Keeper(Protocol):
    """Keeps something running that is nobody's child, such as the embedded Kafka."""

    def step(self) -> None:
        """Look, and do what is due. Never raises, and does not wait. Called a few times a second."""


def keepers(settings: Settings, say: Callable[[Text], None]) -> Sequence[Keeper]:
    """Return the rooms' keepers; a room whose extra is not installed has none."""
    found: list[Keeper] = []
    for entry in entry_points(group=GROUP):
        try:
            make = entry.load()
        except ModuleNotFoundError:
            continue
        found.append(make(settings, say))
    return found
