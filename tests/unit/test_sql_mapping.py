"""The pure parts of the SQL connector: values, rows to events, what changed, what to write."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sql import SqlConfig, mapping
from connectors.sql.changes import REMEMBERED, ByVersion, WholeTable
from connectors.sql.config import Changed, PlantOrders
from connectors.sql.delivery import Desk, Plan, Stored
from connectors.sql.mapping import Snapshot, Stream
from connectors.sql.values import Row, Values
from kranhub.connector import Outcome, Position
from kranhub.errors import InvalidDocument, Misconfigured
from kranhub.schemafiles import load_all
from kranhub.values.numbers import Mark
from kranhub.values.times import Format
from tests.support.sql_plant import REFERENCE, line, member, plant_order, settings

OMSK = ZoneInfo("Asia/Omsk")
UNITS = {"шт": "H87", "шт.": "H87", "796": "H87", "т": "TNE"}
VALUES = Values(OMSK, UNITS, {"руб": "RUB"})
CONFIG = SqlConfig.model_validate(settings(Path("plant.db")))
NOW = datetime(2026, 2, 1, tzinfo=UTC)

quantities = st.decimals(Decimal("-1e15"), Decimal("1e15"), places=6)
dates = st.dates(date(1990, 1, 1), date(2100, 12, 31))
local_times = st.datetimes(datetime.fromisoformat("1990-01-02"), datetime.fromisoformat("2100-01-01"))
marks: st.SearchStrategy[Mark] = st.sampled_from([".", ","])
formats: st.SearchStrategy[Format] = st.sampled_from(["yyyy-mm-dd", "dd.mm.yyyy"])


@cache
def streams() -> dict[str, Stream]:
    return {stream.name: stream for stream in mapping.streams(CONFIG, member(), VALUES)}


class TestValues:
    @given(quantities, marks)
    def test_number_survives_the_column(self, number: Decimal, mark: Mark) -> None:
        values = replace(VALUES, decimal_mark=mark)
        row = {"n": values.stored(number)}
        assert values.number(row, "n") == number
        assert values.same(row, "n", number)

    @given(st.decimals(-(10**8), 10**8, places=6))
    def test_number_kept_as_a_binary_fraction_is_the_same(self, number: Decimal) -> None:
        assert VALUES.number({"n": float(number)}, "n") == number

    def test_sum_of_binary_fractions_is_no_error(self) -> None:
        assert VALUES.number({"n": 0.1 + 0.2}, "n") == Decimal("0.3")

    @given(dates, formats)
    def test_date_survives_the_column(self, day: date, date_format: Format) -> None:
        values = replace(VALUES, date_format=date_format)
        assert values.day({"d": values.stored(day)}, "d") == day

    @given(local_times, formats)
    def test_local_time_becomes_the_same_instant_in_utc(self, moment: datetime, date_format: Format) -> None:
        values = replace(VALUES, date_format=date_format)
        aware = moment.replace(microsecond=0, fold=0, tzinfo=OMSK).astimezone(UTC)
        read = values.instant({"t": values.stored(aware)}, "t")
        assert read is not None
        assert read.tzinfo is UTC
        assert values.same({"t": values.stored(aware)}, "t", aware)
        assert values.stored(read) == values.stored(aware)

    @pytest.mark.parametrize("spelled", ["шт", " ШТ. ", 796, 796.0, "796"])
    def test_unit_in_any_spelling(self, spelled: Any) -> None:
        assert VALUES.unit({"u": spelled}, "u") == "H87"

    def test_first_spelling_is_written(self) -> None:
        assert VALUES.spelled_unit("H87") == "шт"

    @pytest.mark.parametrize(
        ("raw", "code"),
        [
            ("двенадцать", "bad-number"),
            ("1,5", "bad-number"),
            (float("nan"), "bad-number"),
            ("Infinity", "bad-number"),
            ("9" * 40, "bad-number"),
            (b"\x01", "bad-number"),
            ("0.0000001", "too-many-digits"),
        ],
    )
    def test_what_is_no_number_has_a_code(self, raw: Any, code: str) -> None:
        with pytest.raises(InvalidDocument) as caught:
            VALUES.number({"n": raw}, "n")
        assert caught.value.code == code

    @pytest.mark.parametrize(
        ("raw", "code"),
        [("1753-01-01T00:00:00", "date-out-of-range"), ("31.03.2026", "bad-date"), (45000, "bad-date")],
    )
    def test_what_is_no_date_has_a_code(self, raw: Any, code: str) -> None:
        for read in (VALUES.day, VALUES.instant):
            with pytest.raises(InvalidDocument) as caught:
                read({"d": raw}, "d")
            assert caught.value.code == code


raw_values = st.one_of(
    st.none(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=8),
    st.sampled_from(["шт", "ПРИНЯТ", "В РАБОТЕ", REFERENCE, "2026-03-31", "2026-03-31 10:00:00", "Склад металла", 1]),
)


class TestRows:
    @given(st.data(), st.sampled_from(sorted(streams())))
    def test_any_row_is_a_valid_record_or_an_error_with_a_code(self, data: st.DataObject, name: str) -> None:
        stream = streams()[name]
        row = {column: data.draw(raw_values, column) for column in stream.settings.columns}
        lines = stream.lines.columns if stream.lines else ()
        snapshot = Snapshot(row, tuple({column: data.draw(raw_values, column) for column in lines} for _ in range(2)))
        made = None
        with contextlib.suppress(InvalidDocument):
            made = stream.document(snapshot, NOW)
        assert json.loads(snapshot.original(stream.settings.table))["table"] == stream.settings.table
        if made is not None:
            assert fastavro.validate(made[1], load_all()[stream.subject], strict=True)

    @given(st.lists(st.sampled_from(["2", "1.5", "0"]), min_size=1, max_size=4), st.sampled_from(["ПРИНЯТ", "ИЗМЕНЕН"]))
    def test_answer_as_a_whole_follows_its_lines(self, promised: list[str], status: str) -> None:
        head = dict.fromkeys(streams()["responses"].settings.columns)
        head |= {"id": 7, "vnesh_nomer": REFERENCE, "redakciya": 1, "status": status}
        rows = [
            {
                "zakaz_id": 7,
                "nomer_stroki": n,
                "vnesh_stroka": str(n),
                "kolichestvo": 2,
                "kol_obeschano": amount,
                "ed": "шт",
            }
            for n, amount in enumerate(promised, 1)
        ]
        made = streams()["responses"].document(Snapshot(head, tuple(rows)), NOW)
        assert made is not None
        statuses = {row["status"] for row in made[1]["lines"]}
        whole = {frozenset({"ACCEPTED"}): "AP", frozenset({"NOT_ACCEPTED"}): "RE"}.get(frozenset(statuses), "CA")
        assert made[1]["response_code"] == whole

    def test_hash_ignores_the_order_of_columns(self) -> None:
        assert Snapshot({"a": 1, "b": 2}).digest() == Snapshot({"b": 2, "a": 1}).digest()
        assert Snapshot({"a": 1}).digest() != Snapshot({"a": "1"}).digest()


class Table:
    """A table as the sweeps see it: rows by (version, key), read in pages of one."""

    def __init__(self) -> None:
        self.rows: dict[int, tuple[Any, str]] = {}

    def sweep(self, sweep: Any, stop_after: int | None = None) -> tuple[list[str], Position]:
        """Return the ids published, and the checkpoint; ``stop_after`` events the process dies."""
        published: list[str] = []
        ordered = sorted((version, key, content) for key, (version, content) in self.rows.items())
        for version, key, content in ordered:
            if sweep.low is not None and version < sweep.low:
                continue
            if sweep.floor is not None and (version, key) <= tuple(sweep.floor):
                continue
            event_id = sweep.event_id(f"m/T/{key}/1", version, content)
            if sweep.is_new(event_id):
                published.append(event_id)
            sweep.passed(event_id, version, [key])
            if stop_after is not None and len(published) >= stop_after:
                return published, sweep.position()
        return published, sweep.finished()


OVERLAP = 5
steps = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, OVERLAP), st.sampled_from(["write", "read", "crash"])), max_size=40
)


class TestChanges:
    @pytest.mark.parametrize("kind", ["integer", "timestamp"])
    @given(steps=steps)
    def test_late_commits_and_crashes_lose_and_repeat_nothing(
        self, kind: str, steps: list[tuple[int, int, str]]
    ) -> None:
        changed, table, clock = (
            Changed.model_validate({"column": "v", "kind": kind, "overlap": OVERLAP}),
            Table(),
            count(1),
        )
        expected: set[str] = set()
        published: list[str] = []
        position: Position | None = None
        start = datetime.fromisoformat("2026-03-28 23:59:30")

        def version(tick: int) -> Any:
            return tick if kind == "integer" else (start + timedelta(seconds=tick)).isoformat(sep=" ")

        for key, late, action in [*steps, (0, 0, "read")]:
            if action == "write":
                now = next(clock)
                content = str(now)
                table.rows[key] = (version(now - late), content)
                event_id = f"m/T/{key}/1/{version(now - late)}-{content}"
                read = {known for known in expected if not known.startswith(f"m/T/{key}/") or known in published}
                expected = read | {event_id}
                continue
            sweep = ByVersion(position, changed, OMSK, datetime(2027, 1, 1, tzinfo=UTC))
            found, position = table.sweep(sweep, stop_after=1 if action == "crash" else None)
            published += found
        assert len(published) == len(set(published))
        assert set(published) == expected

    def test_overlap_spans_the_hour_that_clocks_repeat(self) -> None:
        changed = Changed(column=("v",), kind="timestamp", overlap=60)
        sweep = ByVersion(Position('{"at": "2026-10-25 02:59:00"}'), changed, ZoneInfo("Europe/Berlin"), NOW)
        assert sweep.low == "2026-10-25 01:58:00"

    def test_bulk_load_within_the_overlap_stays_bounded_and_repeats_nothing(self) -> None:
        changed, table = Changed.model_validate({"column": "v", "kind": "integer", "overlap": OVERLAP}), Table()
        table.rows = dict.fromkeys(range(REMEMBERED + 50), (1, "A"))
        published, position = table.sweep(ByVersion(None, changed, OMSK, NOW))
        assert len(published) == REMEMBERED + 50
        assert len(position.seen) == REMEMBERED
        table.rows[REMEMBERED + 60] = (1, "A")
        found, position = table.sweep(ByVersion(position, changed, OMSK, NOW))
        assert found == [f"m/T/{REMEMBERED + 60}/1/1-A"]
        assert table.sweep(ByVersion(position, changed, OMSK, NOW))[0] == []

    def test_table_too_large_to_compare_whole_asks_for_a_column(self) -> None:
        table = Table()
        table.rows = dict.fromkeys(range(REMEMBERED + 1), (None, "A"))
        with pytest.raises(Misconfigured, match="changed"):
            table.sweep(WholeTable(None))

    @given(st.lists(st.lists(st.sampled_from("AB"), min_size=3, max_size=3), max_size=8))
    def test_whole_table_publishes_each_change_once(self, scans: list[list[str]]) -> None:
        position, before = None, [""] * 3
        seen: list[str] = []
        for scan in scans:
            table = Table()
            table.rows = {key: (None, content) for key, content in enumerate(scan)}
            found, position = table.sweep(WholeTable(position))
            assert len(found) == sum(old != new for old, new in zip(before, scan, strict=True))
            seen, before = seen + found, scan
        assert len(seen) == len(set(seen))

    def test_whole_table_forgets_deleted_rows(self) -> None:
        table = Table()
        table.rows = {1: (None, "A")}
        _, position = table.sweep(WholeTable(None))
        table.rows = {}
        assert table.sweep(WholeTable(position)) == ([], Position("", frozenset()))


class Rows:
    """The ERP's rows of one order, changed as a plan says."""

    def __init__(self, desk: Desk, values: Values) -> None:
        self.desk, self.values = desk, values
        self.head: dict[str, Any] | None = None
        self.lines: list[dict[str, Any]] = []

    def stored(self) -> Stored | None:
        if self.head is None:
            return None
        empty = dict.fromkeys(self.desk.settings.lines.columns)
        return Stored(self.head, tuple(empty | row for row in self.lines), int(self.head["redakciya"]))

    def apply(self, order: Mapping[str, Any]) -> Plan:
        plan = self.desk.plan(order, self.stored())
        if plan.writes:
            self.head = (self.head or dict.fromkeys(self.desk.settings.head.columns)) | self._spelled(plan.head)
            changes = dict(plan.update)
            kept = [row for row in self.lines if row.get(self.desk.identity) not in plan.delete]
            self.lines = [row | self._spelled(changes.get(row.get(self.desk.identity), {})) for row in kept]
            self.lines += [self._spelled(row) for row in plan.insert]
        return plan

    def _spelled(self, fields: Row) -> dict[str, Any]:
        return {column: self.values.stored(value) for column, value in fields.items()}


lines_of_orders = st.dictionaries(st.sampled_from("12345"), st.integers(1, 9), min_size=1).map(
    lambda wanted: [line(number, str(amount)) for number, amount in wanted.items()]
)
revisions = st.lists(
    st.tuples(st.integers(1, 6), lines_of_orders, st.sampled_from(["ACTIVE", "ACTIVE", "CANCELLED"])),
    min_size=1,
    max_size=8,
)


class TestDelivery:
    @given(revisions)
    def test_any_order_of_arrival_ends_at_the_highest_revision(self, arrivals: list[tuple[int, Any, str]]) -> None:
        assert CONFIG.plant_orders is not None
        rows = Rows(Desk(CONFIG.plant_orders, VALUES, CONFIG.customers), VALUES)
        plants_own = {"nomer_stroki": 77, "kod": "УПАК", "kolichestvo": 1}
        rows.lines.append(dict(plants_own))
        highest: dict[str, Any] | None = None
        for revision, lines, status in arrivals:
            order = dict(plant_order(revision, lines, document_status=status).value)
            plan = rows.apply(order)
            newer = highest is None or revision > highest["revision"]
            assert plan.outcome is (Outcome.APPLIED if newer else Outcome.DUPLICATE)
            highest = order if newer else highest
            stored = rows.stored()
            assert stored is not None
            assert rows.desk.differences(plan, stored) == []
            assert rows.desk.plan(order, stored).outcome is Outcome.DUPLICATE
        assert highest is not None
        assert rows.head is not None
        assert rows.head["redakciya"] == highest["revision"]
        assert (rows.head["status"] == "ОТМЕНЕН") == (highest["document_status"] == "CANCELLED")
        if highest["document_status"] == "ACTIVE":
            held = {row["vnesh_stroka"]: row["kolichestvo"] for row in rows.lines if row.get("vnesh_stroka")}
            assert held == {row["line_id"]: str(row["quantity"]) for row in highest["lines"]}
        assert plants_own in rows.lines
        positions = [row["nomer_stroki"] for row in rows.lines]
        assert len(positions) == len(set(positions))

    def test_line_id_that_is_no_number_needs_a_text_column(self) -> None:
        assert CONFIG.plant_orders is not None
        data = CONFIG.plant_orders.model_dump()
        data["lines"]["reference"] = None
        desk = Desk(PlantOrders.model_validate(data), VALUES, {})
        with pytest.raises(InvalidDocument, match="reference"):
            desk.plan(plant_order(lines=[line("1.2")]).value, None)
