"""Whatever a driver raises, at whatever step of a delivery: a receipt, a wait, or a person's turn; never a defect."""

import errno
import inspect
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors as states
from sqlalchemy import exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.default import DefaultDialect

from connectors.sql import Sql
from connectors.sql.error_classes import Verdict, verdict
from connectors.sql.errors import AlreadyThere, Refused, RowLocked, translated, translated_reading
from kranhub.connector import Outcome, Receipt
from kranhub.errors import Misconfigured, Unavailable
from tests.support.postgresql_plant import PostgresqlPlant, tables
from tests.support.sql_plant import Plant, connector, line, plant_order

RESULTS = (
    "BUSY BUSY_SNAPSHOT LOCKED FULL IOERR_WRITE READONLY CORRUPT NOTADB SCHEMA NOMEM INTERRUPT CONSTRAINT_NOTNULL"
    " CONSTRAINT_TRIGGER CONSTRAINT_UNIQUE MISMATCH TOOBIG ERROR PERM AUTH CANTOPEN"
)


def sqlite_errors() -> list[Exception]:
    plain = [kind("thrown") for kind in _below(sqlite3.Error)]
    named = []
    for name in RESULTS.split():
        row = name.startswith("CONSTRAINT") or name == "MISMATCH"
        error = (sqlite3.IntegrityError if row else sqlite3.OperationalError)("thrown")
        error.sqlite_errorname = f"SQLITE_{name}"
        named.append(error)
    return plain + named


def postgresql_errors() -> list[Exception]:
    plain = [kind("thrown") for kind in _below(psycopg.Error) if kind.__module__ == "psycopg.errors"]
    own = psycopg.DatabaseError("thrown by a trigger of the plant")
    own.sqlstate = "ZM001"
    return [*plain, own]


def other_errors() -> list[Exception]:
    system = [OSError(number, "thrown") for number in (errno.EIO, errno.ENOSPC, errno.ECONNRESET, errno.ETIMEDOUT)]
    alchemy = [_made(kind) for kind in _below(exc.SQLAlchemyError)]
    encoding = UnicodeEncodeError("utf-8", "\ud800", 0, 1, "thrown")
    return [*system, *(error for error in alchemy if error is not None), encoding, OverflowError("thrown")]


def _below(kind: type[Exception]) -> list[type[Exception]]:
    found = [kind, *(deeper for each in kind.__subclasses__() for deeper in _below(each))]
    return sorted(set(found), key=lambda each: each.__name__)


def _made(kind: type[Exception]) -> Exception | None:
    if issubclass(kind, exc.DBAPIError):
        return kind("statement", {}, sqlite3.OperationalError("thrown"))
    wanted = [
        each
        for each in inspect.signature(kind).parameters.values()
        if each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD
    ]
    try:
        return kind(*("thrown" for _ in wanted)) if wanted else kind("thrown")
    except (TypeError, AttributeError):
        return None


class Thrower:
    """Raises an error instead of the n-th call of the driver: a statement, a begin, a commit."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.error: Exception | None = None
        self.left = 0
        self.calls = 0
        for name in ("do_execute", "do_commit"):
            real = getattr(DefaultDialect, name)
            monkeypatch.setattr(DefaultDialect, name, self._instead_of(real))

    def _instead_of(self, real: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            self.calls += 1
            if self.error is not None:
                self.left -= 1
                if self.left < 0:
                    raise self.error
            return real(*arguments, **options)

        return call

    @contextmanager
    def at(self, step: int, error: Exception) -> Iterator[None]:
        self.error, self.left = error, step
        yield
        self.error = None


@pytest.fixture
def thrower(monkeypatch: pytest.MonkeyPatch) -> Thrower:
    return Thrower(monkeypatch)


@pytest.fixture(params=["sqlite", "postgresql"])
def plant(request: pytest.FixtureRequest, tmp_path: Path) -> Plant:
    if request.param == "sqlite":
        return Plant(tmp_path / "plant.db")
    return PostgresqlPlant(request.getfixturevalue("postgresql_database"), tables())


async def deliver(sql: Sql, event: Any) -> Receipt | Unavailable | Misconfigured:
    sink = sql.sink()
    assert sink is not None
    try:
        (receipt,) = await sink.deliver([event])
    except (Unavailable, Misconfigured) as error:
        return error
    return receipt


async def test_every_error_at_every_step_has_a_next_action(plant: Plant, thrower: Thrower) -> None:
    sql = connector(plant)
    event = plant_order(lines=[line(), line("2")])
    await deliver(sql, plant_order(plant_order_id="irtysh-stroy:З-0/1.girder.1"))
    before = thrower.calls
    assert isinstance(await deliver(sql, event), Receipt)
    steps = thrower.calls - before
    assert steps >= 8
    driver = postgresql_errors() if isinstance(plant, PostgresqlPlant) else sqlite_errors()
    kinds = {(verdict(error), type(error).__mro__[1]): error for error in driver}
    thrown = [(step, error) for error in {verdict(error): error for error in driver}.values() for step in range(steps)]
    thrown += [(number % steps, error) for number, error in enumerate([*kinds.values(), *other_errors()[::3]])]
    for number, (step, error) in enumerate(thrown):
        revised = plant_order(number + 2, [line(quantity=str(number + 2)), line("2")])
        with thrower.at(step, error):
            said = await deliver(sql, revised)
        _is_an_action(said, error)
        receipt = await deliver(sql, revised)
        assert isinstance(receipt, Receipt), (error, receipt)
        assert receipt.outcome in (Outcome.APPLIED, Outcome.DUPLICATE), (error, receipt)
        rows = plant.ask("SELECT kolichestvo FROM zakaz_stroka JOIN zakaz ON id = zakaz_id WHERE redakciya > 1")
        assert sorted(float(row["kolichestvo"]) for row in rows) == [2, number + 2]
    await sql.close()


@pytest.mark.parametrize("driver", [sqlite3, psycopg])
def test_every_class_of_a_driver_has_a_next_action(driver: Any) -> None:
    thrown = sqlite_errors() if driver is sqlite3 else postgresql_errors()
    assert len(thrown) > 25
    url = make_url("postgresql://erp@localhost/erp")
    for error in thrown:
        wrapped = exc.DBAPIError.instance("SELECT 1", {}, error, driver.Error)
        _has_an_action(url, wrapped)
    for error in other_errors():
        _has_an_action(url, error)


def _has_an_action(url: URL, error: Any) -> None:
    with pytest.raises((Unavailable, Misconfigured, AlreadyThere, Refused, RowLocked)), translated(url):
        raise error
    with pytest.raises((Unavailable, Misconfigured)), translated_reading(url):
        raise error


def _is_an_action(said: Receipt | Unavailable | Misconfigured, error: Exception) -> None:
    if isinstance(said, Receipt):
        assert said.outcome in (Outcome.REJECTED, Outcome.RETRY), (error, said)
        assert verdict(error) is not Verdict.OVERTAKEN, error
        texts = [said.reason["en"], said.reason["ru"]]
        assert (said.not_before is not None) == (said.outcome is Outcome.RETRY)
    else:
        texts = [said.text.en, said.text.ru]
    assert texts[0] != texts[1]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (states.SerializationFailure(), Verdict.OVERTAKEN),
        (states.DeadlockDetected(), Verdict.OVERTAKEN),
        (states.UniqueViolation(), Verdict.TAKEN),
        (states.LockNotAvailable(), Verdict.LOCKED),
        (states.AdminShutdown(), Verdict.AWAY),
        (states.QueryCanceled(), Verdict.AWAY),
        (states.DiskFull(), Verdict.AWAY),
        (states.TooManyConnections(), Verdict.AWAY),
        (states.ReadOnlySqlTransaction(), Verdict.AWAY),
        (psycopg.OperationalError("server closed the connection unexpectedly"), Verdict.AWAY),
        (states.InsufficientPrivilege(), Verdict.WRONG),
        (states.UndefinedColumn(), Verdict.WRONG),
        (states.InvalidPassword(), Verdict.WRONG),
        (psycopg.OperationalError('FATAL:  password authentication failed for user "erp"'), Verdict.WRONG),
        (states.NotNullViolation(), Verdict.ROW),
        (states.StringDataRightTruncation(), Verdict.ROW),
        (states.RaiseException("Договор не подписан"), Verdict.ROW),
        (sqlite3.OperationalError("thrown"), Verdict.AWAY),
        (sqlite3.ProgrammingError("thrown"), Verdict.WRONG),
    ],
)
def test_verdict(error: Exception, expected: Verdict) -> None:
    assert verdict(error) is expected


async def test_a_trigger_of_the_plants_server_is_its_no(postgresql_database: str) -> None:
    plant = PostgresqlPlant(postgresql_database, tables())
    plant.do(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION 'Договор не подписан'; END $$;"
        "CREATE TRIGGER t BEFORE INSERT ON zakaz FOR EACH ROW EXECUTE FUNCTION no()"
    )
    sql = connector(plant)
    receipt = await deliver(sql, plant_order())
    await sql.close()
    assert isinstance(receipt, Receipt)
    assert receipt.outcome is Outcome.REJECTED
    assert "Договор не подписан" in receipt.reason["ru"]


async def test_tables_that_change_while_the_connector_runs(postgresql_database: str) -> None:
    plant = PostgresqlPlant(postgresql_database, tables())
    sql = connector(plant)
    assert isinstance(await deliver(sql, plant_order()), Receipt)
    plant.do("ALTER TABLE zakaz_stroka ALTER kolichestvo TYPE text")
    plant.do("ALTER TABLE zakaz ALTER srok TYPE varchar(10) USING to_char(srok, 'DD.MM.YYYY')")
    for _ in range(2):
        last = await deliver(sql, plant_order(2, [line(quantity="5")], requested_date=date(2026, 4, 1)))
    assert isinstance(last, Receipt)
    assert last.outcome in (Outcome.APPLIED, Outcome.DUPLICATE)
    plant.do("ALTER TABLE zakaz DROP COLUMN dlya")
    assert isinstance(await deliver(sql, plant_order(3)), Misconfigured)
    await sql.close()
