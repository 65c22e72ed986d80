"""An ERP in one SQLite file, and its connector: the smallest that the runtime's tests can kill, stop and count in.

Table `orders` is what the source publishes, `received` what the sink brought, `settings` how the ERP behaves today.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from kranhub import polling
from kranhub.connector import (
    Checkpoint,
    Connector,
    Event,
    Outcome,
    Progress,
    Read,
    Receipt,
    Sink,
    Source,
    Unreadable,
)
from kranhub.errors import DocumentCode, Misconfigured, Unavailable
from kranhub.failpoints import failpoint
from kranhub.parties.members import Member
from kranhub.polling import PollingCursor
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.messages import Subject

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, flaw TEXT);
CREATE TABLE IF NOT EXISTS received (event_id TEXT UNIQUE, key TEXT, revision INTEGER);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT);
"""


class FileErp:
    """The file, as a test sees it: without the connector."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._run(SCHEMA)

    def place(self, numbers: Iterable[int], flaw: str | None = None) -> None:
        with closing(sqlite3.connect(self.path)) as database, database:
            database.executemany("INSERT INTO orders VALUES (?, ?)", [(number, flaw) for number in numbers])

    def behave(self, **settings: str) -> None:
        with closing(sqlite3.connect(self.path)) as database, database:
            database.executemany("INSERT OR REPLACE INTO settings VALUES (?, ?)", settings.items())

    def received(self) -> list[tuple[str, str, int]]:
        return self._run("SELECT event_id, key, revision FROM received ORDER BY rowid")

    def orders(self) -> list[int]:
        return [number for (number,) in self._run("SELECT id FROM orders")]

    def setting(self, name: str) -> str:
        rows = self._run(f"SELECT value FROM settings WHERE name = '{name}'")
        return rows[0][0] if rows else ""

    def _run(self, sql: str) -> list[Any]:
        with closing(sqlite3.connect(self.path, timeout=10)) as database, database:
            return list(database.executescript(sql) if ";" in sql else database.execute(sql))


class FileErpConfig(BaseModel):
    path: Path


class FileErpConnector(Connector):
    """Publishes orders, receives statuses and plant orders. The ERP enforces unique event ids."""

    Config = FileErpConfig

    def __init__(self, config: FileErpConfig, member: Member) -> None:
        self._erp, self._member = FileErp(config.path), member.id

    async def check(self) -> None:
        _refuse_when_away(self._erp)
        if self._erp.setting("broken"):
            raise Misconfigured(Text(en="The file ERP is broken; mend it.", ru="Файловая ERP сломана; почините её."))

    def source(self) -> Source:
        return _Orders(self._erp, self._member)

    def sink(self) -> Sink:
        return _Inbox(self._erp)


def _refuse_when_away(erp: FileErp) -> None:
    if erp.setting("away"):
        raise Unavailable(Text(en="The file ERP is away.", ru="Файловая ERP недоступна."), retry_after=0.5)


class _Orders(Source):
    def __init__(self, erp: FileErp, member: str) -> None:
        self._erp, self._member = erp, member

    async def read(self, since: Checkpoint | None) -> AsyncIterator[Read | Unreadable | Progress]:
        cursor = PollingCursor("orders", since.positions if since else {})
        cursor.watermark = cursor.watermark or "0"
        while True:
            _refuse_when_away(self._erp)
            last = int(cursor.watermark)
            for number, flaw in self._erp._run(f"SELECT id, flaw FROM orders WHERE id > {last} ORDER BY id"):
                cursor.watermark = str(number)
                yield self._item(number, flaw, polling.checkpoint(cursor.positions()))
            yield Progress(polling.checkpoint(cursor.positions()))
            await asyncio.sleep(0.05)

    async def committed(self, checkpoint: Checkpoint) -> None:
        self._erp.behave(released=checkpoint.positions["orders"].watermark)

    def _item(self, number: int, flaw: str | None, checkpoint: Checkpoint) -> Read | Unreadable:
        event_id = f"{self._member}/Order/{number}/0/1"
        if flaw == "unreadable":
            reason = {"en": "no such unit", "ru": "нет такой единицы"}
            return Unreadable(
                event_id, str(number), Subject.ORDER, DocumentCode.UNMAPPED_UNIT, reason, b'{"row": 1}', checkpoint
            )
        issued = datetime(2026, 1, 1) if flaw == "naive" else datetime(2026, 1, 1, tzinfo=UTC)  # noqa: DTZ001
        value: messages.Order = {
            "order_id": str(number),
            "buyer": self._member,
            "currency": "RUB",
            "issued_at": issued,
            "requested_date": date(2027, 1, 1),
            "lines": [{"line_id": "1", "item_code": "КР-10-22.5", "quantity": Decimal(1), "unit": "H87"}],
        }
        return Read(Event(event_id, str(number), Subject.ORDER, self._member, value, datetime.now(UTC)), checkpoint)


class _Inbox(Sink):
    subjects = (Subject.PLANT_ORDER, Subject.ORDER_STATUS)

    def __init__(self, erp: FileErp) -> None:
        self._erp = erp

    async def deliver(self, batch: Sequence[Event]) -> Sequence[Receipt]:
        _refuse_when_away(self._erp)
        return [self._deliver(event) for event in batch]

    def _deliver(self, event: Event) -> Receipt:
        revision = event.revision
        if event.key == self._erp.setting("busy"):
            soon = datetime.now(UTC) + timedelta(milliseconds=200)
            return Receipt(event.id, revision, Outcome.RETRY, not_before=soon)
        known = event.id in {event_id for event_id, _, _ in self._erp.received()}
        failpoint("file-erp.after-lookup")
        return Receipt(event.id, revision, Outcome.DUPLICATE if known else self._create(event, revision))

    def _create(self, event: Event, revision: int) -> Outcome:
        try:
            with closing(sqlite3.connect(self._erp.path, timeout=10)) as database, database:
                database.execute("INSERT INTO received VALUES (?, ?, ?)", (event.id, event.key, revision))
        except sqlite3.IntegrityError:
            return Outcome.DUPLICATE
        return Outcome.APPLIED
