"""What a decision is made in: the event that is being handled, and the master data that apply to it."""

from dataclasses import dataclass
from datetime import datetime

from streams.routing.masterdata.masterdata import MasterData


@dataclass(frozen=True, slots=True)
class DecisionContext:
    """The event that is being handled, and the master data as they are when it is handled.

    ``time`` is the hub's own time of the event: the only clock that routing knows. ``fingerprint`` tells whether the
    same event came before (`timestamps.fingerprint`); an event without one always counts as new.
    """

    event_id: str
    time: datetime
    master: MasterData
    fingerprint: str = ""
