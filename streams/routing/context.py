"""What a decision is made in: the event that is being handled, and the master data that apply to it."""

from dataclasses import dataclass
from datetime import datetime

from streams.routing.masterdata.masterdata import MasterData


@dataclass(frozen=True, slots=True)
class DecisionContext:
    """The event that is being handled, and the master data as they are when it is handled.

    Attributes:
        event_id: The event's id.
        time: The hub's own time of the event, with its zone: the only clock that routing knows.
        master: The master data.
        fingerprint: By it a repeat of the event is known (`timestamps.fingerprint`); empty: it counts as new.
    """

    event_id: str
    time: datetime
    master: MasterData
    fingerprint: str = ""
