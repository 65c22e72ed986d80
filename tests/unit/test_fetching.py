"""When a partition's fetcher counts as stalled, from librdkafka's statistics and the broker's ends."""

import json

from hypothesis import given
from hypothesis import strategies as st

from streams.exactly_once.fetching import PATIENCE_S, Fetched, Fetchers, fetched

PLACE = ("work", 3)


def test_statistics_tell_how_far_each_partition_was_fetched() -> None:
    part = {"partition": 3, "next_offset": 6, "fetchq_cnt": 2}
    none_yet = {"partition": 4, "next_offset": -1001, "fetchq_cnt": 0}
    internal = {"partition": -1, "next_offset": 0, "fetchq_cnt": 0}
    topics = {"work": {"topic": "work", "partitions": {"3": part, "4": none_yet, "-1": internal}}}
    assert fetched(json.dumps({"topics": topics})) == {PLACE: Fetched(6, 2)}
    assert fetched("") == {}


def test_a_partition_that_stands_still_before_its_end_is_stalled_once_patience_is_over() -> None:
    fetchers, here, end = Fetchers(), {PLACE: Fetched(6, 0)}, {PLACE: 9}
    assert fetchers.stalled(0, here, end) == []
    assert fetchers.stalled(PATIENCE_S, here, end) == []
    assert fetchers.stalled(PATIENCE_S + 1, here, end) == [PLACE]
    assert fetchers.stalled(PATIENCE_S + 2, {PLACE: Fetched(7, 0)}, end) == [], "it has moved"
    fetchers.forget()
    assert fetchers.stalled(2 * PATIENCE_S + 9, {PLACE: Fetched(7, 0)}, end) == []


looks = st.lists(
    st.tuples(st.floats(0, 60), st.integers(0, 3), st.integers(0, 3), st.sampled_from([0, 0, 0, 5])), max_size=30
)


@given(looks)
def test_stalled_is_who_had_the_same_offset_behind_its_end_and_nothing_queued_for_longer_than_patience(
    steps: list[tuple[float, int, int, int]],
) -> None:
    fetchers, now = Fetchers(), 0.0
    seen: list[tuple[float, int, bool]] = []
    for pause, at, end, queued in steps:
        now += pause
        seen.append((now, at, at < end and not queued))
        run = [when for when, position, behind in seen if (position, behind) == (at, True)]
        first = now
        for when, position, behind in reversed(seen):
            if not (behind and position == at):
                break
            first = when
        wanted = [PLACE] if run and seen[-1][2] and now - first > PATIENCE_S else []
        assert fetchers.stalled(now, {PLACE: Fetched(at, queued)}, {PLACE: end}) == wanted
