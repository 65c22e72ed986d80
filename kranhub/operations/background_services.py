"""What a supervising command takes care of besides its children; packages add it through an entry-point group."""

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import Protocol

from kranhub.settings import Settings
from kranhub.text import Text

GROUP = "kranhub.background_services"


class BackgroundService(Protocol):
    """Keeps something running that is no child process, such as the embedded Kafka."""

    def step(self) -> None:
        """Do what is due. Called a few times a second; must not raise and must not wait."""


def background_services(settings: Settings, say: Callable[[Text], None]) -> Sequence[BackgroundService]:
    """Return the services of the installed packages; one whose extra is not installed has none."""
    found: list[BackgroundService] = []
    for entry in entry_points(group=GROUP):
        try:
            make = entry.load()
        except ModuleNotFoundError:
            continue
        found.append(make(settings, say))
    return found
