"""The checkpoints topic: every record bounded, only changes written, and what is read back is what was committed."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.runtime.checkpoints import PART, Kept
from kranhub.connector import Checkpoint, Position

positions = st.builds(
    Position,
    st.sampled_from(["", "17", "2026-03-31"]),
    st.frozensets(st.integers(0, 4 * PART).map(str), max_size=4)
    | st.integers(0, 3 * PART).map(lambda size: frozenset(map(str, range(size)))),
)
checkpoints = st.dictionaries(st.sampled_from(["orders", "orders/0", "stock#1"]), positions, max_size=3).map(Checkpoint)


class Topic:
    """A compacted topic, with the records of other connectors in it."""

    def __init__(self) -> None:
        self.records: list[tuple[str, Any]] = [("other.source/0/orders", one("orders", "99"))]

    def write(self, records: dict[str, Any]) -> None:
        self.records += records.items()

    def read(self, *, compacted: bool = False) -> Kept:
        kept, last = Kept("erp"), dict(self.records)
        for key, value in last.items() if compacted else self.records:
            if not (compacted and value is None):
                kept.take(key, value)
        return kept


def one(stream: str, watermark: str) -> Any:
    return {"connector": "erp", "task": 0, "positions": {stream: {"watermark": watermark, "seen": []}}}


@given(st.lists(checkpoints, min_size=1, max_size=5), st.booleans())
def test_what_is_committed_is_what_the_next_start_reads(history: list[Checkpoint], older_layout: bool) -> None:
    topic = Topic()
    if older_layout:
        whole = {name: {"watermark": "1", "seen": ["x"]} for name in ("orders", "forgotten")}
        topic.write({"erp.source": {"connector": "erp", "task": 0, "positions": whole}})
    kept = topic.read()
    found = kept.checkpoint()
    assert (found is not None) is older_layout
    for checkpoint in history:
        records = kept.changes(checkpoint)
        assert all(len(seen) <= 2 * PART for seen in _sizes(records))
        topic.write(records)
        kept.committed(checkpoint, records)
        assert kept.changes(checkpoint) == {}
        for compacted in (False, True):
            again = topic.read(compacted=compacted).checkpoint()
            assert dict(again.positions if again else {}) == dict(checkpoint.positions)


def _sizes(records: dict[str, Any]) -> list[list[str]]:
    return [found["seen"] for value in records.values() if value for found in value["positions"].values()]


def test_only_the_part_of_an_id_that_changed_is_written() -> None:
    kept, ids = Kept("erp"), frozenset(map(str, range(100 * PART)))
    kept.committed(Checkpoint({"stock": Position("", ids)}), kept.changes(Checkpoint({"stock": Position("", ids)})))
    moved = kept.changes(Checkpoint({"stock": Position("", ids - {"5"} | {"new"})}))
    assert 1 <= len(moved) <= 2
