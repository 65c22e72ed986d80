"""What a connector's author tells the contract suite of the ERP. Written against the ERP, never with the connector."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from kranhub.connector import Connector, Event


@dataclass(frozen=True, slots=True)
class Features:
    """What this connector and its ERP can do. Only what is False is left out of the suite.

    ``failpoints`` are the connector's own, one between every two steps of a delivery.
    """

    reads: bool = True
    writes: bool = True
    revises: bool = True
    cancels: bool = True
    refuses: bool = True
    goes_away: bool = True
    answers_garbage: bool = False
    failpoints: tuple[str, ...] = ()


class ErpHarness(ABC):
    """One fresh ERP per test."""

    @abstractmethod
    def connector(self) -> Connector:
        """Return a new connector to this ERP: each call is a restart."""

    @abstractmethod
    def misconfigured(self) -> Connector:
        """Return a connector that only a person can help: a wrong password, a missing table."""

    def change(self, count: int) -> Sequence[str]:
        """Let people create ``count`` documents that the source must publish; return their keys."""
        raise NotImplementedError

    def event(self, reference: str, revision: int = 1, *, cancelled: bool = False) -> Event:
        """Return an event for the sink. Another revision asks for another quantity."""
        raise NotImplementedError

    def unacceptable(self, reference: str) -> Event:
        """Return an event that this ERP must refuse, such as one with an unknown item."""
        raise NotImplementedError

    def live(self, reference: str) -> int:
        """Return how many documents of this reference count in the ERP, cancelled ones left out."""
        raise NotImplementedError

    def quantity(self, reference: str) -> Any:
        """Return the quantity that the ERP holds under this reference, comparable with itself only."""
        raise NotImplementedError

    def away(self) -> AbstractContextManager[None]:
        """Make the ERP unreachable inside the context."""
        raise NotImplementedError

    def garbage(self) -> AbstractContextManager[None]:
        """Make the ERP answer nonsense inside the context."""
        raise NotImplementedError

    def process(self, reference: str) -> Sequence[str]:
        """Return the command of a process that delivers ``event(reference)`` to this ERP and exits 0."""
        raise NotImplementedError
