"""No row of a plant's database is lost, taken for another or hides one, on both databases."""

import asyncio
import sqlite3
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing, closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connectors.sql import Sql, SqlConfig
from kranhub.connector import Checkpoint, Read
from kranhub.errors import Misconfigured, Unavailable
from tests.support.postgresql_plant import PostgresqlPlant
from tests.support.sql_plant import Plant, bad, member, poll, values

TABLES = """
CREATE TABLE zakupka (id integer PRIMARY KEY, nomer text, status text, srok {date}, izmenena {time});
CREATE TABLE stroka (zakupka integer, n integer, kod text, kol numeric, ed text);
CREATE TABLE partii (sklad text, partiya text, kod text, kol numeric, ed text);
INSERT INTO stroka SELECT id, 1, 'К', 1, 'шт' FROM (SELECT 1 AS id UNION SELECT 2 UNION SELECT 3) AS ids;
"""
TYPES = {"sqlite": {"date": "text", "time": "text"}, "postgresql": {"date": "date", "time": "timestamp"}}
ORDERS = {
    "table": "zakupka",
    "key": "id",
    "changed": {"column": "izmenena", "kind": "timestamp"},
    "number": "nomer",
    "status": "status",
    "statuses": {"ДА": "active", "ЧЕРНОВИК": "none", "ЗАКРЫТ": "closed"},
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
LOTS = {"table": "partii", "key": ["sklad", "partiya"], "item_code": "kod", "on_hand": "kol", "unit": "ed"}
SQLITE = pytest.mark.parametrize("plant", ["sqlite"], indirect=True)
POSTGRESQL = pytest.mark.parametrize("plant", ["postgresql"], indirect=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def plant(request: pytest.FixtureRequest, tmp_path: Path) -> Plant:
    schema = TABLES.format(**TYPES[request.param])
    if request.param == "sqlite":
        return Plant(tmp_path / "shop.db", schema)
    return PostgresqlPlant(request.getfixturevalue("postgresql_database"), schema)


def connector(plant: Plant, **changes: Any) -> Sql:
    data = {
        "url": plant.url,
        "time_zone": "Asia/Omsk",
        "units": {"шт": "H87", "т": "TNE"},
        "poll_seconds": 0.01,
        "busy_timeout_seconds": 0.1,
        "withdraw_after_seconds": 0,
        "orders": ORDERS,
        "inventory": LOTS,
    }
    return Sql(SqlConfig.model_validate(data | changes), member())


@pytest.fixture
async def sql(plant: Plant) -> AsyncIterator[Sql]:
    made = connector(plant)
    yield made
    await made.close()


def stamp(**ahead: float) -> str:
    """Return the plant's local time."""
    return (datetime.now(UTC) + timedelta(hours=6) + timedelta(**ahead)).strftime("%Y-%m-%d %H:%M:%S")


def order(plant: Plant, number: int, changed: str | None, status: str = "ДА") -> None:
    plant.do(f"INSERT INTO zakupka VALUES (?, 'ЗП-1', ?, '2036-05-01', {_time(changed)})", number, status)


def _time(changed: str | None) -> str:
    return f"'{changed}'" if changed else "NULL"


def told(items: list[Any]) -> list[tuple[str, str]]:
    return [(value["order_id"], value["document_status"]) for value in values(items, "Order")]


async def test_orders_with_one_number_are_two_orders(sql: Sql, plant: Plant) -> None:
    order(plant, 1, stamp())
    order(plant, 2, stamp())
    items, _ = await poll(sql.source())
    assert [(value["order_id"], value["number"]) for value in values(items, "Order")] == [("1", "ЗП-1"), ("2", "ЗП-1")]


@pytest.mark.parametrize("ahead", [{"minutes": 10}, {"hours": 23}, {"days": 3650}])
async def test_a_row_stamped_ahead_hides_nothing(sql: Sql, plant: Plant, ahead: dict[str, float]) -> None:
    order(plant, 1, stamp(**ahead))
    _, checkpoint = await poll(sql.source())
    plant.do("INSERT INTO zakupka SELECT id + 10, nomer, 'ЧЕРНОВИК', srok, izmenena FROM zakupka")
    narrow = connector(plant, compare_rows=1, page_rows=1)  # the comparison of the table must not be what finds it
    items, checkpoint = await poll(narrow.source(), checkpoint)
    order(plant, 2, stamp())
    items, _ = await poll(narrow.source(), checkpoint)
    assert told(items) == [("2", "ACTIVE")]
    await narrow.close()


async def test_rows_that_all_have_an_empty_date_for_a_stamp_stop_nothing(sql: Sql, plant: Plant) -> None:
    order(plant, 1, "0001-01-01 00:00:00")
    items, checkpoint = await poll(sql.source())
    order(plant, 2, "0001-01-01 00:00:00")
    later, checkpoint = await poll(sql.source(), checkpoint)
    order(plant, 3, stamp())
    last, _ = await poll(sql.source(), checkpoint)
    assert told([*items, *later, *last]) == [(number, "ACTIVE") for number in "123"]


async def test_rows_below_the_watermark_are_read(sql: Sql, plant: Plant) -> None:
    order(plant, 1, stamp())
    _, checkpoint = await poll(sql.source())
    order(plant, 2, "2025-02-28 10:00:00")
    order(plant, 3, None)
    items, _ = await poll(sql.source(), checkpoint)
    assert told(items) == [("2", "ACTIVE"), ("3", "ACTIVE")]


@SQLITE
async def test_a_version_that_does_not_parse_is_a_dead_letter(sql: Sql, plant: Plant) -> None:
    order(plant, 1, stamp())
    _, checkpoint = await poll(sql.source())
    order(plant, 2, "2025-02-30 10:00:00")
    items, _ = await poll(sql.source(), checkpoint)
    assert [letter.code for letter in bad(items)] == ["bad-date"]


@pytest.mark.parametrize("changed", ["2026-02-01 12:00:00", None])
async def test_an_id_never_repeats_for_a_newer_state(sql: Sql, plant: Plant, changed: str | None) -> None:
    order(plant, 1, changed)
    found, checkpoint = await poll(sql.source())
    for amount in (6, 1, 6):
        plant.do("UPDATE stroka SET kol = ? WHERE zakupka = 1", amount)
        items, checkpoint = await poll(sql.source(), checkpoint)
        assert (await poll(sql.source(), checkpoint))[0] == []
        found += items
    assert len({item.event.id for item in found if isinstance(item, Read)}) == 4


@pytest.mark.parametrize("page", [1, 2, 500])
async def test_null_in_a_key_loses_no_row(plant: Plant, page: int) -> None:
    rows = [
        ("А", None, 1),
        ("А", "2", 2),
        (None, "1", 3),
        (None, None, 4),
        ("Б", None, 5),
        ("Б", "1", 6),
        ("Б", "1", 7),
    ]
    for warehouse, lot, number in rows:
        plant.do(f"INSERT INTO partii VALUES (?, ?, 'К{number}', ?, 'шт')", warehouse, lot, number)
    sql = connector(plant, page_rows=page)
    items, checkpoint = await poll(sql.source())
    assert {value["item_code"] for value in values(items, "InventoryLevel")} == {f"К{n}" for n in range(1, 8)}
    assert (await poll(sql.source(), checkpoint))[0] == []
    await sql.close()


async def test_lots_of_one_code_are_added(plant: Plant) -> None:
    for lot, code, amount in (("1", "К", 5), ("2", "К ", 7), ("3", "Л", 1)):
        plant.do("INSERT INTO partii VALUES ('А', ?, ?, ?, 'шт')", lot, code, amount)
    sql = connector(plant, page_rows=1)
    items, checkpoint = await poll(sql.source())
    levels = [(value["item_code"], value["on_hand"]) for value in values(items, "InventoryLevel")]
    assert sorted(levels) == [("К", 12), ("Л", 1)]
    plant.do("UPDATE partii SET kod = 'Л' WHERE partiya = '2'")
    items, checkpoint = await poll(sql.source(), checkpoint)
    levels = [(value["item_code"], value["on_hand"]) for value in values(items, "InventoryLevel")]
    assert sorted(levels) == [("К", 5), ("Л", 8)]
    plant.do("DELETE FROM partii WHERE partiya = '1'")
    items, _ = await poll(sql.source(), checkpoint)
    assert [(value["item_code"], value["on_hand"]) for value in values(items, "InventoryLevel")] == [("К", 0)]
    await sql.close()


async def test_check_names_rows_that_come_to_one_key_and_stamps_ahead(plant: Plant) -> None:
    items = {"table": "partii", "key": ["sklad", "partiya"], "item_code": "kod", "item": "partiya"}
    for lot, code, unit in (("1", "К", "шт"), ("2", "К ", "т"), ("3", "Л", "шт")):
        plant.do("INSERT INTO partii VALUES ('А', ?, ?, 1, ?)", lot, code, unit)
    order(plant, 1, stamp(minutes=10))
    sql = connector(plant, items=items)
    with pytest.raises(Misconfigured) as caught:
        await sql.check()
    for text in (caught.value.text.en, caught.value.text.ru):
        assert text.count("sklad=А, partiya=1; sklad=А, partiya=2") == 2
        assert "clock-ahead" in text
        assert "partiya=3" not in text
    await sql.close()


async def test_a_withdrawn_order_is_cancelled_once_across_restarts(plant: Plant) -> None:
    sql = connector(plant, withdraw_after_seconds=3600)
    for number in (1, 2, 3):
        order(plant, number, stamp())
    _, checkpoint = await poll(sql.source())
    plant.do("DELETE FROM zakupka WHERE id = 1")
    plant.do("UPDATE zakupka SET status = 'ЧЕРНОВИК' WHERE id = 2")
    plant.do("UPDATE zakupka SET status = 'ПЕРЕДАН' WHERE id = 3")
    items, checkpoint = await poll(sql.source(), checkpoint)
    assert told(items) == []
    await sql.close()
    later = connector(plant, withdraw_after_seconds=0)
    items, checkpoint = await poll(later.source(), checkpoint)
    assert told(items) == [("1", "CANCELLED"), ("2", "CANCELLED"), ("3", "CANCELLED")]
    assert (await poll(later.source(), checkpoint))[0] == []
    await later.close()


async def test_an_order_that_comes_back_unreadable_is_a_dead_letter_and_not_withdrawn(plant: Plant) -> None:
    patient, hasty = (connector(plant, withdraw_after_seconds=seconds) for seconds in (3600, 0))
    order(plant, 1, stamp())
    order(plant, 2, stamp())
    _, checkpoint = await poll(patient.source())
    plant.do("UPDATE zakupka SET status = 'ЧЕРНОВИК' WHERE id = 1")
    plant.do("DELETE FROM zakupka WHERE id = 2")
    _, checkpoint = await poll(patient.source(), checkpoint)
    plant.do("UPDATE stroka SET ed = 'аршин'")
    plant.do("UPDATE zakupka SET status = 'ДА'")
    order(plant, 2, stamp())
    items, checkpoint = await poll(hasty.source(), checkpoint)
    assert (told(items), [letter.code for letter in bad(items)]) == ([], ["unmapped-unit"] * 2)
    plant.do("UPDATE stroka SET ed = 'шт'")
    items, checkpoint = await poll(hasty.source(), checkpoint)
    assert told(items) == [("1", "ACTIVE"), ("2", "ACTIVE")]
    await patient.close()
    await hasty.close()


async def _collect(source: Any, since: Checkpoint, found: list[Any]) -> None:
    async for item in source.read(since):
        found.append(item)  # noqa: PERF401  (what came before an error counts)


async def test_a_table_that_is_suddenly_empty_withdraws_nothing_and_says_what_to_do(plant: Plant) -> None:
    sql = connector(plant, vanished_limit=2, compare_rows=1, page_rows=1)
    for number in (1, 2, 3, 4):
        order(plant, number, stamp())
    _, checkpoint = await poll(sql.source())
    plant.do("ALTER TABLE zakupka RENAME TO vse")
    plant.do("CREATE TABLE zakupka AS SELECT * FROM vse WHERE id = 4")
    order(plant, 5, stamp())
    found: list[Any] = []
    with pytest.raises(Misconfigured) as caught:
        await _collect(sql.source(), checkpoint, found)
    assert told(found) == [("5", "ACTIVE")]
    for text in (caught.value.text.en, caught.value.text.ru):
        assert all(word in text for word in ("3", "zakupka", "vanished_limit", "closed"))
    plant.do("DROP TABLE zakupka")
    plant.do("ALTER TABLE vse RENAME TO zakupka")
    items, checkpoint = await poll(sql.source(), checkpoint)
    assert told(items) == []
    plant.do("UPDATE zakupka SET status = 'ЧЕРНОВИК' WHERE id < 4")  # their rows are there: people did that
    await sql.close()
    raised = connector(plant, vanished_limit=2)
    assert told((await poll(raised.source(), checkpoint))[0]) == [(number, "CANCELLED") for number in "123"]
    await raised.close()


async def test_orders_that_came_back_while_too_many_were_gone_are_not_withdrawn(plant: Plant) -> None:
    settings = {"vanished_limit": 1, "compare_rows": 2, "page_rows": 1}
    patient, hasty = (connector(plant, withdraw_after_seconds=seconds, **settings) for seconds in (3600, 0))
    order(plant, 1, stamp())
    for number in (2, 3, 4):
        order(plant, number, "2026-02-01 12:00:00")
    _, checkpoint = await poll(patient.source())
    plant.do("CREATE TABLE vse AS SELECT * FROM zakupka")
    plant.do("DELETE FROM zakupka WHERE id > 1")
    _, checkpoint = await poll(patient.source(), checkpoint)
    with pytest.raises(Misconfigured):
        await poll(hasty.source(), checkpoint)
    plant.do(
        "INSERT INTO zakupka SELECT * FROM vse WHERE id IN (2, 3)"
    )  # below the watermark, the last beyond the portion
    items, checkpoint = await poll(hasty.source(), checkpoint)
    assert told(items) == [("4", "CANCELLED")]
    for sql in (patient, hasty):
        await sql.close()


async def test_an_order_that_is_closed_may_leave(plant: Plant) -> None:
    sql = connector(plant, vanished_limit=0)
    for number in (1, 2, 3):
        order(plant, number, stamp())
    _, checkpoint = await poll(sql.source())
    plant.do("UPDATE zakupka SET status = 'Закрыт' WHERE id < 3")
    items, checkpoint = await poll(sql.source(), checkpoint)
    assert items == []
    plant.do("DELETE FROM zakupka WHERE id = 1")
    items, checkpoint = await poll(sql.source(), checkpoint)
    assert items == []
    plant.do("UPDATE zakupka SET status = 'ДА' WHERE id = 2")
    assert told((await poll(sql.source(), checkpoint))[0]) == [("2", "ACTIVE")]
    await sql.close()


@POSTGRESQL
@pytest.mark.parametrize("day", ["infinity", "-infinity", "20260-01-01", "0044-03-15 BC"])
async def test_a_date_that_python_has_not_is_one_dead_letter(sql: Sql, plant: Plant, day: str) -> None:
    order(plant, 1, stamp())
    order(plant, 2, stamp())
    plant.do(f"UPDATE zakupka SET srok = '{day}', izmenena = 'infinity' WHERE id = 1")
    items, checkpoint = await poll(sql.source())
    assert (len(bad(items)), told(items)) == (1, [("2", "ACTIVE")])
    order(plant, 3, stamp())
    assert told((await poll(sql.source(), checkpoint))[0]) == [("3", "ACTIVE")]


@POSTGRESQL
async def test_what_happens_to_a_table_is_waited_out_or_said(sql: Sql, plant: Plant) -> None:
    plant.do("CREATE TYPE vid AS ENUM ('ДА')")
    plant.do("ALTER TABLE zakupka ALTER status TYPE vid USING status::vid")
    plant.do("INSERT INTO zakupka VALUES (1, 'ЗП-1', 'ДА', '2036-05-01', '2026-01-01')")
    _, checkpoint = await poll(sql.source())
    plant.do("ALTER TYPE vid ADD VALUE 'ПОЗЖЕ'")
    plant.do("INSERT INTO zakupka VALUES (2, 'ЗП-1', 'ПОЗЖЕ', '2036-05-01', '2026-01-01')")
    items, checkpoint = await poll(sql.source(), checkpoint)
    assert [letter.code for letter in bad(items)] == ["unmapped-value"]
    plant.do("ALTER TABLE zakupka ALTER nomer TYPE varchar(40), ALTER srok TYPE timestamp")
    await poll(sql.source(), checkpoint)
    plant.do("ALTER TABLE zakupka RENAME nomer TO no")
    with pytest.raises(Misconfigured, match="nomer"):
        await poll(sql.source(), checkpoint)
    plant.do("ALTER TABLE zakupka RENAME no TO nomer")
    await poll(sql.source(), checkpoint)
    plant.do(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND application_name = current_setting('application_name')"
    )
    with suppress(Unavailable):
        await poll(sql.source(), checkpoint)
    await poll(sql.source(), checkpoint)


async def test_a_locked_table_is_waited_for(sql: Sql, plant: Plant) -> None:
    await poll(sql.source())
    if isinstance(plant, PostgresqlPlant):
        with psycopg.connect(plant.address) as other:
            other.execute("LOCK TABLE zakupka")
            with pytest.raises(Unavailable):
                await poll(sql.source())
    else:
        with closing(sqlite3.connect(plant.path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(Unavailable):
                await poll(sql.source())


@SQLITE
async def test_a_replaced_file_is_opened_anew(sql: Sql, plant: Plant, tmp_path: Path, capsys: Any) -> None:
    order(plant, 1, stamp())
    async with aclosing(sql.source().read(None)) as items:  # type: ignore[union-attr, type-var]
        found = [item async for item in _until_progress(items)]
        copy = Plant(tmp_path / "copy.db", TABLES.format(**TYPES["sqlite"]))
        order(copy, 2, "2020-01-01 00:00:00")
        copy.path.rename(plant.path)
        found += [item async for item in _until_progress(items)]
        found += [item async for item in _until_progress(items)]
    assert told(found) == [("1", "ACTIVE"), ("2", "ACTIVE"), ("1", "CANCELLED")]
    assert "epoch" in capsys.readouterr().out


async def _until_progress(items: Any) -> AsyncIterator[Any]:
    async for item in items:
        if not hasattr(item, "event"):
            return
        yield item


async def test_a_stop_does_not_wait_for_a_query(plant: Plant) -> None:
    slow = "SELECT 1 AS sklad, 1 AS partiya, 'К' AS kod, 'шт' AS ed, "
    if isinstance(plant, PostgresqlPlant):
        plant.do(f"CREATE VIEW medlenno AS {slow} (SELECT 1 FROM pg_sleep(60)) AS kol")
    else:
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)"
        plant.do(f"CREATE VIEW medlenno AS {slow} ({numbers} SELECT max(i) FROM n) AS kol")
    sql = connector(plant, inventory=LOTS | {"table": "medlenno"}, orders=None)
    reading = asyncio.ensure_future(poll(sql.source()))
    await asyncio.sleep(0.5)  # the longer, the surer that the query runs; none of it makes the test red
    begun = time.monotonic()
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
    await sql.close()
    assert time.monotonic() - begun < 2


KEYS = (
    ("numeric(10,0)", "integer"),
    ("integer", "numeric(12,2)"),
    ("real", "integer"),
    ("text", "numeric(10,2)"),
    ("uuid", "text"),
    ("text", "uuid"),
)


async def test_lines_are_found_whatever_types_the_key_and_the_reference_have(plant: Plant) -> None:
    for n, (key, reference) in enumerate(KEYS):
        name = str(uuid.UUID(int=0xABC)) if "uuid" in (key, reference) else "1"
        plant.do(f"CREATE TABLE head{n} (id {key} PRIMARY KEY, nomer text, status text, srok text, izmenena text)")
        plant.do(f"CREATE TABLE line{n} (zakupka {reference}, n integer, kod text, kol numeric, ed text)")
        plant.do(f"INSERT INTO head{n} VALUES (?, 'Н', 'ДА', '2036-05-01', NULL)", name)
        plant.do(f"INSERT INTO line{n} VALUES (?, 1, 'К', 1, 'шт')", name)
        lines = {**ORDERS["lines"], "table": f"line{n}"}  # type: ignore[dict-item]
        sql = connector(plant, orders={**ORDERS, "table": f"head{n}", "lines": lines}, inventory=None)
        (order,) = values((await poll(sql.source()))[0], "Order")
        assert (order["order_id"], len(order["lines"])) == (name, 1), (key, reference)
        await sql.close()
