"""The workshop's ERP as its own people use it: plain sqlite3, nothing of the connector. The suite's harness."""

import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kranhub.connector import Event
from kranhub.parties import members
from kranhub.testing import Content, ErpHarness, samples
from kranhub.wire.messages import Subject
from tests.support.workshop import Workshop, WorkshopConfig, client

SCHEMA = """
CREATE TABLE item (code TEXT PRIMARY KEY, unit TEXT NOT NULL);
CREATE TABLE purchase (
    id INTEGER PRIMARY KEY, number TEXT, supplier TEXT, state TEXT, wanted TEXT, changed_at TEXT,
    version INTEGER NOT NULL DEFAULT 1, hub_state TEXT, hub_promised TEXT, hub_revision INTEGER NOT NULL DEFAULT 0);
CREATE TABLE purchase_line (
    id INTEGER PRIMARY KEY, purchase INTEGER, code TEXT, name TEXT, quantity NUMERIC, unit TEXT);
CREATE TABLE job (
    id INTEGER PRIMARY KEY, reference TEXT UNIQUE, revision INTEGER, state TEXT, wanted TEXT, promised TEXT,
    reason TEXT, note TEXT, changed_at TEXT, version INTEGER NOT NULL DEFAULT 1);
CREATE TABLE job_line (
    id INTEGER PRIMARY KEY, job INTEGER, line TEXT, code TEXT, name TEXT, quantity NUMERIC, unit TEXT,
    promised NUMERIC);
CREATE TABLE stock (warehouse TEXT, code TEXT, lot TEXT, quantity NUMERIC, unit TEXT, changed_at TEXT);
INSERT INTO item VALUES ('БК-22', 'шт'), ('КР-70', 'м');
"""
MEMBER = members.load(Path(__file__).parents[3] / "deploy/members/omsk.yaml").by_id["zmk-most"]
ZONE = ZoneInfo(MEMBER.time_zone)
ITEMS = (("БК-22", "шт", "H87"), ("КР-70", "м", "MTR"))
WANTED, PROMISED = date(2027, 3, 31), date(2027, 3, 15)
ODD_STAMPS = (None, "", "2025-02-30 10:00:00")
KILOGRAMS = "кг"


class WorkshopHarness(ErpHarness):
    """One workshop in one file."""

    member = MEMBER.id

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.kind: type[Workshop] = Workshop
        if not self.path.exists():
            with closing(sqlite3.connect(self.path)) as database:
                database.executescript(SCHEMA)

    def connector(self) -> Workshop:
        return self._connector()

    def misconfigured(self) -> Workshop:
        other = self.path.with_name("other.sqlite")
        sqlite3.connect(other).close()
        return self._connector(path=other)

    def withdrawing(self, after_seconds: float) -> Workshop:
        return self._connector(withdraw_after_seconds=after_seconds)

    # -- purchases, answered jobs, stock ------------------------------------------------------------------------------

    def create(self, subject: Subject) -> str:
        return self._create(subject, _now())

    def content(self, subject: Subject, key: str) -> Content:
        return {"Order": self._order, "OrderResponse": self._response, "InventoryLevel": self._level}[subject](key)

    def edit(self, subject: Subject, key: str, quantity: int) -> None:
        self._set_second(subject, key, "quantity", quantity)
        self._touch(subject, key, _now())

    def spoil(self, subject: Subject, key: str) -> None:
        self._set_second(subject, key, "unit", "аршин")

    def mend(self, subject: Subject, key: str) -> None:
        self._set_second(subject, key, "unit", KILOGRAMS if subject == "InventoryLevel" else "м")

    @contextmanager
    def late(self, subject: Subject) -> Iterator[str]:
        """SQLite has one writer at a time: what commits late is a row with the stamp and the id of the beginning."""
        began, key = _now(), self._reserved(subject)
        yield key
        self._create(subject, began, key)

    def ahead(self, subject: Subject, by: timedelta) -> str:
        return self._create(subject, (datetime.now(ZONE) + by).strftime("%Y-%m-%d %H:%M:%S"))

    def odd(self, subject: Subject) -> Sequence[str]:
        keys = [self._create(subject, stamp) for stamp in ODD_STAMPS]
        if subject == "InventoryLevel":
            self._do("INSERT INTO stock VALUES (NULL, 'Без склада', NULL, 3, ?, NULL)", KILOGRAMS)
            keys.append("Без склада")
        return keys

    def twins(self) -> tuple[str, str]:
        first, second = self.create(Subject.ORDER), self.create(Subject.ORDER)
        self._do("UPDATE purchase SET number = 'З-1' WHERE id IN (?, ?)", first, second)
        return first, second

    def remove(self, subject: Subject, key: str) -> None:
        if subject == "InventoryLevel":
            self._do("DELETE FROM stock WHERE code = ?", key)
            return
        table, number = self._head(subject, key)
        self._do(f"DELETE FROM {table}_line WHERE {table} = ?", number)
        self._do(f"DELETE FROM {table} WHERE id = ?", number)

    def put_back(self, subject: Subject, key: str, quantity: int) -> None:
        self._create(subject, _now(), key)
        self.edit(subject, key, quantity)

    def withdraw(self, key: str) -> None:
        self._do("UPDATE purchase SET state = 'draft', changed_at = ? WHERE id = ?", _now(), key)

    def bring_back(self, key: str) -> None:
        self._do("UPDATE purchase SET state = 'confirmed', changed_at = ? WHERE id = ?", _now(), key)

    def split_stock(self) -> tuple[str, Decimal]:
        rows = [("Цех 1", "АРМ-12", "L1", 7, KILOGRAMS, _now()), ("Цех 1", "АРМ-12 ", "L2", 5, KILOGRAMS, _now())]
        self._many("INSERT INTO stock VALUES (?, ?, ?, ?, ?, ?)", rows)
        return "АРМ-12", Decimal(12)

    def many(self, subject: Subject, count: int) -> None:
        if subject == "InventoryLevel":
            rows = [("Цех 1", f"ОБР-{n}", "", n, KILOGRAMS, None) for n in range(count)]
            self._many("INSERT INTO stock VALUES (?, ?, ?, ?, ?, ?)", rows)
            return
        table, heads, lines = ("purchase", *_purchases(count)) if subject == "Order" else ("job", *_jobs(count))
        self._many(f"INSERT INTO {table} ({', '.join(heads[0])}) VALUES ({_marks(heads[0])})", map(_values, heads))
        self._many(f"INSERT INTO {table}_line ({', '.join(lines[0])}) VALUES ({_marks(lines[0])})", map(_values, lines))

    # -- jobs that the hub brings -------------------------------------------------------------------------------------

    def event(self, reference: str, revision: int = 1, *, cancelled: bool = False) -> Event:
        status = "CANCELLED" if cancelled else "ACTIVE"
        items = [(code, unit) for code, _, unit in ITEMS]
        return samples.plant_order(self.member, reference, revision, items=items, document_status=status)

    def unacceptable(self, reference: str) -> Event:
        return samples.plant_order(self.member, reference, items=[("НЕТ-ТАКОГО", "H87")])

    def live(self, reference: str) -> int:
        query = "SELECT count(*) AS n FROM job WHERE reference = ? AND state <> 'cancelled'"
        return int(self._ask(query, _id(reference))[0]["n"])

    def held(self, reference: str) -> Content:
        (head,) = self._ask("SELECT * FROM job WHERE reference = ?", _id(reference))
        lines = self._ask("SELECT * FROM job_line WHERE job = ? AND line IS NOT NULL ORDER BY id", head["id"])
        return {"requested_date": date.fromisoformat(head["wanted"]), "lines": [_held(line) for line in lines]}

    def note(self, reference: str, words: str) -> None:
        self._do("UPDATE job SET note = ?, version = version + 1 WHERE reference = ?", words, _id(reference))

    def noted(self, reference: str) -> str:
        return str(self._ask("SELECT note FROM job WHERE reference = ?", _id(reference))[0]["note"])

    def accept(self, reference: str, promised: date) -> None:
        columns = "state = 'accepted', promised = ?, changed_at = ?, version = version + 1"
        self._do(f"UPDATE job SET {columns} WHERE reference = ?", promised.isoformat(), _now(), _id(reference))

    def status(self, key: str, revision: int) -> Event:
        return samples.order_status(self.member, key, revision)

    def shown(self, key: str) -> Any:
        return self._ask("SELECT hub_state, hub_promised FROM purchase WHERE id = ?", key)

    def process(self, reference: str) -> Sequence[str]:
        place = f"{type(self).__module__}:{type(self).__name__}"
        return [sys.executable, "-m", "tests.support.deliver", place, str(self.path), reference]

    # -- what goes wrong ----------------------------------------------------------------------------------------------

    @contextmanager
    def away(self) -> Iterator[None]:
        hidden = self.path.with_suffix(".away")
        self.path.rename(hidden)
        yield
        hidden.rename(self.path)

    def driver_errors(self) -> Sequence[Exception]:
        kinds = ("Operational", "Integrity", "Data", "Interface", "Internal", "Programming", "NotSupported", "Database")
        undecodable = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
        others: list[Exception] = [OverflowError("int too large"), undecodable, OSError("disk"), TimeoutError("slow")]
        return [*(getattr(sqlite3, f"{kind}Error")(f"{kind} went wrong") for kind in kinds), *others]

    @contextmanager
    def breaking(self, step: Callable[[], None]) -> Iterator[None]:
        class Connection(sqlite3.Connection):
            def execute(self, *args: Any) -> sqlite3.Cursor:
                step()
                return super().execute(*args)

            def commit(self) -> None:
                step()
                super().commit()

        def connect(*args: Any, **settings: Any) -> sqlite3.Connection:
            step()
            return sqlite3.connect(*args, **settings, factory=Connection)

        client.connect = connect  # type: ignore[assignment]
        try:
            yield
        finally:
            client.connect = sqlite3.connect

    # -- the file -----------------------------------------------------------------------------------------------------

    def _connector(self, **changes: Any) -> Workshop:
        settings = {"path": self.path, "poll_seconds": 0.01, "wait_seconds": 0.1} | changes
        return self.kind(WorkshopConfig.model_validate(settings), MEMBER)

    def _create(self, subject: Subject, stamp: str | None, key: str | None = None) -> str:
        key = key or self._reserved(subject)
        if subject == "InventoryLevel":
            self._do("INSERT INTO stock VALUES ('Цех 1', ?, 'L1', 40, ?, ?)", key, KILOGRAMS, stamp)
            return key
        number = int(key.rpartition("/")[2].partition(".")[0]) if subject == "OrderResponse" else int(key)
        head, lines = _job(number, stamp, key) if subject == "OrderResponse" else _purchase(number, stamp)
        table = "job" if subject == "OrderResponse" else "purchase"
        for name, rows in ((table, [head]), (f"{table}_line", lines)):
            self._many(f"INSERT INTO {name} ({', '.join(rows[0])}) VALUES ({_marks(rows[0])})", map(_values, rows))
        return key

    def _reserved(self, subject: Subject) -> str:
        """Return the key of the next document, which no other gets any more."""
        self._next = getattr(self, "_next", 100) + 1
        kinds = {"Order": str(self._next), "OrderResponse": _id(str(self._next))}
        return kinds.get(subject, f"ЛИСТ-{self._next}")

    def _head(self, subject: Subject, key: str) -> tuple[str, int]:
        if subject == "Order":
            return "purchase", int(key)
        return "job", int(self._ask("SELECT id FROM job WHERE reference = ?", key)[0]["id"])

    def _set_second(self, subject: Subject, key: str, column: str, value: Any) -> None:
        if subject == "InventoryLevel":
            self._do(f"UPDATE stock SET {column} = ? WHERE code = ?", value, key)
            return
        table, number = self._head(subject, key)
        column = "promised" if (table, column) == ("job", "quantity") else column
        second = f"(SELECT max(id) FROM {table}_line WHERE {table} = ?)"
        self._do(f"UPDATE {table}_line SET {column} = ? WHERE id = {second}", value, number)

    def _touch(self, subject: Subject, key: str, stamp: str) -> None:
        if subject == "InventoryLevel":
            self._do("UPDATE stock SET changed_at = ? WHERE code = ?", stamp, key)
        else:
            table, number = self._head(subject, key)
            self._do(f"UPDATE {table} SET changed_at = ? WHERE id = ?", stamp, number)

    def _order(self, key: str) -> Content:
        (head,) = self._ask("SELECT * FROM purchase WHERE id = ?", key)
        lines = self._ask("SELECT * FROM purchase_line WHERE purchase = ? ORDER BY id", key)
        return {
            "order_id": key,
            "buyer": self.member,
            "document_status": "ACTIVE",
            "requested_date": date.fromisoformat(head["wanted"]),
            "lines": [_held(line) for line in lines],
        }

    def _response(self, key: str) -> Content:
        (head,) = self._ask("SELECT * FROM job WHERE reference = ?", key)
        lines = self._ask("SELECT * FROM job_line WHERE job = ? ORDER BY id", head["id"])
        return {
            "plant_order_id": key,
            "plant": self.member,
            "response_code": "CA" if any(_promised(line) != line["quantity"] for line in lines) else "AP",
            "lines": [
                {
                    "line_id": line["line"],
                    "status": "ACCEPTED" if _promised(line) == line["quantity"] else "CHANGED",
                    "quantity": Decimal(_promised(line)),
                    "unit": _unit(line["unit"]),
                    "promised_date": PROMISED,
                }
                for line in lines
            ],
        }

    def _level(self, key: str) -> Content:
        (row,) = self._ask("SELECT * FROM stock WHERE code = ?", key)
        on_hand = Decimal(row["quantity"])
        return {"company": self.member, "item_code": key, "on_hand": on_hand, "unit": _unit(row["unit"])}

    def _do(self, statement: str, *values: Any) -> None:
        self._many(statement, [values])

    def _many(self, statement: str, rows: Any) -> None:
        with closing(sqlite3.connect(self.path)) as database, database:
            database.executemany(statement, list(rows))

    def _ask(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.path)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query, values)]


Rows = list[dict[str, Any]]


def _purchase(number: int, stamp: str | None) -> tuple[dict[str, Any], Rows]:
    head = {
        "id": number,
        "number": f"З-{number}",
        "supplier": "hub",
        "state": "confirmed",
        "wanted": WANTED.isoformat(),
    }
    lines = [
        {"purchase": number, "code": code, "name": f"Позиция {n}", "quantity": 10 * n, "unit": unit}
        for n, (code, unit, _) in enumerate(ITEMS, 1)
    ]
    return {**head, "changed_at": stamp}, lines


def _job(number: int, stamp: str | None, reference: str) -> tuple[dict[str, Any], Rows]:
    head = {"id": number, "reference": reference, "revision": 1, "state": "accepted", "wanted": WANTED.isoformat()}
    lines = [
        {"job": number, "line": str(n), "code": code, "quantity": 10 * n, "unit": unit}
        for n, (code, unit, _) in enumerate(ITEMS, 1)
    ]
    return {**head, "promised": PROMISED.isoformat(), "changed_at": stamp}, lines


def _purchases(count: int) -> tuple[Rows, Rows]:
    made = [_purchase(100_000 + n, None) for n in range(count)]
    return [head for head, _ in made], [line for _, lines in made for line in lines]


def _jobs(count: int) -> tuple[Rows, Rows]:
    made = [_job(100_000 + n, None, _id(str(100_000 + n))) for n in range(count)]
    return [head for head, _ in made], [line for _, lines in made for line in lines]


def _held(line: Mapping[str, Any]) -> Content:
    return {
        "item_code": line["code"],
        "quantity": Decimal(line["quantity"]),
        "unit": _unit(line["unit"]),
        "description": line["name"],
    }


def _promised(line: Mapping[str, Any]) -> int:
    return int(line["quantity"] if line["promised"] is None else line["promised"])


def _unit(spelled: str) -> str:
    return {"шт": "H87", "кг": "KGM", "м": "MTR"}[spelled]


def _id(reference: str) -> str:
    return samples.plant_order_id(reference)


def _now() -> str:
    return datetime.now(ZONE).strftime("%Y-%m-%d %H:%M:%S")


def _marks(row: Mapping[str, Any]) -> str:
    return ", ".join("?" * len(row))


def _values(row: Mapping[str, Any]) -> list[Any]:
    return list(row.values())
