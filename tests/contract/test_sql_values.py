"""Values in real columns of both databases: what was written reads back equal, whatever the column's type."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from connectors.sql.client import Client, Transaction
from connectors.sql.values import Values
from kranhub.errors import InvalidDocument
from kranhub.values import numbers, times
from tests.support.postgresql import Server
from tests.support.postgresql_plant import PostgresqlPlant
from tests.support.sql_plant import Plant

NUMBERS = ("TEXT", "VARCHAR(40)", "CHAR(40)", "NUMERIC", "NUMERIC(28,6)")
FRACTIONS = ("REAL", "DOUBLE PRECISION")
WHOLE = ("SMALLINT", "INTEGER", "BIGINT")
DAYS = ("TEXT", "VARCHAR(10)", "CHAR(10)", "DATE", "TIMESTAMP")
INSTANTS = ("TEXT", "VARCHAR(19)", "CHAR(25)", "TIMESTAMP")
SERVER_DAYS = ("TIMESTAMPTZ", "TIMESTAMP(0)")
SERVER_INSTANTS = ("TIMESTAMPTZ", "TIMESTAMP(0)", "TIMESTAMP(3)", "TIMESTAMPTZ(0)", "DATE")
TYPES = tuple(dict.fromkeys((*NUMBERS, *FRACTIONS, *WHOLE, *DAYS, *INSTANTS, *SERVER_DAYS, *SERVER_INSTANTS)))
OMSK = ZoneInfo("Asia/Omsk")

marks: st.SearchStrategy[numbers.Mark] = st.sampled_from([".", ","])
formats: st.SearchStrategy[times.Format] = st.sampled_from(["yyyy-mm-dd", "dd.mm.yyyy"])
zones = st.sampled_from([OMSK, ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")])
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40).filter(lambda text: text.strip() == text)
instants = st.datetimes(
    datetime.fromisoformat("1990-01-03"), datetime.fromisoformat("2100-12-29"), timezones=st.just(UTC)
)


class Columns:
    """A table with one column of every type."""

    def __init__(self, plant: Plant, is_server: bool) -> None:
        self.is_server = is_server
        types = [name for name in TYPES if is_server or name not in SERVER_INSTANTS]
        self.names = {name: f"c{number}" for number, name in enumerate(types)}
        plant.do(f"CREATE TABLE everything ({', '.join(f'{column} {name}' for name, column in self.names.items())})")
        self.client = Client(make_url(plant.url), None, 5)

    @contextmanager
    def _thrown_away(self) -> Iterator[Transaction]:
        class Enough(Exception):
            pass

        try:
            with self.client.writing() as transaction:
                yield transaction
                raise Enough
        except Enough:
            pass

    def written(self, values: Values, kinds: tuple[str, ...], value: Any) -> Iterator[tuple[str, dict[str, Any], Any]]:
        """Yield the type, the row that was read back, and the value; the columns compare equal to what was written."""
        columns = {kind: self.names[kind] for kind in kinds if kind in self.names}
        with self._thrown_away() as transaction:
            held = transaction.columns("everything")
            stored = {name: values.stored(value, held[name], name) for name in columns.values()}
            transaction.insert("everything", stored)
            (row,) = transaction.rows("everything", tuple(columns.values()), {})
            for kind, name in columns.items():
                assert values.same(row, name, value, held[name]), (kind, value, stored[name], row[name])
                assert not values.same(row, name, other(value), held[name]), (kind, value, row[name])
                if kind not in FRACTIONS:
                    assert len(transaction.rows("everything", (name,), {name: row[name]})) == 1, (kind, value)
        for kind, name in columns.items():
            yield kind, {"v": row[name]}, value


def other(value: Any) -> Any:
    """Return a value that differs."""
    match value:
        case date():
            return value + timedelta(days=1)
        case str():
            return str(int(value) + 1) if value.lstrip("-").isdecimal() and value.isascii() else f"{value}x"
    return value + 1


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def table(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Columns]:
    nothing = "CREATE TABLE spare (n INTEGER)"
    if request.param == "sqlite":
        made = Columns(Plant(tmp_path_factory.mktemp("values") / "plant.db", nothing), False)
        yield made
        made.client.close()
        return
    server: Server = request.getfixturevalue("postgresql")
    with server.database() as address:
        made = Columns(PostgresqlPlant(address, nothing), True)
        yield made
        made.client.close()


def values(zone: ZoneInfo = OMSK, date_format: times.Format = "yyyy-mm-dd", mark: numbers.Mark = ".") -> Values:
    return Values(zone, {"шт": "H87"}, date_format=date_format, decimal_mark=mark)


EXAMPLES = settings(max_examples=40)


class TestRoundTrip:
    @EXAMPLES
    @given(number=st.decimals(Decimal("-1e8"), Decimal("1e8"), places=6), mark=marks)
    def test_number(self, table: Columns, number: Decimal, mark: numbers.Mark) -> None:
        spelling = values(mark=mark)
        for kind, row, _ in table.written(spelling, (*NUMBERS, "DOUBLE PRECISION"), number):
            assert spelling.number(row, "v") == number, kind

    @EXAMPLES
    @given(number=st.decimals(-4000, 4000, places=3), mark=marks)
    def test_number_in_four_bytes(self, table: Columns, number: Decimal, mark: numbers.Mark) -> None:
        spelling = values(mark=mark)
        for kind, row, _ in table.written(spelling, FRACTIONS, number):
            assert spelling.number(row, "v") == number, kind

    @EXAMPLES
    @given(number=st.integers(-(2**15), 2**15 - 1))
    def test_whole_number(self, table: Columns, number: int) -> None:
        for wanted in (number, Decimal(number)):
            for kind, row, _ in table.written(values(), (*WHOLE, *NUMBERS, *FRACTIONS), wanted):
                assert values().integer(row, "v") == number, kind
        for kind, row, _ in table.written(values(), WHOLE, str(number)):
            assert values().text(row, "v") == str(number), kind

    @EXAMPLES
    @given(day=st.dates(date(1990, 1, 1), date(2100, 12, 31)), zone=zones, date_format=formats)
    def test_day(self, table: Columns, day: date, zone: ZoneInfo, date_format: times.Format) -> None:
        spelling = values(zone, date_format)
        for kind, row, _ in table.written(spelling, (*DAYS, *SERVER_DAYS), day):
            assert spelling.day(row, "v") == day, kind
            if kind in ("TEXT", "VARCHAR(10)", "CHAR(10)"):
                assert row["v"] == day.strftime("%d.%m.%Y" if date_format == "dd.mm.yyyy" else "%Y-%m-%d")

    @EXAMPLES
    @given(instant=instants, zone=zones, date_format=formats)
    def test_instant(self, table: Columns, instant: datetime, zone: ZoneInfo, date_format: times.Format) -> None:
        spelling = values(zone, date_format)
        for kind, row, _ in table.written(spelling, (*INSTANTS, *SERVER_INSTANTS), instant):
            assert spelling.day(row, "v") == instant.astimezone(zone).date(), kind
            if kind == "TIMESTAMPTZ":
                assert spelling.instant(row, "v") == instant

    @EXAMPLES
    @given(text=texts)
    def test_text(self, table: Columns, text: str) -> None:
        for kind, row, _ in table.written(values(), ("TEXT", "VARCHAR(40)", "CHAR(40)"), text):
            assert values().text(row, "v") == (text or None), kind


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("VARCHAR(10)", "irtysh-stroy:З-1/1.girder.1"),
        ("CHAR(10)", "irtysh-stroy:З-1/1.girder.1"),
        ("INTEGER", "irtysh-stroy:З-1/1.girder.1"),
        ("INTEGER", Decimal("2.5")),
        ("INTEGER", date(2026, 3, 31)),
        ("NUMERIC(28,6)", Decimal("1e22")),
        ("DATE", "скоро"),
        ("TIMESTAMP", Decimal(1)),
        ("TEXT", "a\0b"),
        ("TEXT", "\ud800"),
    ],
)
def test_what_a_column_cannot_hold_is_refused_with_its_name(postgresql_database: str, kind: str, value: Any) -> None:
    plant = PostgresqlPlant(postgresql_database, f"CREATE TABLE t (c {kind})")
    client = Client(make_url(plant.url), None, 5)
    with client.reading() as transaction:
        held = transaction.columns("t")["c"]
    client.close()
    with pytest.raises(InvalidDocument, match="column c") as caught:
        values().stored(value, held, "c")
    assert caught.value.code == "does-not-fit"
    assert not values().same({"c": None}, "c", value, held)
