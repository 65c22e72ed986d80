"""Every connector passes the contract suite: a user's own, SQLite and PostgreSQL databases, a real Tryton."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from kranhub.testing import ConnectorContract, Features
from kranhub.wire.messages import Subject
from tests.support import samples_tryton
from tests.support.postgresql import Server
from tests.support.postgresql_plant import PostgresqlPlant, tables
from tests.support.sql_harness import (
    PostgresqlCustomerHarness,
    PostgresqlHarness,
    SqlCustomerHarness,
    SqlHarness,
    customer,
)
from tests.support.tryton import Company, NewCompany
from tests.support.tryton_harness import TrytonCustomerHarness, TrytonHarness
from tests.support.workshop.erp import WorkshopHarness
from tools.harness.proxy import Proxy


class TestWorkshop(ConnectorContract):
    """A complete connector as a plain user would write it, of an ERP in one SQLite file."""

    features = Features(
        publishes=(Subject.ORDER, Subject.ORDER_RESPONSE, Subject.INVENTORY_LEVEL),
        takes=(Subject.PLANT_ORDER, Subject.ORDER_STATUS),
        between="workshop.after-lookup",
        failpoints=("workshop.after-lookup",),
    )

    @pytest.fixture
    def harness(self, tmp_path: Path) -> WorkshopHarness:
        return WorkshopHarness(tmp_path / "workshop.sqlite")


PLANT = Features(
    publishes=(Subject.ORDER_RESPONSE, Subject.INVENTORY_LEVEL, Subject.PRODUCTION_STATUS),
    between="sql.after-lookup",
    failpoints=("sql.after-lookup", "sql.before-commit", "sql.after-commit"),
)


class TestSql(ConnectorContract):
    """A plant's database as the guide makes it."""

    features = PLANT

    @pytest.fixture
    def harness(self, tmp_path: Path) -> SqlHarness:
        return SqlHarness(tmp_path / "plant.db")


class TestSqlCustomer(ConnectorContract):
    """A customer's database as the guide reads it."""

    features = Features(writes=False)

    @pytest.fixture
    def harness(self, tmp_path: Path) -> SqlCustomerHarness:
        return customer(tmp_path / "customer.db")


@contextmanager
def behind_a_line(server: Server, database: str) -> Iterator[tuple[str, Proxy]]:
    """Give the database's address over a line that can be cut, and the line."""
    with Proxy(server.port) as line:
        yield database.replace(f":{server.port}/", f":{line.port}/"), line


class TestPostgresql(ConnectorContract):
    """The same plant on a real PostgreSQL, with its own types of columns."""

    features = replace(PLANT, failpoints=("sql.before-commit",))
    most_breakages = 15
    """`TestSql` tries more pairs; here each try takes three times as long or more."""

    @pytest.fixture
    def harness(self, postgresql: Server, postgresql_database: str) -> Iterator[PostgresqlHarness]:
        PostgresqlPlant(postgresql_database, tables())
        with behind_a_line(postgresql, postgresql_database) as (address, line):
            yield PostgresqlHarness(address, line)


@pytest.mark.slow
class TestPostgresqlCustomer(ConnectorContract):
    """The same customer on a real PostgreSQL."""

    features = TestSqlCustomer.features

    @pytest.fixture
    def harness(self, postgresql: Server, postgresql_database: str) -> Iterator[PostgresqlCustomerHarness]:
        with behind_a_line(postgresql, postgresql_database) as (address, line):
            yield PostgresqlCustomerHarness(address, line)


@pytest.fixture(scope="module")
def company(new_company: NewCompany) -> Company:
    return new_company()


@pytest.fixture(scope="module")
def line(company: Company) -> Iterator[Proxy]:
    with Proxy(company.server.port) as proxy:
        yield proxy


@pytest.mark.slow
@pytest.mark.tryton
class TestTrytonPlant(ConnectorContract):
    """A plant's real Tryton, which cannot enforce a unique reference. What it reads has tests of its own."""

    features = Features(
        publishes=(),
        answers_garbage=True,
        between="tryton.after-lookup",
        failpoints=(
            "tryton.after-lookup",
            "tryton.after-create",
            "tryton.after-reread",
            "tryton.after-claim",
            "tryton.after-quote",
        ),
    )

    @pytest.fixture
    def harness(self, company: Company, line: Proxy) -> TrytonHarness:
        configuration = samples_tryton.configuration(company, "plant", url=line.url)
        return TrytonHarness(json.dumps(configuration), company.rpc, line)


@pytest.mark.slow
@pytest.mark.tryton
class TestTrytonCustomer(ConnectorContract):
    """A customer's real Tryton. Its server stamps and numbers by itself, and deletes nothing that was confirmed."""

    features = Features(
        takes=(Subject.ORDER_STATUS,),
        commits_late=False,
        clock_ahead=False,
        odd=False,
        twins=False,
        removes=False,
        many=0,
        answers_garbage=True,
    )

    @pytest.fixture
    def harness(self, company: Company, line: Proxy) -> TrytonCustomerHarness:
        configuration = samples_tryton.configuration(company, "customer", url=line.url)
        return TrytonCustomerHarness(json.dumps(configuration), company.rpc, line)
