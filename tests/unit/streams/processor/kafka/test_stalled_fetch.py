"""When a partition's fetcher counts as stalled, from librdkafka's statistics and the broker's ends."""

import json
from collections.abc import Callable, Collection, Mapping

from hypothesis import given
from hypothesis import strategies as st

from kranhub.wire.locations import TopicPartition
from streams.processor.kafka.stalled_fetch import PATIENCE_S, Fetched, Fetchers, fetched

PLACE = TopicPartition("work", 3)


def statistics(*parts: tuple[int, int, int]) -> str:
    """Return them as librdkafka does: partition, next offset and records queued of each."""
    found = {
        str(part): {"partition": part, "next_offset": at, "fetchq_cnt": queued, "fetch_state": "active"}
        for part, at, queued in parts
    }
    return json.dumps({"topics": {"work": {"topic": "work", "partitions": found}}})


def ends(offset: int) -> Callable[[Collection[TopicPartition]], Mapping[TopicPartition, int]]:
    return lambda places: dict.fromkeys(places, offset)


def look(fetchers: Fetchers, now: float, at: int, end: int, queued: int = 0) -> list[TopicPartition]:
    """Let the client tell where it stands, and look."""
    fetchers.take_statistics(statistics((PLACE[1], at, queued)))
    return fetchers.stalled(now, {PLACE}, ends(end))


def test_statistics_tell_how_far_each_partition_was_fetched() -> None:
    none_yet, internal = (4, -1001, 0), (-1, 0, 0)
    assert fetched(statistics((3, 6, 2), none_yet, internal)) == {PLACE: Fetched(6, 2)}


def test_a_partition_that_stands_still_before_its_end_is_stalled_once_patience_is_over() -> None:
    fetchers = Fetchers()
    assert look(fetchers, 0, 6, 9) == []
    assert look(fetchers, PATIENCE_S, 6, 9) == []
    assert look(fetchers, PATIENCE_S + 1, 6, 9) == [PLACE]
    assert look(fetchers, PATIENCE_S + 2, 7, 9) == [], "it has moved"
    fetchers.forget()
    assert look(fetchers, 2 * PATIENCE_S + 9, 7, 9) == []


def test_statistics_that_were_looked_at_say_nothing_a_second_time() -> None:
    """A batch that took long comes between: the client has fetched meanwhile, and has not told so yet."""
    fetchers = Fetchers()
    assert look(fetchers, 0, 6, 9) == []
    assert fetchers.stalled(PATIENCE_S + 1, {PLACE}, ends(9)) == []
    assert look(fetchers, PATIENCE_S + 2, 9, 9) == []


def test_a_partition_that_is_no_longer_served_is_not_asked_for() -> None:
    fetchers = Fetchers()
    fetchers.take_statistics(statistics((PLACE[1], 6, 0)))
    asked: list[TopicPartition] = []

    def ask(places: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        asked.extend(places)
        return dict.fromkeys(places, 9)

    assert fetchers.stalled(0, (), ask) == []
    assert asked == []


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
        first = now
        for when, position, behind in reversed(seen):
            if not (behind and position == at):
                break
            first = when
        wanted = [PLACE] if now - first > PATIENCE_S else []
        assert look(fetchers, now, at, end, queued) == wanted
