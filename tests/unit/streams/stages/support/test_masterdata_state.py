"""MasterDataState: what a stage sees of the master data follows from its state alone, through aborts and restores."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.errors import InvalidDocument
from streams.admin.publish import changes
from streams.processor import Record
from streams.processor.state.store import Layer, Store
from streams.routing.masterdata import entries
from streams.routing.masterdata.entries import Entry, Kind, Publication
from streams.routing.masterdata.masterdata import MasterData
from streams.stages.support.masterdata_state import MasterDataState
from tests.support import batches
from tests.support.batches import CODEC, WORK
from tests.support.masterdata import masters, record, same
from tests.support.omsk import OMSK, renumbered


@dataclass
class Partition:
    """One partition's committed state, and where it stands in the log."""

    store: Store = field(default_factory=Store)
    at: int = 0

    def take(self, log: list[Record], count: int, reference: MasterDataState, *, commit: bool) -> None:
        """Process so many records as one batch, each in a layer of its own, as the processor does."""
        batch = Layer(self.store)
        for one in log[self.at : self.at + count]:
            layer = Layer(batch)
            assert reference.take(one, layer)
            reference.current(layer)
            batch.merge(layer)
        if commit:
            self.store.apply(batch.changes)
            self.at = min(self.at + count, len(log))


def log_of(history: list[MasterData]) -> tuple[list[Record], list[MasterData | None]]:
    """Return what is written when these are published one after the other, and what counts before each record."""
    known: dict[tuple[str, str], Entry] = {}
    log: list[Record] = []
    counts: list[MasterData | None] = [None]
    for version, master in enumerate(history, 1):
        for entry in changes(known, renumbered(master, version)):
            known[entry.place] = entry
            log.append(record(len(log), entry, WORK))
            counts.append(renumbered(master, version) if entry.kind == Kind.PUBLICATION else counts[-1])
    return log, counts


STEPS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(1, 9), st.booleans(), st.integers(0, 9).map(lambda number: number == 0)),
    max_size=30,
)


@given(st.lists(masters(), min_size=1, max_size=3), STEPS)
def test_each_partition_sees_the_last_publication_before_its_place(
    history: list[MasterData], steps: list[tuple[int, int, bool, bool]]
) -> None:
    log, counts = log_of(history)
    partitions, reference = (Partition(), Partition()), MasterDataState(CODEC)
    for which, count, commit, restart in steps:
        if restart:
            reference = MasterDataState(CODEC)
        partitions[which].take(log, count, reference, commit=commit)
        for partition in partitions:
            assert same(reference.current(Layer(partition.store)), counts[partition.at])
    for partition in partitions:
        partition.take(log, len(log), reference, commit=True)
        assert same(reference.current(Layer(partition.store)), counts[-1])


def published(reference: MasterDataState, state: Layer, found: list[Entry]) -> list[Record]:
    records = [record(number, entry, WORK) for number, entry in enumerate(found)]
    assert all(reference.take(one, state) for one in records)
    return records


def test_nothing_counts_before_the_publication_and_then_all_at_once() -> None:
    reference, state = MasterDataState(CODEC), Layer(Store())
    *others, last = entries.entries(OMSK)
    published(reference, state, others)
    assert reference.current(state) is None
    published(reference, state, [last])
    first = reference.current(state)
    assert first is not None
    assert first.items == OMSK.items
    changed = OMSK.items["bridge-span"].model_copy(update={"okpd2": "25.11.21.120"})
    published(reference, state, [Entry(Kind.ITEM, "bridge-span", 2, entries.content(changed))])
    assert reference.current(state) is first
    published(reference, state, [last])
    second = reference.current(state)
    assert second is not None
    assert second.items["bridge-span"].okpd2 == "25.11.21.120"
    assert second.items["girder-main-22m5"] is first.items["girder-main-22m5"], "what did not change is used again"


def test_partitions_with_one_history_share_one_value() -> None:
    reference, states = MasterDataState(CODEC), [Layer(Store()), Layer(Store())]
    for state in states:
        published(reference, state, entries.entries(OMSK))
    assert reference.current(states[0]) is reference.current(states[1])


def test_an_aborted_publication_leaves_no_trace() -> None:
    reference, store = MasterDataState(CODEC), Store()
    state = Layer(store)
    published(reference, state, entries.entries(OMSK))
    store.apply(state.changes)
    before = reference.current(Layer(store))
    aborted = Layer(store)
    published(reference, aborted, [closing(2)])
    assert [reference.current(one).version for one in (aborted, state)] == [2, 1]  # type: ignore[union-attr]
    assert reference.current(Layer(store)) is before
    instead = Layer(store)
    published(reference, instead, [closing(3)])
    assert reference.current(instead).version == 3  # type: ignore[union-attr]


def closing(version: int) -> Entry:
    value = entries.publication(OMSK).model_copy(update={"version": version})
    return Entry(*entries.PUBLICATION, version, entries.content(value))


def test_news_are_all_that_a_publication_brings_into_force() -> None:
    reference, state = MasterDataState(CODEC), Layer(Store())
    found = entries.entries(OMSK)
    *early, last = published(reference, state, found)
    assert [list(reference.published(one, state)) for one in early] == [[]] * len(early)
    assert list(reference.published(last, state)) == sorted(found, key=lambda entry: entry.place)
    item = next(entry for entry in found if entry.place == (Kind.ITEM, "bridge-span"))
    again = [Entry(item.kind, item.key, 2, item.content), found[-1]]
    *_, second = published(reference, state, again)
    assert {entry.place for entry in reference.published(second, state)} == {item.place, entries.PUBLICATION}


def test_an_items_entry_tells_its_codes() -> None:
    found = {entry.place: entry for entry in entries.entries(OMSK)}
    codes = {(member, code) for member, code in OMSK.items["bridge-span"].codes.items()}
    assert set(found[(Kind.ITEM, "bridge-span")].codes()) == codes
    assert found[(Kind.PARTY, "oemz")].codes() == ()


def test_other_records_are_not_its_business() -> None:
    reference, store = MasterDataState(CODEC), Store()
    state = Layer(store)
    assert not reference.take(batches.record(0), state)
    assert not reference.take(batches.record(0, value=None), state)
    assert list(reference.published(batches.record(0), state)) == []
    assert state.changes == {}


def test_entries_that_contradict_each_other_are_refused_and_the_former_stay() -> None:
    reference, store = MasterDataState(CODEC), Store()
    state = Layer(store)
    published(reference, state, entries.entries(OMSK))
    before = reference.current(state)
    wrong = Publication(version=2, members=("nobody",), rules=("capability-rank",))
    refused = Layer(state)
    with pytest.raises(InvalidDocument, match="nobody") as error:
        reference.take(record(99, Entry(*entries.PUBLICATION, 2, entries.content(wrong)), WORK), refused)
    assert error.value.code == "bad-masterdata"
    assert reference.current(state) is before
    published(reference, state, [entries.entries(OMSK)[-1]])
    assert same(reference.current(state), entries.of(entries.entries(OMSK)))
