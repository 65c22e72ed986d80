"""The clock stage without Kafka: whatever the broker's clock does, the ticks that are said only go forward."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kranhub.settings import Settings
from streams.processor.record import Context, Record
from streams.processor.state.store import Layer, Store
from streams.stages.clock import Clock

PERIOD_S = 10
START = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


class Broadcasts:
    """Stands in for `Outputs`: keeps what is broadcast."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def broadcast(self, target: str, document: Any) -> None:
        if target.endswith("hub.work"):
            self.ids.append(document.id)


def ticks(beats: list[int]) -> list[str]:
    """Return the ids of the ticks that follow from beats at these seconds after the start."""
    clock = Clock(Settings(tick_s=PERIOD_S), None)  # type: ignore[arg-type]
    state, outputs = Layer(Store()), Broadcasts()
    for number, second in enumerate(beats):
        stamp = int((START.timestamp() + second) * 1000)
        record = Record("hub.clock", 0, number, "a", b"", [], stamp)
        clock.process(record, state, outputs, Context("clock", record))  # type: ignore[arg-type]
    return outputs.ids


def test_a_clock_that_jumps_back_says_no_tick_again() -> None:
    assert ticks([0, 10, 20, 5, 15, 21, 30]) == [
        f"hub/Tick/2026-11-24T08:{time}+00:00" for time in ("30:00", "30:10", "30:20", "30:30")
    ]


@given(st.lists(st.integers(-100_000, 100_000), max_size=50))
def test_ticks_only_go_forward_and_tell_every_period_that_is_the_latest(beats: list[int]) -> None:
    said = ticks(beats)
    assert all(earlier < later for earlier, later in pairwise(said))
    latest = sorted({max(beats[: end + 1]) // PERIOD_S for end in range(len(beats))})
    assert len(said) == len(latest)
