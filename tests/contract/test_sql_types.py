"""Types, padding and spellings of real plants' columns, through the connector as a whole, on both databases."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.sql import Sql
from kranhub.connector import Outcome, Receipt
from kranhub.errors import Misconfigured
from tests.support.postgresql_plant import PostgresqlPlant, tables, translated
from tests.support.sql_plant import (
    REFERENCE,
    Plant,
    bad,
    blocks,
    connector,
    line,
    plant_order,
    poll,
    values,
)

ZERO = "00000000-0000-0000-0000-000000000000"
MakePlant = Callable[..., Plant]
Open = Callable[..., Sql]


@pytest.fixture(params=["sqlite", "postgresql", "postgresql-types"])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


SERVER = pytest.mark.parametrize("database", ["postgresql-types"], indirect=True)
"""For a test of types that SQLite does not have."""


@pytest.fixture
def make(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> MakePlant:
    """Return a function that makes the guide's plant with columns of other types: ``pravit="char(10)"``."""

    def made(**columns: str) -> Plant:
        schema = tables() if database == "postgresql-types" else blocks("sql")[0]
        for name, kind in columns.items():
            table, _, column = name.partition("__")
            schema = _retyped(schema, table, column, kind)
        if database == "sqlite":
            return Plant(tmp_path / "plant.db", schema)
        address = request.getfixturevalue("postgresql_database")
        return PostgresqlPlant(address, schema if database == "postgresql-types" else translated(schema))

    return made


def _retyped(schema: str, table: str, column: str, kind: str) -> str:
    head, start, rest = schema.partition(f"CREATE TABLE {table} (")
    body, end, tail = rest.partition(");")
    lines = [f"    {column} {kind}," if row.split()[:1] == [column] else row for row in body.splitlines()]
    if not any(row.split()[:1] == [column] for row in lines):
        lines.insert(1, f"    {column} {kind},")
    return head + start + "\n".join(lines) + "\n" + end + tail


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:

        def open_(plant: Plant, **changes: Any) -> Sql:
            made = connector(plant, **changes)
            stack.push_async_callback(made.close)
            return made

        yield open_


async def deliver(sql: Sql, *events: Any) -> list[Receipt]:
    sink = sql.sink()
    assert sink is not None
    return list(await sink.deliver(events))


async def applied(sql: Sql, *events: Any) -> None:
    for receipt in await deliver(sql, *events):
        assert receipt.outcome is Outcome.APPLIED, receipt.reason


class TestWriting:
    @pytest.mark.parametrize(
        "kind", ["timestamp", "timestamptz", "timestamp(0)", "date", "text", "varchar(19)", "char(30)"]
    )
    async def test_issued_at_in_any_type_is_kept(self, make: MakePlant, opened: Open, kind: str) -> None:
        plant = make(zakaz__sozdan=kind)
        sql = opened(plant, plant_orders__head__issued_at="sozdan")
        await sql.check()
        await applied(sql, plant_order(issued_at=datetime(2026, 1, 15, 20, 30, 0, 999_999, tzinfo=UTC)))
        assert [receipt.outcome for receipt in await deliver(sql, plant_order())] == [Outcome.DUPLICATE]
        (row,) = plant.ask("SELECT sozdan FROM zakaz")
        held = row["sozdan"]
        if isinstance(held, str) and kind != "date":
            assert held.strip() == "16.01.2026 02:30:00"  # Omsk is UTC+6
        elif kind == "timestamp":
            assert held.isoformat(" ", "seconds") == "2026-01-16 02:30:00"

    async def test_text_columns_are_written_in_the_configured_spelling(self, make: MakePlant, opened: Open) -> None:
        plant = make(zakaz__srok="char(12)", zakaz_stroka__kolichestvo="varchar(12)", zakaz_stroka__srok="text")
        sql = opened(plant, decimal_mark=",", responses=None)
        await applied(sql, plant_order(lines=[line(quantity="1234.5")]))
        assert plant.ask("SELECT srok FROM zakaz")[0]["srok"].strip() == "31.03.2026"
        assert plant.ask("SELECT kolichestvo, srok FROM zakaz_stroka") == [
            {"kolichestvo": "1234,5", "srok": "31.03.2026"}
        ]

    async def test_columns_of_numbers_are_written_as_numbers(self, make: MakePlant, opened: Open) -> None:
        plant = make(zakaz_stroka__kolichestvo="real", zakaz__redakciya="varchar(5)")
        sql = opened(plant, decimal_mark=",", responses=None)
        await applied(sql, plant_order(lines=[line(quantity="0.1")]), plant_order(2, [line(quantity="0.3")]))
        assert plant.ask("SELECT kolichestvo FROM zakaz_stroka")[0]["kolichestvo"] == pytest.approx(0.3)
        assert plant.ask("SELECT redakciya FROM zakaz") == [{"redakciya": "2"}]

    @pytest.mark.parametrize(
        ("kind", "unset"),
        [("char(10)", ""), ("char(10)", " " * 10), ("text", ZERO), ("text", "0"), ("integer", 0), ("boolean", False)],
    )
    async def test_a_lock_that_nobody_holds(self, make: MakePlant, opened: Open, kind: str, unset: Any) -> None:
        plant = make(zakaz__pravit=kind)
        sql = opened(plant)
        await applied(sql, plant_order())
        plant.do("UPDATE zakaz SET pravit = ?", unset)
        await applied(sql, plant_order(2))

    async def test_closed_in_any_spelling(self, make: MakePlant, opened: Open) -> None:
        plant = make()
        sql = opened(plant)
        await applied(sql, plant_order())
        plant.do("UPDATE zakaz SET status = 'Отгружен '")
        (receipt,) = await deliver(sql, plant_order(2))
        assert receipt.outcome is Outcome.REJECTED
        assert plant.ask("SELECT redakciya FROM zakaz") == [{"redakciya": 1}]

    async def test_reference_padded_with_blanks_is_found_again(self, make: MakePlant, opened: Open) -> None:
        plant = make(zakaz__vnesh_nomer="char(60) UNIQUE", zakaz_stroka__vnesh_stroka="char(8)")
        sql = opened(plant)
        await sql.check()
        await applied(sql, plant_order(lines=[line(), line("2")]))
        plant.do("UPDATE zakaz SET vnesh_nomer = ?", f"{REFERENCE:<60}")  # as the plant's own programs write it
        plant.do("UPDATE zakaz_stroka SET vnesh_stroka = substr(vnesh_stroka || '        ', 1, 8)")
        outcomes = [
            receipt.outcome for receipt in await deliver(sql, plant_order(), plant_order(2, [line(quantity="7")]))
        ]
        assert outcomes == [Outcome.DUPLICATE, Outcome.APPLIED]
        assert len(plant.ask("SELECT * FROM zakaz")) == 1
        assert [float(row["kolichestvo"]) for row in plant.ask("SELECT kolichestvo FROM zakaz_stroka")] == [7]
        plant.do("UPDATE zakaz SET status = 'ПРИНЯТ'")
        (answer,) = values((await poll(sql.source()))[0], "OrderResponse")
        assert (answer["plant_order_id"], [row["line_id"] for row in answer["lines"]]) == (REFERENCE, ["1"])

    async def test_lines_that_refer_by_text_to_a_number(self, make: MakePlant, opened: Open) -> None:
        plant = make(zakaz_stroka__zakaz_id="varchar(10) NOT NULL", zadanie__zakaz_id="char(10)")
        sql = opened(plant)
        await sql.check()
        await applied(sql, plant_order(lines=[line(), line("2")]), plant_order(2, [line("2", "5"), line("3")]))
        assert len(plant.ask("SELECT * FROM zakaz_stroka")) == 2
        plant.answer("ПРИНЯТ")
        plant.do("INSERT INTO zadanie SELECT 1, 'ПЗ-1', id, 'К', 1, 0, 0, 'шт', 'СТОП', NULL, 1 FROM zakaz")
        items, _ = await poll(sql.source())
        (answer,) = values(items, "OrderResponse")
        assert [row["line_id"] for row in answer["lines"]] == ["2", "3"]
        assert [value["plant_order_id"] for value in values(items, "ProductionStatus")] == [REFERENCE]

    @pytest.mark.parametrize("text", ["   ", "\N{NO-BREAK SPACE}"])
    async def test_a_blank_description_is_none(self, make: MakePlant, opened: Open, text: str) -> None:
        plant = make()
        await applied(opened(plant), plant_order(lines=[line(description=text)]))
        assert plant.ask("SELECT naimenovanie FROM zakaz_stroka") == [{"naimenovanie": None}]

    @pytest.mark.parametrize("text", ["a\0b", "\ud800"])
    async def test_a_text_that_no_database_keeps_is_refused(self, make: MakePlant, opened: Open, text: str) -> None:
        bad_line = plant_order(lines=[line(description=text)])
        bad_name = plant_order(plant_order_id=f"irtysh-stroy:{text}/1.girder.1")
        receipts = await deliver(opened(make()), bad_line, bad_name, plant_order(lines=[line()]))
        assert [receipt.outcome for receipt in receipts] == [Outcome.REJECTED, Outcome.REJECTED, Outcome.APPLIED]
        for receipt in receipts[:2]:
            assert receipt.reason["en"] != receipt.reason["ru"]


@SERVER
class TestTooSmall:
    async def test_a_long_description_is_cut_and_that_is_said(self, make: MakePlant, opened: Open) -> None:
        plant = make(zakaz_stroka__naimenovanie="varchar(10)")
        sql = opened(plant)
        long = line(description="Балка главная двутавровая")
        (receipt,) = await deliver(sql, plant_order(lines=[long]))
        assert receipt.outcome is Outcome.APPLIED
        assert "1" in receipt.reason["en"]
        assert "обрезано" in receipt.reason["ru"]
        assert plant.ask("SELECT naimenovanie FROM zakaz_stroka") == [{"naimenovanie": "Балка гла…"}]
        plant.do("CREATE TABLE touched (n integer)")
        plant.do("CREATE RULE r AS ON UPDATE TO zakaz_stroka DO ALSO INSERT INTO touched VALUES (1)")
        await applied(sql, plant_order(2, [long]))
        assert plant.ask("SELECT * FROM touched") == []

    @pytest.mark.parametrize(
        ("column", "kind", "named"),
        [
            ("zakaz__vnesh_nomer", "varchar(20) UNIQUE", "vnesh_nomer"),
            ("zakaz__dlya", "char(5)", "dlya"),
            ("zakaz_stroka__kod", "varchar(3) NOT NULL", "kod"),
            ("zakaz_stroka__kolichestvo", "numeric(6,1) NOT NULL", "kolichestvo"),
            ("zakaz_stroka__kolichestvo", "integer NOT NULL", "kolichestvo"),
        ],
    )
    async def test_what_does_not_fit_is_refused_with_the_column(
        self, make: MakePlant, opened: Open, column: str, kind: str, named: str
    ) -> None:
        plant = make(**{column: kind})
        (receipt,) = await deliver(opened(plant), plant_order(lines=[line(quantity="2.25")]))
        assert receipt.outcome is Outcome.REJECTED
        assert named in receipt.reason["en"]
        assert named in receipt.reason["ru"]
        assert plant.ask("SELECT * FROM zakaz") == []

    @pytest.mark.parametrize(
        ("column", "kind"),
        [
            ("zakaz__vnesh_nomer", "varchar(20) UNIQUE"),
            ("zakaz__vnesh_nomer", "integer UNIQUE"),
            ("zakaz__vnesh_nomer", "uuid UNIQUE"),
            ("zakaz__srok", "integer"),
            ("zakaz_stroka__kolichestvo", "date"),
            ("zakaz_stroka__naimenovanie", "numeric"),
        ],
    )
    async def test_check_names_a_column_that_cannot_hold_it(
        self, make: MakePlant, opened: Open, column: str, kind: str
    ) -> None:
        plant = make(**{column: kind})
        table, _, name = column.partition("__")
        with pytest.raises(Misconfigured, match=rf"{table}\.{name}") as caught:
            await opened(plant).check()
        assert f"{table}.{name}" in caught.value.text.ru


class TestReading:
    async def test_empty_dates_are_empty(self, make: MakePlant, opened: Open) -> None:
        plant = make(zakaz__srok_obeschan="char(10)")
        sql = opened(plant)
        await applied(sql, plant_order())
        found, checkpoint = [], None
        for number, empty in enumerate((" " * 10, "", "01.01.0001", None), 1):
            plant.answer("ПРИНЯТ", srok_obeschan=empty, prichina=str(number))
            items, checkpoint = await poll(sql.source(), checkpoint)
            assert bad(items) == []
            found += [row["promised_date"] for value in values(items, "OrderResponse") for row in value["lines"]]
        assert found == [None] * 4

    @pytest.mark.parametrize("spelled", ["31.03.2026 0:00:00", "31.3.2026", "2026-03-31", "2026-03-30T18:00:00Z"])
    async def test_a_promised_day_in_any_spelling(self, make: MakePlant, opened: Open, spelled: str) -> None:
        plant = make(zakaz__srok_obeschan="varchar(30)")
        sql = opened(plant)
        await applied(sql, plant_order())
        plant.answer("ПРИНЯТ", srok_obeschan=spelled)
        (answer,) = values((await poll(sql.source()))[0], "OrderResponse")
        assert [row["promised_date"] for row in answer["lines"]] == [date(2026, 3, 31)]

    @SERVER
    @pytest.mark.parametrize("kind", ["timestamptz", "timestamp", "date"])
    async def test_a_promised_day_is_a_day_at_the_site(self, make: MakePlant, opened: Open, kind: str) -> None:
        plant = make(zakaz__srok_obeschan=kind)
        sql = opened(plant)
        await applied(sql, plant_order())
        plant.answer("ПРИНЯТ", srok_obeschan="2026-03-31 00:00+06")
        (answer,) = values((await poll(sql.source()))[0], "OrderResponse")
        assert [row["promised_date"] for row in answer["lines"]] == [date(2026, 3, 31)]

    async def test_words_in_any_case_and_spacing(self, make: MakePlant, opened: Open) -> None:
        plant = make()
        sql = opened(plant, currencies={"Руб": "RUB"})
        await applied(sql, plant_order())
        plant.answer("Принят ")
        plant.do("INSERT INTO ostatki VALUES (?, 'БК-22', 5, 0, 'Шт')", "СКЛАД\N{NO-BREAK SPACE}МЕТАЛЛА")
        plant.do("INSERT INTO zadanie VALUES (1, 'П1', NULL, 'К', 1, 0, 0, 'ШТ', 'в работе', NULL, 1)")
        items, _ = await poll(sql.source())
        assert bad(items) == []
        assert [value["response_code"] for value in values(items, "OrderResponse")] == ["AP"]
        assert [value["site"] for value in values(items, "InventoryLevel")] == ["zmk-most-works"]
        assert [value["state"] for value in values(items, "ProductionStatus")] == ["RUNNING"]

    @pytest.mark.parametrize("kind", ["real", "double precision"])
    async def test_noise_of_binary_fractions(self, make: MakePlant, opened: Open, kind: str) -> None:
        plant = make(ostatki__nalichie=kind)
        plant.do("INSERT INTO ostatki VALUES ('Склад металла', 'А', 0.1, 0, 'шт')")
        plant.do("INSERT INTO ostatki VALUES ('Склад металла', 'Б', 0.3, 0, 'шт')")
        if kind != "real" or isinstance(plant, PostgresqlPlant) is False:
            for _ in range(3):
                plant.do("UPDATE ostatki SET nalichie = nalichie - 0.1 WHERE kod = 'Б'")
        items, _ = await poll(opened(plant).source())
        held = {value["item_code"]: value["on_hand"] for value in values(items, "InventoryLevel")}
        assert bad(items) == []
        assert held["А"] == Decimal("0.1")
        assert held["Б"] in (0, Decimal("0.3"))
