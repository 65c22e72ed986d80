"""RecordQueue: first in, first out, whatever names stand beside it."""

from collections import defaultdict, deque

from hypothesis import given
from hypothesis import strategies as st

from streams.processor.state.store import Layer, Store
from streams.stages.support.queues import RecordQueue

NAMES = ["a", "a/0", "a/1", "a/0/0"]
STEPS = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 4)))


@given(STEPS)
def test_values_come_out_as_they_went_in_whatever_other_names_hold(steps: list[tuple[str, int]]) -> None:
    state = Layer(Store())
    model: dict[str, deque[bytes]] = defaultdict(deque)
    for number, (name, limit) in enumerate(steps):
        if limit:
            taken = list(RecordQueue(name).take(state, limit))
            assert taken == [model[name].popleft() for _ in range(min(limit, len(model[name])))]
        else:
            RecordQueue(name).put(state, b"%d" % number)
            model[name].append(b"%d" % number)
        assert {name: RecordQueue(name).length(state) for name in NAMES} == {name: len(model[name]) for name in NAMES}
    for name in NAMES:
        assert list(RecordQueue(name).take(state)) == list(model[name])
    assert all(value is None for value in state.changes.values())


def test_what_is_put_while_it_is_drained_stays() -> None:
    state, backlog = Layer(Store()), RecordQueue("a")
    backlog.put(state, b"1")
    for value in backlog.take(state):
        backlog.put(state, value + b"again")
    assert list(backlog.take(state)) == [b"1again"]
