"""What the SQL source tells of rows, pure: any history of rows, read in any portions, restarted at any point."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sql import SqlConfig, checkpoint, mapping
from connectors.sql.changes import Versions, plain, restored, spelled
from connectors.sql.checkpoint import Memory
from connectors.sql.config import Changed
from connectors.sql.events import Item, RowComparison
from connectors.sql.mapping import Snapshot, Stream
from connectors.sql.values import Values
from kranhub import polling
from kranhub.connector import Event, Position, Unreadable
from kranhub.errors import Misconfigured
from tests.support.fields import fields
from tests.support.sql_plant import member, settings

OMSK = ZoneInfo("Asia/Omsk")
NOW = datetime(2026, 2, 1, tzinfo=UTC)
VALUES = Values(OMSK, {"шт": "H87", "т": "TNE"})
GRACE = 120.0
ORDERS = {
    "table": "zakupka",
    "key": "id",
    "number": "nomer",
    "status": "status",
    "statuses": {"ДА": "active", "НЕТ": "cancelled", "ЧЕРНОВИК": "none", "ЗАКРЫТ": "closed"},
    "requested_date": "srok",
    "lines": {
        "table": "stroka",
        "head": "zakupka",
        "position": "n",
        "item_code": "kod",
        "quantity": "kol",
        "unit": "ed",
    },
}
CONFIG = SqlConfig.model_validate(
    settings(Path("plant.db"), orders=ORDERS, items={"table": "kody", "key": "id", "item_code": "kod", "item": "chto"})
)
STREAMS: dict[str, Stream] = {stream.name: stream for stream in mapping.streams(CONFIG, member(), VALUES)}
Rows = dict[Any, Mapping[str, Any]]


class World:
    """A table, a comparison of it, and what was told."""

    def __init__(self, name: str) -> None:
        self.stream = STREAMS[name]
        self.rows: Rows = {}
        self.now = NOW
        self.told: list[Item] = []
        self.restart({})

    def restart(self, positions: Mapping[str, Position]) -> None:
        self.memory = Memory("stream", positions)
        self.comparison = RowComparison(self.stream, self.memory, 1, None)

    def read(self, page: int = 2, crash_after: int | None = None) -> list[Item]:
        """Read the whole table; a crash begins anew from what the last item's checkpoint holds."""
        self.now += timedelta(seconds=1)
        found: list[Item] = []
        for item in self._items(page):
            found.append(item)
            if len(found) == crash_after:
                self.restart(dict(self.memory.positions()))
                break
        else:
            self.restart(dict(self.memory.positions()))
        self.told += found
        return found

    def _items(self, page: int) -> Iterator[Item]:
        self.comparison.begin()
        snapshots = [Snapshot(row, (LINE,) if self.stream.lines else ()) for row in self.rows.values()]
        for first in range(0, len(snapshots), page):
            yield from self.comparison.learn(snapshots[first : first + page], self.now, paged=True)
        yield from self.comparison.finish(self.now)
        yield from self.comparison.due(self.now, GRACE)

    def last(self) -> Any:
        return {item.key: item.value for item in self.told if isinstance(item, Event)}

    def letters(self) -> list[Unreadable]:
        return [item for item in self.told if isinstance(item, Unreadable)]


LINE = {"zakupka": 1, "n": 1, "kod": "К", "kol": 1, "ed": "шт"}


def stock(row: int, code: str, amount: Any, unit: str = "шт") -> Any:
    return {"sklad": "Склад металла", "kod": code, "nalichie": amount, "rezerv": 0, "ed": unit, "row": row}


def order(row: Any, status: str = "ДА", **changes: Any) -> Any:
    return {"id": row, "nomer": "1", "status": status, "srok": "2026-05-01"} | changes


steps = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.integers(0, 4), st.sampled_from("AB"), st.integers(0, 3)),
        st.tuples(st.just("delete"), st.integers(0, 4), st.just(""), st.just(0)),
        st.tuples(st.sampled_from(["read", "crash"]), st.integers(1, 3), st.just(""), st.just(0)),
    ),
    max_size=12,
)


@pytest.fixture(scope="module", autouse=True)
def _stock_rows_have_a_key_of_their_own() -> Iterator[None]:
    """Lots: several rows may hold one code."""
    stream = STREAMS["inventory"]
    before = stream.settings
    stream.settings = before.model_copy(update={"key": ("row",)})
    yield
    stream.settings = before


@given(steps)
def test_stock_is_the_sum_of_its_rows_whatever_happens_to_them(history: list[tuple[str, int, str, int]]) -> None:
    world = World("inventory")
    for action, number, code, amount in history:
        if action == "set":
            world.rows[number] = stock(number, code, amount)
        elif action == "delete":
            world.rows.pop(number, None)
        else:
            world.read(number, crash_after=1 if action == "crash" else None)
    world.read()
    world.now += timedelta(seconds=GRACE)
    world.read()
    world.read()
    sums: dict[str, Decimal] = {}
    for row in world.rows.values():
        key = f"zmk-most-works/{row['kod']}"
        sums[key] = sums.get(key, Decimal(0)) + row["nalichie"]
    told = {key: value["on_hand"] for key, value in world.last().items()}
    assert {key: amount for key, amount in told.items() if amount or key in sums} == sums
    ids = [item.id for item in world.told]
    assert len(ids) == len(set(ids))
    assert world.read() == []


def test_stock_in_two_units_is_a_dead_letter_that_names_both_rows() -> None:
    world = World("inventory")
    world.rows = {1: stock(1, "К", 5), 2: stock(2, "К ", 5, "т")}
    world.read()
    (letter,) = world.letters()
    assert letter.code == "different-units"
    assert "row=1" in letter.reason["en"]
    assert "row=2" in letter.reason["ru"]
    assert world.last() == {}
    world.rows[2] = stock(2, "К ", 7)
    world.read()
    assert world.last()["zmk-most-works/К"]["on_hand"] == 12


def test_two_rows_of_one_code_are_named_and_neither_is_told() -> None:
    world = World("items")
    world.rows = {1: {"id": 1, "kod": "К", "chto": "girder"}, 2: {"id": 2, "kod": "К ", "chto": "span"}}
    world.read()
    (letter,) = world.letters()
    assert letter.code == "two-rows-one-key"
    assert "id=1; id=2" in letter.reason["ru"]
    assert world.last() == {}
    assert world.read() == []
    del world.rows[1]
    world.read()
    world.read()
    assert world.last()["К"]["item"] == "span"


def test_rows_with_one_whole_key_are_named() -> None:
    world = World("orders")
    world.rows = {1: order(7), 2: order(7, srok="2026-06-01")}
    world.read()
    assert [letter.code for letter in world.letters()] == ["two-rows-one-key"]
    assert world.read() == []


def test_orders_with_one_number_are_two_orders() -> None:
    world = World("orders")
    world.rows = {1: order(1), 2: order(2)}
    world.read()
    assert {key: value["number"] for key, value in world.last().items()} == {"1": "1", "2": "1"}


def test_an_order_says_its_variant_its_drawing_and_whether_alternatives_may_come() -> None:
    columns = {"characteristic": "har", "drawing": "chertezh", "drawing_revision": "izm"}
    lines: Any = ORDERS["lines"]
    plain = {**ORDERS, "lines": {**lines, **columns}}
    row = {**LINE, "har": "380 В ", "chertezh": "КР-10.00.000", "izm": "Б"}
    for allowed in (None, True, False):
        orders = {**plain, "alternatives_allowed": allowed}
        config = SqlConfig.model_validate(settings(Path("plant.db"), orders=orders))
        stream = next(stream for stream in mapping.streams(config, member(), VALUES) if stream.name == "orders")
        assert stream.lines is not None
        assert {*columns.values()} <= {*stream.lines.columns}
        found = stream.document(Snapshot(order(1), (row,)), NOW)
        assert found is not None
        value: Any = found[1]
        assert value["alternatives_allowed"] is allowed
        line = value["lines"][0]
        assert [line[name] for name in columns] == ["380 В", "КР-10.00.000", "Б"]


@pytest.mark.parametrize("gone", [None, order(1, "ЧЕРНОВИК"), order(1, "СТРАННО")])
def test_order_that_leaves_is_cancelled_after_the_time_of_grace(gone: Mapping[str, Any] | None) -> None:
    world = World("orders")
    world.rows = {1: order(1), 2: order(2)}
    world.read()
    if gone is None:
        del world.rows[1]
    else:
        world.rows[1] = gone
    assert [item for item in world.read() if isinstance(item, Event)] == []
    world.now += timedelta(seconds=GRACE)
    (event,) = [item for item in world.read() if isinstance(item, Event)]
    assert (event.key, fields(event)["document_status"], fields(event)["number"]) == ("1", "CANCELLED", "1")
    assert fields(event)["requested_date"] == date(2026, 5, 1)
    world.rows[1] = order(1)
    (back,) = world.read()
    assert isinstance(back, Event)
    assert fields(back)["document_status"] == "ACTIVE"


def test_order_that_comes_back_in_time_says_nothing() -> None:
    world = World("orders")
    world.rows = {1: order(1)}
    world.read()
    world.rows[1] = order(1, "ЧЕРНОВИК")
    assert world.read() == []
    world.rows[1] = order(1)
    world.now += timedelta(seconds=GRACE)
    assert world.read() == []
    world.rows[1] = order(1, srok="2026-05-02")
    assert len(world.read()) == 1


@pytest.mark.parametrize("before", [order(1), order(1, "ЧЕРНОВИК"), order(1, "СТРАННО"), None])
def test_order_that_is_closed_is_neither_cancelled_nor_waited_for(before: Mapping[str, Any] | None) -> None:
    world = World("orders")
    world.rows = {1: order(1)}
    world.read()
    world.rows = {1: before} if before else {}
    world.read()
    world.rows[1] = order(1, "ЗАКРЫТ")
    assert world.read() == []
    assert world.memory.leaving == {}
    del world.rows[1]
    world.now += timedelta(seconds=GRACE)
    assert world.read() == []
    assert [value["document_status"] for value in world.last().values()] == ["ACTIVE"]


def test_order_that_was_closed_and_is_opened_again_is_told() -> None:
    world = World("orders")
    for status in ("ДА", "ЗАКРЫТ", "ДА"):
        world.rows = {1: order(1, status)}
        world.read()
    ids = [item.id for item in world.told if isinstance(item, Event)]
    assert len(set(ids)) == len(ids) == 2


def test_orders_vanish_with_their_rows_and_stock_may_go() -> None:
    for name, rows, expected in (("orders", {1: order(1), 2: order(2)}, 1), ("inventory", {1: stock(1, "К", 5)}, 0)):
        world = World(name)
        world.rows = dict(rows)
        world.read()
        world.rows = {2: order(2, "ЧЕРНОВИК")} if name == "orders" else {}
        world.read()
        assert world.comparison.vanished(world.now, GRACE) == 0
        world.now += timedelta(seconds=GRACE)
        assert world.comparison.vanished(world.now, GRACE) == expected


def test_order_whose_content_is_wrong_is_not_withdrawn() -> None:
    world = World("orders")
    world.rows = {1: order(1)}
    world.read()
    world.rows[1] = order(1, srok="скоро")
    world.read()
    world.now += timedelta(seconds=GRACE)
    assert world.read() == []
    assert [letter.code for letter in world.letters()] == ["bad-date"]


@given(st.lists(st.tuples(st.integers(0, 300), st.booleans()), max_size=900), st.integers(1, 200))
def test_segments_are_bounded_and_hold_what_is_remembered(changes: list[tuple[int, bool]], every: int) -> None:
    kept = Memory("m", {})
    for step, (row, there) in enumerate(changes):
        if there:
            kept.put(str(row), checkpoint.Known("", str(step), step))
        elif str(row) in kept.rows:
            kept.drop(str(row))
        if step % every == 0:
            positions = dict(kept.positions())
            assert all(len(position.seen) <= polling.SEGMENT for position in positions.values())
            again = Memory("m", positions)
            assert (again.rows, again.first) == (kept.rows, kept.first)
            kept = again if step % 2 else kept


def test_table_that_is_too_large_asks_for_a_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "LIMIT", 3)
    world = World("inventory")
    world.rows = {number: stock(number, f"К{number}", 1) for number in range(4)}
    with pytest.raises(Misconfigured, match="view"):
        world.read()


class TestVersions:
    def versions(self, zone: str = "Asia/Omsk", kind: str = "timestamp") -> Versions:
        return Versions(Changed.model_validate({"column": "v", "kind": kind, "overlap": 60}), ZoneInfo(zone))

    @pytest.mark.parametrize(
        ("top", "low"),
        [
            ("2026-02-01 12:00:00.125", "2026-02-01 11:59:00"),
            ("2026-02-01T12:00:00", "2026-02-01T11:59:00"),
            ("2026-02-01", "2026-01-31"),
            (datetime(2026, 2, 1, 12, tzinfo=UTC), datetime(2026, 2, 1, 11, 59, tzinfo=UTC)),
            (date(2026, 2, 1), date(2026, 1, 31)),
        ],
    )
    def test_low_is_written_like_the_column(self, top: Any, low: Any) -> None:
        assert self.versions().low(restored(plain(top))) == low

    def test_overlap_spans_the_hour_that_clocks_repeat(self) -> None:
        assert self.versions("Europe/Berlin").low("2026-10-25 02:59:00") == "2026-10-25 01:58:00"

    def test_a_stamp_ahead_is_no_watermark(self) -> None:
        versions = self.versions()
        assert versions.trusted("2026-02-01 06:00:00", NOW)  # Omsk is UTC+6
        assert not versions.trusted("2026-02-01 06:10:00", NOW)
        assert versions.ahead("2026-02-01 06:10:00", NOW)
        assert not versions.ahead("2026-02-01 06:04:00", NOW)
        assert not versions.trusted("вчера", NOW)

    @pytest.mark.parametrize(
        ("like", "now"),
        [
            ("2036-01-01T00:00:00.5", "2026-02-01T06:00:00"),
            ("2036-01-01T00:00:00Z", "2026-02-01T00:00:00"),
            ("2036-01-01", "2026-02-01"),
            ("вчера", "2026-02-01 06:00:00+06:00"),
            (datetime(2036, 1, 1, tzinfo=UTC), NOW),
            (date(2036, 1, 1), date(2026, 2, 1)),
        ],
    )
    def test_now_is_written_like_the_column(self, like: Any, now: Any) -> None:
        assert self.versions().now(NOW, like) == now

    @pytest.mark.parametrize("top", ["0001-01-01 00:00:00", "0001-01-01", datetime(1, 1, 1), date(1, 1, 1)])  # noqa: DTZ001
    def test_an_empty_date_is_no_watermark(self, top: Any) -> None:
        versions = Versions(Changed(column="izm", kind="timestamp"), ZoneInfo("Asia/Omsk"))
        assert not versions.trusted(top, datetime(2026, 2, 1, tzinfo=UTC))
        assert versions.low(top) is None

    def test_a_version_in_an_event_id_has_no_sign_that_cannot_be_seen(self) -> None:
        assert spelled("1/2\n3") == "1-2-3"
        assert len(spelled("9" * 1000)) == 64

    def test_an_empty_date_in_a_zone_of_the_east_is_no_error(self) -> None:
        empty = datetime(1, 1, 1, tzinfo=ZoneInfo("Asia/Omsk"))
        assert spelled(empty).startswith("0001-01-01")
        assert Snapshot({"v": empty}).digest() != Snapshot({"v": None}).digest()

    @pytest.mark.parametrize("version", ["NaN", "Infinity", "-Infinity"])
    def test_no_number_is_no_watermark(self, version: str) -> None:
        assert not self.versions(kind="integer").trusted(Decimal(version), NOW)
