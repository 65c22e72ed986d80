"""A customer's SQLite database, as its own staff use it, and the connector's file for it."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

BUYER = "sibir-terminal"
MOTOR, PAINTING = ("ДВ-7.5", "шт"), ("ОКР-М2", "м2")
"""Item code and unit, in the customer's words; each is one plant order."""

TABLES = """
CREATE TABLE zakupka (id INTEGER PRIMARY KEY, nomer TEXT, status TEXT, srok TEXT, izmenena TEXT);
CREATE TABLE stroka (zakupka INTEGER, n INTEGER, kod TEXT, kol NUMERIC, ed TEXT);
"""


class Shop:
    """Plain sqlite3, nothing of the hub."""

    def __init__(self, file: Path) -> None:
        """Take the file's path and make the empty tables."""
        self.file = file
        self.do(TABLES)

    def do(self, script: str) -> None:
        """Run SQL statements on the file."""
        with closing(sqlite3.connect(self.file, timeout=20)) as database:
            database.executescript(script)

    def order(
        self, key: int, number: str, item: tuple[str, str], quantity: int, wanted: str, ahead: timedelta = timedelta(0)
    ) -> None:
        """Order an item.

        Args:
            key: The row's key.
            number: The order's number.
            item: Its code and its unit.
            quantity: In that unit.
            wanted: The day, in ISO 8601.
            ahead: By how much the row's clock is ahead of the present.
        """
        (code, unit), changed_at = item, (datetime.now(UTC) + ahead).strftime("%Y-%m-%d %H:%M:%S")
        self.do(
            f"INSERT INTO stroka VALUES ({key}, 1, '{code}', {quantity}, '{unit}');"
            f"INSERT INTO zakupka VALUES ({key}, '{number}', 'ДА', '{wanted}', '{changed_at}');"
        )

    def orders(self) -> list[str]:
        """Return the keys of all orders."""
        with closing(sqlite3.connect(self.file, timeout=20)) as database:
            return [str(key) for (key,) in database.execute("SELECT id FROM zakupka ORDER BY id")]

    def write_file(self, file: Path, **config: Any) -> None:
        """Write the connector's file; ``config`` is what it has beside the tables."""
        lines = {"table": "stroka", "head": "zakupka", "position": "n"}
        orders = {
            "table": "zakupka",
            "key": "id",
            "changed": {"column": "izmenena", "kind": "timestamp", "time_zone": "UTC"},
            "number": "nomer",
            "status": "status",
            "statuses": {"ДА": "active", "ЧЕРНОВИК": "none"},
            "requested_date": "srok",
            "lines": {**lines, "item_code": "kod", "quantity": "kol", "unit": "ed"},
        }
        tables = {"url": f"sqlite:///{self.file}", "units": {"шт": "H87", "м2": "MTK"}, "orders": orders}
        content = {"member": BUYER, "connector": "sql", "name": "shop", "config": {**tables, **config}}
        file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
