"""The polling cursor: entries in positions of bounded size, a watermark that no stamp ahead moves."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from kranhub import polling
from kranhub.connector import Position
from kranhub.polling import SEGMENT, PollingCursor

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
WEEK = st.integers(-(10**6), 10**6).map(lambda seconds: NOW + timedelta(seconds=seconds))


@given(st.lists(st.tuples(st.integers(0, 300), st.booleans()), max_size=900), st.integers(1, 200))
def test_what_is_put_is_there_after_a_restart_in_bounded_positions(steps: list[tuple[int, bool]], every: int) -> None:
    cursor, expected = PollingCursor("a", {}), dict[str, list[object]]()
    older: list[tuple[Mapping[str, Position], dict[str, Position]]] = []
    for step, (number, there) in enumerate(steps):
        name = f"№ {number}"
        if there:
            cursor.put(name, step, [str(step)])
            expected[name] = [step, [str(step)]]
        else:
            cursor.drop(name)
            expected.pop(name, None)
        if step % every == 0:
            cursor.watermark = str(step)
            positions = cursor.positions()
            older.append((positions, dict(positions)))
            assert all(len(position.seen) <= SEGMENT for position in positions.values())
            again = PollingCursor("a", {**positions, "b": Position("9"), "b/0": Position("", frozenset({"x"}))})
            assert (dict(again.entries()), again.watermark) == (expected, str(step))
            cursor = again if step % 2 else cursor
    assert all(dict(taken) == copied for taken, copied in older)


def test_a_change_makes_one_position_anew() -> None:
    cursor = PollingCursor("a", {})
    for number in range(10 * SEGMENT):
        cursor.put(str(number), 1)
    before = cursor.positions()
    cursor.put("7", 2)
    after = cursor.positions()
    assert [name for name in after if before[name] is not after[name]] == ["a/0"]


def test_a_checkpoint_holds_every_stream_and_what_is_read_no_more() -> None:
    cursor = PollingCursor("a#1", {"a#1": Position("5"), "old#0": Position("1")})
    cursor.watermark = "6"
    kept = {"a#1": Position("5"), "old#0": Position("1")}
    found = polling.checkpoint(cursor.positions(), PollingCursor("b#1", {}).positions(), kept)
    assert dict(found.positions) == {"a#1": Position("6"), "old#0": Position("1")}


@given(st.lists(st.tuples(st.none() | WEEK, WEEK), max_size=5), st.timedeltas(timedelta(0), timedelta(hours=1)))
def test_a_watermark_never_falls_and_never_passes_the_clock(
    polls: list[tuple[datetime | None, datetime]], overlap: timedelta
) -> None:
    watermark, latest_clock = "", NOW - timedelta(days=400)
    assert polling.poll_start(watermark, overlap) is None
    for latest, now in polls:
        after = polling.advanced(watermark, latest, now.astimezone(timezone(timedelta(hours=6))))
        assert after >= watermark
        watermark, latest_clock = after, max(latest_clock, now)
        start = polling.poll_start(watermark, overlap)
        assert start is None or start <= latest_clock - overlap
        assert latest is None or start is None or start <= max(latest, latest_clock)
