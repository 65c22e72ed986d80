"""What was published of plants' availability is the state's alone: it is found again after a restore or an abort."""

from datetime import date
from decimal import Decimal
from typing import Any

from kranhub.wire.messages import Subject
from streams.processor import Record
from streams.processor.state.store import Layer, Store
from streams.routing.model.availability import UNKNOWN, ItemAvailability
from streams.stages.support.availability_state import AvailabilityState
from tests.support import batches
from tests.support.batches import CODEC

MONDAY = date(2026, 11, 23)


def published(plant: str, free: int) -> Record:
    entry: Any = {"item": "motor", "free_stock": Decimal(free), "capacity_from": MONDAY, "load": None}
    return batches.record(value=CODEC.encode(Subject.AVAILABILITY, {"plant": plant, "items": [entry]}))


def test_the_last_of_each_plant_counts_and_is_found_again() -> None:
    known, state = AvailabilityState(CODEC), Layer(Store())
    assert known.current(state) is UNKNOWN
    for plant, free in (("oemz", 4), ("zmk", 1), ("oemz", 9)):
        known.take(published(plant, free), state)
    found = known.current(state)
    assert found is known.current(state)
    assert found.of("oemz", "motor") == ItemAvailability(Decimal(9), MONDAY)
    assert found.of("zmk", "motor") == ItemAvailability(Decimal(1), MONDAY)
    assert found.of("zmk", "girder") is None
    assert AvailabilityState(CODEC).current(state) == found


def test_what_was_aborted_is_not_known() -> None:
    known, state = AvailabilityState(CODEC), Layer(Store())
    known.take(published("oemz", 4), state)
    aborted = Layer(state)
    known.take(published("oemz", 9), aborted)
    assert known.current(state).of("oemz", "motor") == ItemAvailability(Decimal(4), MONDAY)
    known.take(published("oemz", 5), state)
    assert known.current(state).of("oemz", "motor") == ItemAvailability(Decimal(5), MONDAY)
