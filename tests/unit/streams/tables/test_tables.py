"""Tables over layers of a state, beside a plain sorted dictionary: scans see what every layer changed and deleted."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.processor.state.store import Layer, Store
from streams.tables import StateTables, Table, keys

ORDERS, OTHERS = Table("order", int), Table("order-index", int)

parts = st.sampled_from(["", "a", "a/", "a/b", "a%2Fb", "b", "ы", "\udcff", "0"])
places = st.tuples(parts, st.integers(0, 12))
changes = st.lists(st.tuples(places, st.none() | st.integers(0, 9)), max_size=12)
rounds = st.lists(st.tuples(changes, st.sampled_from(["commit", "abort", "scan"])), max_size=8)

Model = dict[tuple[str, int], int]


def expected(model: Model) -> list[tuple[tuple[str, ...], int]]:
    """Return the entries in the order of their written keys."""
    found = sorted(model.items(), key=lambda entry: keys.written("order", entry[0]))
    return [((text, f"{number:012}"), value) for (text, number), value in found]


def put(state: Layer, key: tuple[str, int], value: int | None) -> None:
    if value is None:
        ORDERS.delete(state, key)
        OTHERS.delete(state, key)
    else:
        ORDERS.put(state, key, value)
        OTHERS.put(state, key, -value)


def change(model: Model, key: tuple[str, int], value: int | None) -> None:
    if value is None:
        model.pop(key, None)
    else:
        model[key] = value


@given(rounds, places, places, st.integers(0, 5), st.booleans(), st.booleans())
def test_a_scan_sees_the_layers_as_one_sorted_dictionary(
    steps: list[tuple[list[tuple[tuple[str, int], int | None]], str]],
    start: tuple[str, int],
    end: tuple[str, int],
    limit: int,
    reverse: bool,
    early: bool,
) -> None:
    store, committed = Store(), Model()
    if early:
        assert ORDERS.scan(Layer(store)) == []
    for entries, how in steps:
        batch, seen = Layer(store), dict(committed)
        for key, value in entries:
            record = Layer(batch)
            put(record, key, value)
            change(seen, key, value)
            assert [*ORDERS.scan(record)] == expected(seen)
            batch.merge(record)
            assert [*ORDERS.scan(batch, (key[0],))] == [one for one in expected(seen) if one[0][0] == key[0]]
        if how == "commit":
            store.apply(batch.changes)
            committed = seen
        assert [*ORDERS.scan(store)] == expected(committed)
    restored = Layer(Store(dict(store.values)))
    begin, stop = keys.written("order", start), keys.written("order", end)
    wanted = [one for one in expected(committed) if begin <= keys.written("order", one[0]) < stop]
    wanted = [*reversed(wanted)] if reverse else wanted
    for state in (Layer(store), restored):
        assert [*ORDERS.scan(state, start=start, end=end, reverse=reverse, limit=limit)] == wanted[:limit]


@given(changes, changes)
def test_a_view_of_the_tables_sees_its_own_changes_and_writes_them_once(
    before: list[tuple[tuple[str, int], int | None]], after: list[tuple[tuple[str, int], int | None]]
) -> None:
    state, model = Layer(Store()), Model()
    for key, value in before:
        put(state, key, value)
        change(model, key, value)
    view, known = StateTables(state), dict(model)
    for key, value in after:
        view.put(ORDERS, key, value)
        change(model, key, value)
        assert view.get(ORDERS, key) == value
        assert [*view.scan(ORDERS)] == expected(model)
        assert [*view.scan(ORDERS, reverse=True, limit=3)] == expected(model)[::-1][:3]
    assert [*ORDERS.scan(state)] == expected(known)
    for written, data in view.changes().items():
        if data is None:
            state.delete(written)
        else:
            state.put(written, data)
    assert [*ORDERS.scan(state)] == expected(model)


def test_keys_sort_as_their_parts_do() -> None:
    moment = datetime(2026, 11, 24, 8, tzinfo=UTC)
    numbers = [0, 9, 10, 99, keys.LARGEST]
    assert sorted(keys.written("t", (number,)) for number in numbers) == [keys.written("t", (n,)) for n in numbers]
    instants = [moment + timedelta(microseconds=step) for step in (0, 1, 1_000_000, 10**12)]
    omsk = [each.astimezone(timezone(timedelta(hours=6))) for each in instants]
    assert sorted(keys.written("t", (each,)) for each in omsk) == [keys.written("t", (each,)) for each in instants]
    assert keys.instant(keys.parts(keys.written("t", (omsk[1],)))[0]) == instants[1]
    assert keys.written("t", (date(2026, 11, 24), "a/b")) == "t/2026-11-24/a%2Fb"


@given(st.lists(st.text(), min_size=1).map(tuple))
def test_any_text_comes_back_from_a_key(texts: tuple[str, ...]) -> None:
    assert keys.parts(keys.written("t", texts)) == texts


@pytest.mark.parametrize("part", [-1, keys.LARGEST + 1, datetime(2026, 1, 1)])  # noqa: DTZ001
def test_what_would_not_sort_is_refused(part: int | datetime) -> None:
    with pytest.raises(ValueError, match="in a key"):
        keys.written("t", (part,))
