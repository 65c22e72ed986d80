"""The open orders that a benchmark fills in leave room for those that are measured."""

import pytest

from benchmarks import filling, members
from benchmarks.passing import Passing
from kranhub.settings import Settings
from kranhub.testing.content import codec
from streams.routing.allocator.weeks import WEEKS
from streams.routing.masterdata.rules import Rank
from streams.tables import keys

COUNT = 20


def test_later_orders_find_a_place_in_the_week_before_all_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "PLANNED", COUNT // 2)
    passing = Passing(Settings(namespace="t."), codec(), members.master(5, Rank.CAPABILITY))
    filling.open_orders(passing, COUNT)
    stores = passing.core.stores["allocator"].values()
    numbers = [int(keys.parts(key)[2]) for store in stores for key in store.values if key.startswith(f"{WEEKS.name}/")]
    assert len(numbers) == COUNT
    assert min(numbers) > filling.FIRST_COPY - COUNT
