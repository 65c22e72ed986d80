"""The four plants' own systems: each an SQLite file with its own tables, and what its clerks type into it.

Written from how such systems are, not from how the connector reads them: plain `sqlite3`, no code of the hub.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

PLANTS = Path(__file__).parent / "plants"


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements behind a clerk's screen.

    Their parameters are named ``reference``, ``promised``, ``reason`` and ``quantity``.

    Attributes:
        waiting: Selects the orders that wait for an answer.
        accept: Accepts an order for a day.
        reject: Refuses an order with a reason.
        references: Selects (reference, live) of every order in the system, for an auditor.
        date_format: How the system writes a date.
        change: Accepts an order for another day than the requested one; empty where the system cannot.
    """

    waiting: str
    accept: str
    reject: str
    references: str
    date_format: str = "%Y-%m-%d"
    change: str = ""


STATEMENTS = {
    "zmk-most": Statements(
        waiting="SELECT vnesh_nomer FROM zakaz WHERE status = 'НОВЫЙ' AND vnesh_nomer IS NOT NULL ORDER BY id",
        accept="UPDATE zakaz SET status = 'ПРИНЯТ', srok_obeschan = :promised WHERE vnesh_nomer = :reference",
        reject="UPDATE zakaz SET status = 'ОТКАЗ', prichina = :reason WHERE vnesh_nomer = :reference",
        references="SELECT vnesh_nomer, status <> 'ОТМЕНЕН' FROM zakaz WHERE vnesh_nomer IS NOT NULL",
        date_format="%d.%m.%Y",
    ),
    "tsvetnoy-bulvar": Statements(
        waiting='SELECT "ВнешнийНомер" FROM "Заявки" WHERE "Состояние" = \'Новая\' ORDER BY "Код"',
        accept='UPDATE "Заявки" SET "Состояние" = \'Принята\', "СрокОбещан" = :promised '
        'WHERE "ВнешнийНомер" = :reference',
        reject='UPDATE "Заявки" SET "Состояние" = \'Отказ\', "Причина" = :reason WHERE "ВнешнийНомер" = :reference',
        references='SELECT "ВнешнийНомер", "Состояние" <> \'Отменена\' FROM "Заявки" WHERE "ВнешнийНомер" IS NOT NULL',
    ),
    "oetz": Statements(
        waiting="SELECT ext_ref FROM customer_order WHERE state_code = 10 ORDER BY order_no",
        accept="UPDATE customer_order SET state_code = 20, promised = :promised WHERE ext_ref = :reference",
        reject="UPDATE customer_order SET state_code = 80, remark = :reason WHERE ext_ref = :reference",
        references="SELECT ext_ref, state_code <> 90 FROM customer_order",
        change="UPDATE customer_order SET state_code = 30, promised = :promised, remark = :reason "
        "WHERE ext_ref = :reference",
    ),
    "oemz": Statements(
        waiting="SELECT VNESH FROM ZAK_HDR WHERE SOST = 'N' ORDER BY ZAK_ID",
        accept="UPDATE ZAK_HDR SET SOST = 'P', DATA_OBESCH = :promised WHERE VNESH = :reference",
        reject="UPDATE ZAK_HDR SET SOST = 'O', PRIM = :reason WHERE VNESH = :reference",
        references="SELECT VNESH, SOST <> 'X' FROM ZAK_HDR WHERE VNESH IS NOT NULL",
    ),
}


class SqlErp:
    """One plant's system."""

    def __init__(self, plant: str, folder: Path) -> None:
        """Take the plant whose system it is and the folder of its file."""
        self.plant, self.file = plant, folder / f"{plant}.sqlite"
        self._statements = STATEMENTS[plant]

    @property
    def variable(self) -> str:
        """The environment variable that the connector's file names for the database's address."""
        return f"DEMO_{self.plant.replace('-', '_').upper()}"

    def create(self) -> None:
        """Make the file with its empty tables."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.file)) as database, database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript((PLANTS / f"{self.plant}.sql").read_text(encoding="utf-8"))

    def waiting(self) -> list[str]:
        """Return the references of the orders that nobody has answered, oldest first."""
        return [str(row[0]) for row in self._run(self._statements.waiting)]

    def accept(self, reference: str, promised: date) -> None:
        """Promise the order for a day."""
        self._run(self._statements.accept, reference=reference, promised=self._date(promised))

    def reject(self, reference: str, reason: str) -> None:
        """Refuse the order."""
        self._run(self._statements.reject, reference=reference, reason=reason)

    def change(self, reference: str, promised: date, reason: str) -> None:
        """Accept the order for another day than the requested one.

        Args:
            reference: The hub's number of the order.
            promised: The day.
            reason: Why it is another one.
        """
        self._run(self._statements.change, reference=reference, promised=self._date(promised), reason=reason)

    def references(self) -> list[tuple[str, bool]]:
        """Return (external reference, whether the order is live) of every order that carries one."""
        return [(str(reference), bool(live)) for reference, live in self._run(self._statements.references)]

    def _date(self, day: date) -> str:
        return day.strftime(self._statements.date_format)

    def _run(self, statement: str, **parameters: Any) -> list[Any]:
        with closing(sqlite3.connect(self.file, timeout=20)) as database, database:
            return list(database.execute(statement, parameters))


def all_plants(folder: Path) -> list[SqlErp]:
    """Return the four plants' systems in this folder."""
    return [SqlErp(plant, folder) for plant in STATEMENTS]
