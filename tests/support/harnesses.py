"""The ERPs of the contract suite, as their own people know them."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from connectors.sql import Sql
from connectors.tryton import Config as TrytonConfig
from connectors.tryton import Tryton
from deploy.demo import tryton_people as people
from deploy.demo.tryton_rpc import Rpc
from kranhub import members
from kranhub.connector import Connector, Event
from kranhub.testing import ErpHarness
from tests.support import samples_tryton, sql_plant
from tests.support.file_erp import FileErp, FileErpConfig, FileErpConnector
from tests.support.postgresql_plant import PostgresqlPlant
from tests.support.proxy import Proxy
from tests.support.stack import REPOSITORY

MEMBERS = members.load(REPOSITORY / "deploy/members/omsk.yaml").by_id


def _process(harness: ErpHarness, argument: str, reference: str) -> Sequence[str]:
    place = f"{type(harness).__module__}:{type(harness).__name__}"
    return [sys.executable, "-m", "tests.support.deliver", place, argument, reference]


class FileHarness(ErpHarness):
    """The test ERP in a file: it enforces unique event ids."""

    def __init__(self, path: str | Path) -> None:
        self.erp = FileErp(Path(path))

    def connector(self) -> Connector:
        return FileErpConnector(FileErpConfig(path=self.erp.path), MEMBERS["sibir-terminal"])

    def misconfigured(self) -> Connector:
        self.erp.behave(broken="yes")
        return self.connector()

    def change(self, count: int) -> Sequence[str]:
        first = 1 + len(self.erp.orders())
        self.erp.place(range(first, first + count))
        return [str(number) for number in range(first, first + count)]

    def event(self, reference: str, revision: int = 1, *, cancelled: bool = False) -> Event:
        return Event(f"hub/OrderStatus/{reference}/{revision}", reference, "OrderStatus", "hub", {"revision": revision})

    def live(self, reference: str) -> int:
        return sum(key == reference for _, key, _ in self.erp.received())

    @contextmanager
    def away(self) -> Iterator[None]:
        self.erp.behave(away="yes")
        yield
        self.erp.behave(away="")

    def process(self, reference: str) -> Sequence[str]:
        return _process(self, str(self.erp.path), reference)


class SqlHarness(ErpHarness):
    """A plant's database file as docs/connectors/sql.md makes it."""

    def __init__(self, path: str | Path) -> None:
        known = Path(path).exists()
        self.plant = sql_plant.Plant.opened(Path(path)) if known else sql_plant.Plant(Path(path))

    def connector(self) -> Sql:
        return self._connector()

    def misconfigured(self) -> Sql:
        return self._connector(inventory__table="there_is_no_such_table")

    def change(self, count: int) -> Sequence[str]:
        first = 1 + len(self.plant.ask("SELECT id FROM zakaz"))
        references = [f"irtysh-stroy:З-9/{first + number}.0.1" for number in range(count)]
        for reference in references:
            self._answered(reference)
        return references

    def event(self, reference: str, revision: int = 1, *, cancelled: bool = False) -> Event:
        return sql_plant.plant_order(
            revision,
            [sql_plant.line(quantity=str(2 * revision))],
            plant_order_id=self._id(reference),
            document_status="CANCELLED" if cancelled else "ACTIVE",
        )

    def unacceptable(self, reference: str) -> Event:
        return sql_plant.plant_order(1, [sql_plant.line(unit="LTR")], plant_order_id=self._id(reference))

    def live(self, reference: str) -> int:
        query = "SELECT id FROM zakaz WHERE vnesh_nomer = ? AND status <> 'ОТМЕНЕН'"
        return len(self.plant.ask(query, self._id(reference)))

    def quantity(self, reference: str) -> Any:
        query = "SELECT kolichestvo FROM zakaz_stroka JOIN zakaz ON id = zakaz_id WHERE vnesh_nomer = ?"
        return self.plant.ask(query, self._id(reference))

    def away(self) -> AbstractContextManager[None]:
        """Another program holds the file: SQLite's way of being away."""
        return self.plant.held()

    def process(self, reference: str) -> Sequence[str]:
        return _process(self, str(self.plant.path), reference)

    def _connector(self, **changes: Any) -> Sql:
        return sql_plant.connector(self.plant, **changes)

    def _answered(self, reference: str) -> None:
        self.plant.do(
            "INSERT INTO zakaz (vnesh_nomer, redakciya, zakazchik, srok, valyuta, status, srok_obeschan, istochnik)"
            " VALUES (?, 1, 'К-0017', '2027-03-31', 'руб', 'ПРИНЯТ', '2027-03-15', 'kranhub')",
            reference,
        )
        self.plant.do(
            "INSERT INTO zakaz_stroka (zakaz_id, nomer_stroki, vnesh_stroka, kod, naimenovanie, kolichestvo, ed)"
            " SELECT id, 1, '1', 'БК-22', 'Балка', 2, 'шт' FROM zakaz WHERE vnesh_nomer = ?",
            reference,
        )

    def _id(self, reference: str) -> str:
        return f"irtysh-stroy:З-1/{reference}"


class PostgresqlHarness(SqlHarness):
    """The same plant on a real PostgreSQL with its own types of columns, behind a line that can be cut."""

    plant: PostgresqlPlant

    def __init__(self, address: str, line: Proxy | None = None) -> None:
        self.plant = PostgresqlPlant.opened(address)
        self._line = line

    def away(self) -> AbstractContextManager[None]:
        assert self._line is not None
        return self._line.being("cut")

    def process(self, reference: str) -> Sequence[str]:
        return _process(self, self.plant.address, reference)


class TrytonHarness(ErpHarness):
    """A plant's real Tryton, behind a line that can be cut. The argument is the connector's configuration as JSON."""

    def __init__(self, configuration: str, rpc: Rpc | None = None, proxy: Proxy | None = None) -> None:
        self._configuration = json.loads(configuration)
        self._given, self._proxy = rpc, proxy

    @cached_property
    def rpc(self) -> Rpc:
        assert self._given is not None
        return self._given

    def connector(self) -> Tryton:
        return self._connector()

    def misconfigured(self) -> Tryton:
        return self._connector(user="nobody")

    def event(self, reference: str, revision: int = 1, *, cancelled: bool = False) -> Event:
        status = "CANCELLED" if cancelled else "ACTIVE"
        line = {"quantity": Decimal(2 * revision)}
        return samples_tryton.plant_order(reference, revision, line=line, document_status=status)

    def unacceptable(self, reference: str) -> Event:
        return samples_tryton.plant_order(reference, line={"item_code": "THERE-IS-NO-SUCH-CODE"})

    def live(self, reference: str) -> int:
        return sum(sale.state != "cancelled" for sale in self._sales(reference))

    def quantity(self, reference: str) -> Any:
        return [sale.lines for sale in self._sales(reference) if sale.state != "cancelled"]

    def away(self) -> AbstractContextManager[None]:
        assert self._proxy is not None
        return self._proxy.being("cut")

    def garbage(self) -> AbstractContextManager[None]:
        assert self._proxy is not None
        return self._proxy.being("garbage")

    def process(self, reference: str) -> Sequence[str]:
        return _process(self, json.dumps(self._configuration), reference)

    def _connector(self, **changes: Any) -> Tryton:
        configuration = TrytonConfig.model_validate(self._configuration | changes)
        member = "sibir-terminal" if self._configuration["side"] == "customer" else "ruskran"
        return Tryton(configuration, MEMBERS[member])

    def _sales(self, reference: str) -> list[people.Sale]:
        wanted = f"{samples_tryton.ORDER}/{reference}"
        return [sale for sale in people.sales(self.rpc) if sale.reference == wanted]


class TrytonCustomerHarness(TrytonHarness):
    """A customer's real Tryton: its purchases are read. Statuses change its purchases, they create nothing."""

    def change(self, count: int) -> Sequence[str]:
        lines = [("CRANE-10", 2.0, Decimal(1000))]
        wanted = date(datetime.now(UTC).year + 1, 6, 1)
        return [people.place_purchase(self.rpc, "hub", lines, wanted=wanted) for _ in range(count)]
