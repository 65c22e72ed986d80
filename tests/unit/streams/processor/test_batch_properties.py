"""Whatever records come, with refusals and defects among them: state and outputs are those of a simple model."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from kranhub.errors import InvalidDocument
from kranhub.text import Text
from streams.processor import Context, Outputs, Record, State
from streams.processor.batch import ATTEMPTS
from streams.processor.state.changelog import Restored
from streams.processor.state.store import Layer, Store
from tests.support import batches
from tests.support.batches import WORK, batch, quiet, record, sent_records
from tests.support.refusals import Refusal

__all__ = ["quiet"]

KEYS = [b"a", b"b", "ключ".encode(), b"\xff", b"\xfe\xd0"]
NAMES = [key.decode("utf-8", "surrogateescape") for key in KEYS]


class Step(NamedTuple):
    """What a record does, one after the other, and how it ends."""

    key: bytes
    changes: list[tuple[str, bytes | None]]
    says: list[bytes]
    ending: str


changes = st.lists(st.tuples(st.sampled_from(NAMES), st.none() | st.binary(max_size=3)), max_size=4)
endings = st.sampled_from(["well", "well", "well", "refused", "defect", "flaky", "returns", "nowhere"])
steps = st.lists(st.builds(Step, st.sampled_from(KEYS), changes, st.lists(st.binary(max_size=2), max_size=3), endings))
runs = st.lists(st.tuples(steps, st.booleans()), max_size=4)


class Doing:
    """Plays the steps by the records' offsets."""

    def __init__(self, played: Sequence[Step]) -> None:
        self.played, self.tries = played, [0] * len(played)

    def __call__(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> Any:
        step = self.played[record.offset]
        self.tries[record.offset] += 1
        for key, value in step.changes:
            before = state.get(key)
            outputs.forward(WORK, key.encode("utf-8", "surrogateescape"), before)
            state.delete(key) if value is None else state.put(key, value)
            assert state.get(key) == value
        for word in step.says:
            outputs.forward(WORK, step.key, word)
        return self._end(step.ending, self.tries[record.offset], outputs)

    def _end(self, ending: str, tries: int, outputs: Outputs) -> Any:
        if ending == "refused":
            raise InvalidDocument(Refusal.REFUSED, Text(en="no", ru="нет"))
        if ending == "defect" or (ending == "flaky" and tries < ATTEMPTS):
            raise ZeroDivisionError
        if ending == "nowhere":
            outputs.forward("t.nowhere", b"k", b"v")
        return 1 if ending == "returns" else None


def model(state: dict[str, bytes], step: Step) -> list[tuple[bytes, bytes | None]] | None:
    """Change the state as the step does and return what it says; None, and no change, for one that ends badly."""
    if step.ending not in ("well", "flaky"):
        return None
    spoken: list[tuple[bytes, bytes | None]] = []
    for key, value in step.changes:
        spoken.append((key.encode("utf-8", "surrogateescape"), state.pop(key, None)))
        if value is not None:
            state[key] = value
    return spoken + [(step.key, word) for word in step.says]


@given(runs)
def test_state_and_outputs_equal_a_simple_model(played: list[tuple[list[Step], bool]]) -> None:
    """Batches that abort leave nothing; the changelog of those that commit brings the same state back."""
    store, restored, expected = Store(), Restored(), dict[str, bytes]()
    for script, commits in played:
        made = batch(Doing(script), store)
        records = [record(offset, step.key.decode("utf-8", "surrogateescape")) for offset, step in enumerate(script)]
        assert made.process(records) == len(script)
        after = dict(expected)
        told = [(step, model(after, step)) for step in script]
        assert [(one.key, one.value) for one in sent_records(made)] == [
            word for _, words in told for word in words or ()
        ]
        bad = [offset for offset, (_, words) in enumerate(told) if words is None]
        assert [letter["offset"] for letter in batches.dead_letters(made)] == bad
        assert (made.dead_letters.total(), store.values) == (len(bad), expected)
        if commits:
            for change in made.changes():
                restored.take(change.key, change.value)
            made.commit()
            expected = after
        assert store.values == restored.values == expected
        assert store.size == Store(dict(store.values)).size
    if restored.offsets:
        assert (restored.version, store.version) == (1, 1)


@given(st.dictionaries(st.sampled_from(NAMES), st.binary(max_size=3)), changes, changes)
def test_layers_equal_a_dictionary(
    start: dict[str, bytes], first: list[tuple[str, bytes | None]], second: list[tuple[str, bytes | None]]
) -> None:
    store = Store(dict(start))
    lower, expected = Layer(store), dict(start)
    upper = Layer(lower)
    for layer, wanted in ((lower, first), (upper, second)):
        for key, value in wanted:
            layer.delete(key) if value is None else layer.put(key, value)
            expected.pop(key, None)
            if value is not None:
                expected[key] = value
        assert {key: found for key in NAMES if (found := layer.get(key)) is not None} == expected
    lower.merge(upper)
    store.apply(lower.changes)
    assert store.values == expected
    assert store.size == Store(expected).size
