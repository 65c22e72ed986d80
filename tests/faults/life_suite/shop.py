"""The customer's database, as its own people use it, and the connector's file for it."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

BUYER = "sibir-terminal"
ITEMS = (("ДВ-7.5", "шт"), ("ОКР-М2", "м2"))
"""What is ordered in turn: a motor, and the painting of a square metre. Each is one plant order."""

TABLES = """
CREATE TABLE zakupka (id INTEGER PRIMARY KEY, nomer TEXT, status TEXT, srok TEXT, izmenena TEXT);
CREATE TABLE stroka (zakupka INTEGER, n INTEGER, kod TEXT, kol NUMERIC, ed TEXT);
"""


class Shop:
    """Plain sqlite3, nothing of the hub."""

    def __init__(self, file: Path) -> None:
        """Take the file's path and make the empty tables."""
        self.file = file
        self._do(TABLES)

    def order(self, key: int) -> None:
        """Order one piece of what is next in turn."""
        code, unit = ITEMS[key % len(ITEMS)]
        stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
        wanted = (date.today() + timedelta(days=120)).isoformat()  # noqa: DTZ011  (a person's own calendar)
        self._do(
            f"INSERT INTO stroka VALUES ({key}, 1, '{code}', 1, '{unit}');"
            f"INSERT INTO zakupka VALUES ({key}, 'ЗП-{key}/2027', 'ДА', '{wanted}', '{stamp}');"
        )

    def orders(self) -> list[str]:
        """Return the keys of all orders."""
        with closing(sqlite3.connect(self.file, timeout=20)) as database:
            return [str(key) for (key,) in database.execute("SELECT id FROM zakupka ORDER BY id")]

    def write_file(self, file: Path) -> None:
        """Write the connector's file."""
        lines = {"table": "stroka", "head": "zakupka", "position": "n"}
        orders: dict[str, Any] = {
            "table": "zakupka",
            "key": "id",
            "changed": {"column": "izmenena", "kind": "timestamp", "time_zone": "UTC"},
            "number": "nomer",
            "status": "status",
            "statuses": {"ДА": "active"},
            "requested_date": "srok",
            "lines": {**lines, "item_code": "kod", "quantity": "kol", "unit": "ed"},
        }
        config = {"url": f"sqlite:///{self.file}", "units": {"шт": "H87", "м2": "MTK"}, "poll_seconds": 0.5}
        content = {"member": BUYER, "connector": "sql", "name": "shop", "config": {**config, "orders": orders}}
        file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")

    def _do(self, script: str) -> None:
        with closing(sqlite3.connect(self.file, timeout=20)) as database:
            database.executescript(script)
