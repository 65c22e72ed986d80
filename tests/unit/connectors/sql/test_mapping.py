"""The pure parts of the SQL connector: values, rows to events, what changed, what to write."""

import contextlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sql import SqlConfig, mapping
from connectors.sql.config import PlantOrders
from connectors.sql.delivery import DeliveryPlanner, Plan, Stored
from connectors.sql.mapping import Snapshot, Stream
from connectors.sql.values import Row, Values
from kranhub.connector import Outcome
from kranhub.errors import InvalidDocument
from kranhub.values.numbers import Mark
from kranhub.values.times import Format
from kranhub.wire.messages import PlantOrder
from kranhub.wire.schema_files import load_all
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
        answer: Any = made[1]
        statuses = {row["status"] for row in answer["lines"]}
        whole = {frozenset({"ACCEPTED"}): "AP", frozenset({"NOT_ACCEPTED"}): "RE"}.get(frozenset(statuses), "CA")
        assert answer["response_code"] == whole

    def test_hash_ignores_the_order_of_columns(self) -> None:
        assert Snapshot({"a": 1, "b": 2}).digest() == Snapshot({"b": 2, "a": 1}).digest()
        assert Snapshot({"a": 1}).digest() != Snapshot({"a": "1"}).digest()


class Rows:
    """The ERP's rows of one order, changed as a plan says."""

    def __init__(self, planner: DeliveryPlanner, values: Values) -> None:
        self.planner, self.values = planner, values
        self.head: dict[str, Any] | None = None
        self.lines: list[Any] = []

    def stored(self) -> Stored | None:
        if self.head is None:
            return None
        empty = dict.fromkeys(self.planner.settings.lines.columns)
        return Stored(self.head, tuple(empty | row for row in self.lines), int(self.head["redakciya"]))

    def apply(self, order: Any) -> Plan:
        plan = self.planner.plan(order, self.stored())
        if plan.writes:
            self.head = (self.head or dict.fromkeys(self.planner.settings.head.columns)) | self._spelled(plan.head)
            changes = dict(plan.update)
            kept = [row for row in self.lines if row.get(self.planner.identity) not in plan.delete]
            self.lines = [row | self._spelled(changes.get(row.get(self.planner.identity), {})) for row in kept]
            self.lines += [self._spelled(row) for row in plan.insert]
        return plan

    def _spelled(self, fields: Row) -> Any:
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
        rows = Rows(DeliveryPlanner(CONFIG.plant_orders, VALUES, CONFIG.customers), VALUES)
        plants_own = {"nomer_stroki": 77, "kod": "УПАК", "kolichestvo": 1}
        rows.lines.append(dict(plants_own))
        highest: dict[str, Any] | None = None
        for revision, lines, status in arrivals:
            order: Any = dict(plant_order(revision, lines, document_status=status).value)
            plan = rows.apply(order)
            newer = highest is None or revision > highest["revision"]
            assert plan.outcome is (Outcome.APPLIED if newer else Outcome.DUPLICATE)
            highest = order if newer else highest
            stored = rows.stored()
            assert stored is not None
            assert rows.planner.differences(plan, stored) == []
            assert rows.planner.plan(order, stored).outcome is Outcome.DUPLICATE
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
        planner = DeliveryPlanner(PlantOrders.model_validate(data), VALUES, {})
        with pytest.raises(InvalidDocument, match="reference"):
            planner.plan(plant_order(lines=[line("1.2")]).value_as(PlantOrder), None)
