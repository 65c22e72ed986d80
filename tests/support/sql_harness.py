"""The databases of the contract suite as their own people know them, in SQLite and PostgreSQL."""

import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import sqlalchemy as sa
import yaml
from sqlalchemy.engine.default import DefaultDialect

from connectors.sql import Sql, SqlConfig
from kranhub.connector import Event
from kranhub.testing import Content, ErpHarness, samples
from tests.support import sql_plant
from tests.support.postgresql_plant import PostgresqlPlant
from tests.support.sql_plant import Plant
from tools.harness.proxy import Proxy

ZONE = ZoneInfo("Asia/Omsk")
ITEMS = (("БК-22", "шт", "H87"), ("КР-70", "т", "TNE"))
WANTED, PROMISED = date(2027, 3, 31), date(2027, 3, 15)
PAGE_ROWS = 50
"""Small, so that every test that reads goes over several pages."""

CUSTOMER_TABLES = """
CREATE TABLE zakupka (id INTEGER PRIMARY KEY, nomer varchar(20), status varchar(20), srok date, programma varchar(40),
    sozdana {time}, izmenena {time});
CREATE TABLE zakupka_stroka (zakupka_id INTEGER, n INTEGER, kod varchar(40), kol numeric(15,3), ed varchar(10),
    cena numeric(15,2));
"""


class DatabaseHarness(ErpHarness):
    """What both companies' databases have in common."""

    plant: Plant

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self._next = 100

    def number(self) -> int:
        """Return a number that no other document gets."""
        self._next += 1
        return self._next

    def stamp(self, moment: datetime | None = None) -> Any:
        """Return a moment, now by default, as a change column of this database holds it."""
        local = (moment or datetime.now(UTC)).astimezone(ZONE)
        return local if self.is_server else local.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]

    @property
    def is_server(self) -> bool:
        return isinstance(self.plant, PostgresqlPlant)

    def insert(self, table: str, **row: Any) -> None:
        marks = ", ".join("?" * len(row))
        self.plant.do(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())

    def insert_many(self, table: str, rows: Sequence[Any]) -> None:
        """Insert in statements of many rows each."""
        for start in range(0, len(rows), 500):
            some = rows[start : start + 500]
            marks = ", ".join(["(" + ", ".join("?" * len(rows[0])) + ")"] * len(some))
            values = [value for row in some for value in row.values()]
            self.plant.do(f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES {marks}", *values)

    def driver_errors(self) -> Sequence[Exception]:
        return _postgresql_errors() if self.is_server else _sqlite_errors()

    @contextmanager
    def breaking(self, step: Callable[[], None]) -> Iterator[None]:
        """Every statement and every commit of SQLAlchemy's connections is a step."""
        commit: Any = DefaultDialect.do_commit

        def executing(*_: Any) -> None:
            step()

        def committing(dialect: Any, connection: Any) -> None:
            step()
            commit(dialect, connection)

        events = [(sa.engine.Engine, name, executing) for name in ("do_execute", "do_execute_no_params")]
        for listened in events:
            sa.event.listen(*listened)
        DefaultDialect.do_commit = committing  # type: ignore[method-assign]
        try:
            yield
        finally:
            DefaultDialect.do_commit = commit  # type: ignore[method-assign]
            for listened in events:
                sa.event.remove(*listened)


class SqlHarness(DatabaseHarness):
    """A plant's database as docs/connectors/sql.md makes it."""

    member = "zmk-most"

    def __init__(self, path: str | Path) -> None:
        known = Path(path).exists()
        super().__init__(Plant.opened(Path(path)) if known else Plant(Path(path)))

    def connector(self) -> Sql:
        return self._connector()

    def misconfigured(self) -> Sql:
        return self._connector(inventory__table="there_is_no_such_table")

    # -- answers, stock, production -----------------------------------------------------------------------------------

    def create(self, subject: str) -> str:
        return self._create(subject, self.stamp())

    def content(self, subject: str, key: str) -> Content:
        kinds = {"OrderResponse": self._response, "InventoryLevel": self._level, "ProductionStatus": self._production}
        return kinds[subject](key)

    def edit(self, subject: str, key: str, quantity: int) -> None:
        column = {"OrderResponse": "kol_obeschano", "InventoryLevel": "nalichie", "ProductionStatus": "gotovo"}[subject]
        self._set(subject, key, column, quantity)

    def spoil(self, subject: str, key: str) -> None:
        self._set(subject, key, "ed", "аршин")

    def mend(self, subject: str, key: str) -> None:
        self._set(subject, key, "ed", "т")

    @contextmanager
    def late(self, subject: str) -> Iterator[str]:
        """A row that has the stamp and the counter of the beginning, and appears at the end."""
        began, number = self.stamp(), self.number()
        yield self._key(subject, number)
        self._create(subject, began, number)

    def ahead(self, subject: str, by: timedelta) -> str:
        return self._create(subject, self.stamp(datetime.now(UTC) + by))

    def odd(self, subject: str) -> Sequence[str]:
        if subject == "InventoryLevel":
            return self._stock_without_store()
        stamps: list[Any] = ["infinity"] if self.is_server else ["", "2025-02-30 10:00:00", "31.03.2026 10:00"]
        return [self._create(subject, stamp) for stamp in stamps] if subject == "OrderResponse" else []

    def remove(self, subject: str, key: str) -> None:
        if subject == "OrderResponse":
            self.plant.do(f"DELETE FROM zakaz_stroka WHERE zakaz_id = {_NUMBER}", key)
        table, column, value = self._place(subject, key)
        self.plant.do(f"DELETE FROM {table} WHERE {column} = ?", value)

    def put_back(self, subject: str, key: str, quantity: int) -> None:
        number = key.rpartition("-")[2] if subject != "OrderResponse" else key.rpartition("/")[2].partition(".")[0]
        self._create(subject, self.stamp(), int(number))
        self.edit(subject, key, quantity)

    def split_stock(self) -> tuple[str, Decimal]:
        for code, quantity in (("АРМ-12", 7), ("АРМ-12 ", 5)):
            self.insert("ostatki", sklad=_STORE, kod=code, nalichie=quantity, rezerv=0, ed="т")
        return "АРМ-12", Decimal(12)

    def many(self, subject: str, count: int) -> None:
        old: Any = datetime(2020, 1, 1, tzinfo=ZONE) if self.is_server else ""
        numbers = range(100_000, 100_000 + count)
        if subject == "InventoryLevel":
            self.insert_many("ostatki", [self._stock_row(number) for number in numbers])
        elif subject == "ProductionStatus":
            self.insert_many("zadanie", [self._production_row(number) | {"versiya": 1} for number in numbers])
        else:
            self.insert_many("zakaz", [self._order_row(number, old) for number in numbers])
            self.insert_many("zakaz_stroka", [line for number in numbers for line in self._order_lines(number)])

    # -- plant orders -------------------------------------------------------------------------------------------------

    def event(self, reference: str, revision: int = 1, *, cancelled: bool = False) -> Event:
        status = "CANCELLED" if cancelled else "ACTIVE"
        items = [(code, unit) for code, _, unit in ITEMS]
        return samples.plant_order(self.member, reference, revision, items=items, document_status=status)

    def unacceptable(self, reference: str) -> Event:
        return samples.plant_order(self.member, reference, items=[("БК-22", "LTR")])

    def live(self, reference: str) -> int:
        query = "SELECT id FROM zakaz WHERE vnesh_nomer = ? AND status <> 'ОТМЕНЕН'"
        return len(self.plant.ask(query, _id(reference)))

    def held(self, reference: str) -> Content:
        (head,) = self.plant.ask("SELECT * FROM zakaz WHERE vnesh_nomer = ?", _id(reference))
        query = "SELECT * FROM zakaz_stroka WHERE zakaz_id = ? AND vnesh_stroka IS NOT NULL ORDER BY nomer_stroki"
        return {
            "requested_date": _day(head["srok"]),
            "lines": [_held(line) for line in self.plant.ask(query, head["id"])],
        }

    def note(self, reference: str, words: str) -> None:
        """A person at the plant adds a line of the plant's own."""
        head = self.plant.ask("SELECT id FROM zakaz WHERE vnesh_nomer = ?", _id(reference))[0]["id"]
        line = {"zakaz_id": head, "nomer_stroki": 90, "kod": "ОСНАСТКА", "naimenovanie": words}
        self.insert("zakaz_stroka", **line, kolichestvo=1, ed="шт")

    def noted(self, reference: str) -> str:
        query = (
            "SELECT naimenovanie FROM zakaz_stroka JOIN zakaz ON id = zakaz_id"
            " WHERE vnesh_nomer = ? AND nomer_stroki = 90 AND vnesh_stroka IS NULL"
        )
        return "".join(str(line["naimenovanie"]) for line in self.plant.ask(query, _id(reference)))

    def accept(self, reference: str, promised: date) -> None:
        day = promised if self.is_server else promised.strftime("%d.%m.%Y")
        self.plant.do(
            "UPDATE zakaz SET status = 'ПРИНЯТ', srok_obeschan = ? WHERE vnesh_nomer = ?", day, _id(reference)
        )

    def away(self) -> AbstractContextManager[None]:
        """Another program holds the file: SQLite's way of being away."""
        return self.plant.held()

    def process(self, reference: str) -> Sequence[str]:
        place = f"{type(self).__module__}:{type(self).__name__}"
        return [sys.executable, "-m", "tests.support.deliver", place, self._argument, reference]

    @property
    def _argument(self) -> str:
        return str(self.plant.path)

    # -- rows ---------------------------------------------------------------------------------------------------------

    def _connector(self, **changes: Any) -> Sql:
        return sql_plant.connector(self.plant, page_rows=PAGE_ROWS, **changes)

    def _create(self, subject: str, stamp: Any, number: int | None = None) -> str:
        number = number or self.number()
        if subject == "InventoryLevel":
            self.insert("ostatki", **self._stock_row(number))
        elif subject == "ProductionStatus":
            self.insert("zadanie", **self._production_row(number))
        else:
            self.insert("zakaz", **self._order_row(number, stamp))
            self.insert_many("zakaz_stroka", self._order_lines(number))
        return self._key(subject, number)

    def _key(self, subject: str, number: int) -> str:
        kinds = {"OrderResponse": f"irtysh-stroy:З-9/{number}.0.1", "ProductionStatus": f"ПР-{number}"}
        return kinds.get(subject, f"zmk-most-works/ЛИСТ-{number}")

    def _stock_row(self, number: int) -> Any:
        return {"sklad": _STORE, "kod": f"ЛИСТ-{number}", "nalichie": 40, "rezerv": 0, "ed": "т"}

    def _production_row(self, number: int) -> Any:
        row = {"id": number, "nomer": f"ПР-{number}", "kod": "БК-22", "plan": 50, "gotovo": 0, "brak": 0}
        return {**row, "ed": "т", "sostoyanie": "В РАБОТЕ", "srok": None, "versiya": number}

    def _order_row(self, number: int, stamp: Any) -> Any:
        head = {"id": number, "vnesh_nomer": self._key("OrderResponse", number), "redakciya": 1, "zakazchik": "К-0017"}
        days = {"srok": WANTED.isoformat(), "srok_obeschan": PROMISED.isoformat()}
        return {**head, **days, "valyuta": "руб", "status": "ПРИНЯТ", "istochnik": "kranhub", "izmenen": stamp}

    def _order_lines(self, number: int) -> list[Any]:
        return [
            {
                "zakaz_id": number,
                "nomer_stroki": n,
                "vnesh_stroka": str(n),
                "kod": code,
                "kolichestvo": 10 * n,
                "ed": unit,
            }
            for n, (code, unit, _) in enumerate(ITEMS, 1)
        ]

    def _place(self, subject: str, key: str) -> tuple[str, str, str]:
        if subject == "InventoryLevel":
            return "ostatki", "kod", key.partition("/")[2]
        return ("zadanie", "nomer", key) if subject == "ProductionStatus" else ("zakaz", "vnesh_nomer", key)

    def _set(self, subject: str, key: str, column: str, value: Any) -> None:
        table, name, found = self._place(subject, key)
        if subject == "OrderResponse":
            self.plant.do(
                f"UPDATE zakaz_stroka SET {column} = ? WHERE nomer_stroki = 2 AND zakaz_id = {_NUMBER}", value, key
            )
            self.plant.do("UPDATE zakaz SET izmenen = ? WHERE vnesh_nomer = ?", self.stamp(), key)
            return
        self.plant.do(f"UPDATE {table} SET {column} = ? WHERE {name} = ?", value, found)
        if subject == "ProductionStatus":
            self.plant.do("UPDATE zadanie SET versiya = ? WHERE nomer = ?", self.number(), key)

    def _stock_without_store(self) -> list[str]:
        """Let the table lose its constraints; enter more rows without a store than a page has."""
        self.plant.do("CREATE TABLE bez_pravil AS SELECT * FROM ostatki")
        self.plant.do("DROP TABLE ostatki")
        self.plant.do("ALTER TABLE bez_pravil RENAME TO ostatki")
        codes = [f"БЕЗ-СКЛАДА-{number}" for number in range(PAGE_ROWS + 2)]
        self.insert_many(
            "ostatki", [{"sklad": None, "kod": code, "nalichie": 1, "rezerv": 0, "ed": "т"} for code in codes]
        )
        return codes

    def _response(self, key: str) -> Content:
        query = "SELECT * FROM zakaz_stroka WHERE zakaz_id = " + _NUMBER + " ORDER BY nomer_stroki"
        lines = self.plant.ask(query, key)
        changed = any(_promised(line) != Decimal(str(line["kolichestvo"])) for line in lines)
        return {
            "plant_order_id": key,
            "plant": self.member,
            "response_code": "CA" if changed else "AP",
            "lines": [_answered(line) for line in lines],
        }

    def _level(self, key: str) -> Content:
        (row,) = self.plant.ask("SELECT * FROM ostatki WHERE kod = ?", key.partition("/")[2])
        on_hand = Decimal(str(row["nalichie"]))
        return {"company": self.member, "item_code": row["kod"], "on_hand": on_hand, "unit": _unit(row["ed"])}

    def _production(self, key: str) -> Content:
        (row,) = self.plant.ask("SELECT * FROM zadanie WHERE nomer = ?", key)
        made = {"planned": Decimal(str(row["plan"])), "completed": Decimal(str(row["gotovo"]))}
        item = {"item_code": row["kod"], "unit": _unit(row["ed"]), "state": "RUNNING"}
        return {"production_order_id": key, "plant": self.member, **item, **made}


class PostgresqlHarness(SqlHarness):
    """The same plant on a real PostgreSQL with its own types of columns, behind a line that can be cut."""

    plant: PostgresqlPlant

    def __init__(self, address: str, line: Proxy | None = None) -> None:
        DatabaseHarness.__init__(self, PostgresqlPlant.opened(address))
        self._line = line

    def away(self) -> AbstractContextManager[None]:
        assert self._line is not None
        return self._line.being("cut")

    @property
    def _argument(self) -> str:
        return self.plant.address


class SqlCustomerHarness(DatabaseHarness):
    """A customer's database as the guide's second example reads it."""

    member = "sibir-terminal"

    def connector(self) -> Sql:
        return self._connector()

    def misconfigured(self) -> Sql:
        return self._connector(table="there_is_no_such_table")

    def withdrawing(self, after_seconds: float) -> Sql:
        return self._connector(withdraw_after_seconds=after_seconds)

    def create(self, subject: str) -> str:
        return self._create(self.stamp())

    def content(self, subject: str, key: str) -> Content:
        (head,) = self.plant.ask("SELECT * FROM zakupka WHERE id = ?", int(key))
        lines = self.plant.ask("SELECT * FROM zakupka_stroka WHERE zakupka_id = ? ORDER BY n", int(key))
        return {
            "order_id": key,
            "buyer": self.member,
            "document_status": "ACTIVE",
            "requested_date": _day(head["srok"]),
            "lines": [
                {"item_code": line["kod"], "quantity": Decimal(str(line["kol"])), "unit": _unit(line["ed"])}
                for line in lines
            ],
        }

    def edit(self, subject: str, key: str, quantity: int) -> None:
        self._set(key, "kol", quantity)

    def spoil(self, subject: str, key: str) -> None:
        self._set(key, "ed", "аршин")

    def mend(self, subject: str, key: str) -> None:
        self._set(key, "ed", "т")

    @contextmanager
    def late(self, subject: str) -> Iterator[str]:
        began, number = self.stamp(), self.number()
        yield str(number)
        self._create(began, number)

    def ahead(self, subject: str, by: timedelta) -> str:
        return self._create(self.stamp(datetime.now(UTC) + by))

    def odd(self, subject: str) -> Sequence[str]:
        odd: list[Any] = [None, "infinity"] if self.is_server else [None, "", "2025-02-30 10:00:00", "31.03.2026"]
        return [self._create(stamp) for stamp in odd]

    def twins(self) -> tuple[str, str]:
        first, second = self.create("Order"), self.create("Order")
        self.plant.do("UPDATE zakupka SET nomer = 'ЗП-1' WHERE id IN (?, ?)", int(first), int(second))
        return first, second

    def remove(self, subject: str, key: str) -> None:
        self.plant.do("DELETE FROM zakupka_stroka WHERE zakupka_id = ?", int(key))
        self.plant.do("DELETE FROM zakupka WHERE id = ?", int(key))

    def put_back(self, subject: str, key: str, quantity: int) -> None:
        self._create(self.stamp(), int(key))
        self.edit(subject, key, quantity)

    def withdraw(self, key: str) -> None:
        self.plant.do("UPDATE zakupka SET status = 'ЧЕРНОВИК', izmenena = ? WHERE id = ?", self.stamp(), int(key))

    def bring_back(self, key: str) -> None:
        self.plant.do("UPDATE zakupka SET status = 'ПОДТВЕРЖДЕНА', izmenena = ? WHERE id = ?", self.stamp(), int(key))

    def many(self, subject: str, count: int) -> None:
        numbers = range(100_000, 100_000 + count)
        self.insert_many("zakupka", [self._head(number, None) for number in numbers])
        self.insert_many("zakupka_stroka", [line for number in numbers for line in self._lines(number)])

    def away(self) -> AbstractContextManager[None]:
        return self.plant.held()

    def _connector(self, **changes: Any) -> Sql:
        data = yaml.safe_load(sql_plant.blocks("yaml")[1])["config"]
        table = {key: changes.pop(key) for key in ("table",) if key in changes}
        data |= {"url_env": None, "url": self.plant.url, "poll_seconds": 0.01, "busy_timeout_seconds": 0.1}
        data |= {"page_rows": PAGE_ROWS, "time_zone": "Asia/Omsk", "orders": data["orders"] | table} | changes
        return Sql(SqlConfig.model_validate(data), sql_plant.member(self.member))

    def _create(self, stamp: Any, number: int | None = None) -> str:
        number = number or self.number()
        self.insert("zakupka", **self._head(number, stamp))
        self.insert_many("zakupka_stroka", self._lines(number))
        return str(number)

    def _head(self, number: int, stamp: Any) -> Any:
        head = {"id": number, "nomer": f"ЗП-{number}", "status": "ПОДТВЕРЖДЕНА", "srok": WANTED.isoformat()}
        return {**head, "izmenena": stamp}

    def _lines(self, number: int) -> list[Any]:
        return [
            {"zakupka_id": number, "n": n, "kod": code, "kol": 10 * n, "ed": unit}
            for n, (code, unit, _) in enumerate(ITEMS, 1)
        ]

    def _set(self, key: str, column: str, value: Any) -> None:
        self.plant.do(f"UPDATE zakupka_stroka SET {column} = ? WHERE n = 2 AND zakupka_id = ?", value, int(key))
        self.plant.do("UPDATE zakupka SET izmenena = ? WHERE id = ?", self.stamp(), int(key))


class PostgresqlCustomerHarness(SqlCustomerHarness):
    """The same customer on a real PostgreSQL, behind a line that can be cut."""

    def __init__(self, address: str, line: Proxy) -> None:
        super().__init__(PostgresqlPlant(address, CUSTOMER_TABLES.format(time="timestamptz")))
        self._line = line

    def away(self) -> AbstractContextManager[None]:
        return self._line.being("cut")


def customer(path: Path) -> SqlCustomerHarness:
    """Return a customer's file of the guide's tables."""
    return SqlCustomerHarness(Plant(path, CUSTOMER_TABLES.format(time="TEXT")))


_STORE = "Склад металла"
_NUMBER = "(SELECT id FROM zakaz WHERE vnesh_nomer = ?)"


def _id(reference: str) -> str:
    return samples.plant_order_id(reference)


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    text = str(value)
    return datetime.strptime(text, "%d.%m.%Y").date() if "." in text else date.fromisoformat(text)  # noqa: DTZ007


def _unit(spelled: str) -> str:
    return {"шт": "H87", "т": "TNE"}[spelled.strip()]


def _held(line: Any) -> Content:
    quantity = Decimal(str(line["kolichestvo"]))
    return {
        "item_code": line["kod"],
        "quantity": quantity,
        "unit": _unit(line["ed"]),
        "description": line["naimenovanie"],
    }


def _promised(line: Any) -> Decimal:
    return Decimal(str(line["kolichestvo"] if line["kol_obeschano"] is None else line["kol_obeschano"]))


def _answered(line: Any) -> Content:
    same = _promised(line) == Decimal(str(line["kolichestvo"]))
    said = {"line_id": str(line["vnesh_stroka"]).strip(), "status": "ACCEPTED" if same else "CHANGED"}
    return {**said, "quantity": _promised(line), "unit": _unit(line["ed"]), "promised_date": PROMISED}


def _sqlite_errors() -> list[Exception]:
    kinds = ("Operational", "Integrity", "Data", "Interface", "Internal", "Programming", "NotSupported", "Database")
    known: list[Exception] = [getattr(sqlite3, f"{kind}Error")(f"{kind} went wrong") for kind in kinds]
    return [*known, OverflowError("Python int too large to convert to SQLite INTEGER"), ValueError("embedded null")]


def _postgresql_errors() -> list[Exception]:
    kinds = ("Operational", "Integrity", "Data", "Interface", "Internal", "Programming", "NotSupported", "Database")
    states = (
        "UndefinedTable",
        "UndefinedColumn",
        "InsufficientPrivilege",
        "LockNotAvailable",
        "QueryCanceled",
        "SerializationFailure",
        "DeadlockDetected",
        "InvalidTextRepresentation",
        "FeatureNotSupported",
        "AdminShutdown",
        "DiskFull",
        "ReadOnlySqlTransaction",
        "InFailedSqlTransaction",
    )
    known: list[Exception] = [getattr(psycopg, f"{kind}Error")(f"{kind} went wrong") for kind in kinds]
    return [*known, *(getattr(psycopg.errors, state)(f"{state} happened") for state in states)]
