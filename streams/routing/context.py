"""What a decision is made in: the event that is being handled, and the master data that apply to it."""

from datetime import datetime
from typing import NamedTuple

from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.availability import UNKNOWN, Availabilities


class DecisionContext(NamedTuple):
    """The event that is being handled, and the master data as they are when it is handled.

    Attributes:
        event_id: The event's id.
        time: The hub's own time of the event, with its zone: the only clock that routing knows.
        master: The master data.
        fingerprint: By it a repeat of the event is known (`timestamps.fingerprint`); empty: it counts as new.
        availability: What the allocators have published of the plants' free stock and capacity.
    """

    event_id: str
    time: datetime
    master: MasterData
    fingerprint: str = ""
    availability: Availabilities = UNKNOWN
