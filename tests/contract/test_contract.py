"""Every connector of ours passes the contract suite: the file ERP, a plant's SQL database, a real Tryton."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kranhub.testing import ConnectorContract, Features
from tests.support import samples_tryton
from tests.support.harnesses import FileHarness, PostgresqlHarness, SqlHarness, TrytonCustomerHarness, TrytonHarness
from tests.support.postgresql import Server
from tests.support.postgresql_plant import PostgresqlPlant, tables
from tests.support.proxy import Proxy
from tests.support.tryton import Company, NewCompany


class TestFileErp(ConnectorContract):
    """The test ERP in a file: it enforces unique event ids."""

    features = Features(revises=False, cancels=False, refuses=False, failpoints=("file-erp.after-lookup",))

    @pytest.fixture
    def harness(self, tmp_path: Path) -> FileHarness:
        return FileHarness(tmp_path / "erp.sqlite")


class TestSql(ConnectorContract):
    """A plant's database as the guide makes it."""

    features = Features(failpoints=("sql.after-lookup", "sql.before-commit", "sql.after-commit"))

    @pytest.fixture
    def harness(self, tmp_path: Path) -> SqlHarness:
        return SqlHarness(tmp_path / "plant.db")


class TestPostgresql(ConnectorContract):
    """The same plant on a real PostgreSQL, with its own types of columns."""

    features = Features(failpoints=("sql.after-lookup", "sql.before-commit", "sql.after-commit"))

    @pytest.fixture
    def harness(self, postgresql: Server, postgresql_database: str) -> Iterator[PostgresqlHarness]:
        PostgresqlPlant(postgresql_database, tables())
        with Proxy(postgresql.port) as line:
            address = postgresql_database.replace(f":{postgresql.port}/", f":{line.port}/")
            yield PostgresqlHarness(address, line)


@pytest.fixture(scope="module")
def company(new_company: NewCompany) -> Company:
    return new_company()


@pytest.fixture(scope="module")
def line(company: Company) -> Iterator[Proxy]:
    with Proxy(company.server.port) as proxy:
        yield proxy


@pytest.mark.tryton
class TestTrytonPlant(ConnectorContract):
    """A plant's real Tryton, which cannot enforce a unique reference. Its reading has tests of its own."""

    features = Features(
        reads=False,
        answers_garbage=True,
        failpoints=("tryton.after-lookup", "tryton.after-create", "tryton.after-reread", "tryton.after-quote"),
    )

    @pytest.fixture
    def harness(self, company: Company, line: Proxy) -> TrytonHarness:
        configuration = samples_tryton.configuration(company, "plant", url=line.url)
        return TrytonHarness(json.dumps(configuration), company.rpc, line)


@pytest.mark.tryton
class TestTrytonCustomer(ConnectorContract):
    """A customer's real Tryton: its purchases are read. Statuses create nothing, and have tests of their own."""

    features = Features(writes=False, answers_garbage=True)

    @pytest.fixture
    def harness(self, company: Company, line: Proxy) -> TrytonCustomerHarness:
        configuration = samples_tryton.configuration(company, "customer", url=line.url)
        return TrytonCustomerHarness(json.dumps(configuration), company.rpc, line)
