"""The wire: SQLAlchemy Core over any database it knows. Tables and columns are objects, never text in a statement."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.sql.elements import quoted_name

from connectors.sql import faults
from connectors.sql.columns import ANY, Column, Columns, as_kept, columns
from connectors.sql.config import Readable
from connectors.sql.values import Row

SQLITE = "sqlite"


class Client:
    """One database. Opens nothing until it is asked."""

    def __init__(self, url: URL, schema: str | None, busy_timeout: float) -> None:
        """Take the address, and how many seconds to wait for another's lock."""
        self._url, self._schema, self._timeout = url, schema, busy_timeout
        self._opened: Engine | None = None
        self._reflected: dict[str, sa.Table] = {}
        self._columns: dict[str, Columns] = {}

    @property
    def native(self) -> bool:
        """Whether the database has types of its own for dates and decimals."""
        return self._url.get_backend_name() != SQLITE

    def close(self) -> None:
        """Release the connections."""
        if self._opened is not None:
            self._opened.dispose()
            self._opened = None

    @contextmanager
    def reading(self) -> Iterator["Transaction"]:
        """Open a transaction that only reads: one snapshot of head and lines. Raises as `faults` says."""
        with faults.translated(self._url), self._engine().connect() as connection, connection.begin():
            yield Transaction(connection, self._table, self._schema, self._columns)

    @contextmanager
    def writing(self) -> Iterator["Transaction"]:
        """Open a transaction that writes; it is rolled back when the block raises.

        SQLite: the write lock is taken at once, so what is looked up inside stays true. Raises as `faults` says.
        """
        with faults.translated(self._url), self._engine().connect() as connection:
            connection.execution_options(kranhub_writes=True)
            with connection.begin():
                yield Transaction(connection, self._table, self._schema, self._columns)

    @contextmanager
    def inspected(self) -> Iterator[sa.Inspector]:
        """Look at the tables. Raises as `faults` says."""
        with faults.translated(self._url), self._engine().connect() as connection:
            yield sa.inspect(connection)

    def _engine(self) -> Engine:
        if self._opened is None:
            self._opened = _sqlite(self._url, self._timeout) if not self.native else _server(self._url, self._timeout)
        return self._opened

    def _table(self, connection: Connection, name: str, columns: Sequence[str]) -> sa.TableClause:
        """Return the table; a server's columns keep their types, SQLite's values come as they are stored."""
        if not self.native:
            return sa.table(_quoted(name), *(sa.column(_quoted(column)) for column in columns))
        if name not in self._reflected:
            meta = sa.MetaData(schema=self._schema)
            self._reflected[name] = sa.Table(_quoted(name), meta, autoload_with=connection, resolve_fks=False)
        return self._reflected[name]


class Transaction:
    """The statements that the connector needs."""

    def __init__(
        self, connection: Connection, table: Any, schema: str | None, known: dict[str, Columns] | None = None
    ) -> None:
        """Take an open transaction, the maker of table objects, the schema, and what is known of tables already."""
        self._connection, self._table, self._schema = connection, table, schema
        self._known = {} if known is None else known

    def columns(self, name: str) -> Columns:
        """Return what the table's columns hold."""
        if name not in self._known:
            self._known[name] = columns(sa.inspect(self._connection), name, self._schema)
        return self._known[name]

    def rows(self, name: str, columns: Sequence[str], where: Mapping[str, Any], order: Sequence[str] = ()) -> list[Row]:
        """Return the rows whose columns equal ``where``; a tuple there means any of them."""
        table = self._of(name, [*columns, *where, *order])
        query = sa.select(*(table.c[column] for column in columns)).where(
            *_conditions(table, where, self.columns(name))
        )
        return self._fetch(query.order_by(*(table.c[column] for column in order)))

    def page(self, read: Readable, low: Any, after: Sequence[Any] | None, limit: int) -> list[Row]:
        """Return the next rows in ascending order of version and key, from ``low`` on and behind ``after``."""
        table = self._of(read.table, read.columns)
        order = [table.c[column] for column in read.key]
        query = sa.select(*(table.c[column] for column in read.columns)).limit(limit)
        if read.changed is not None:
            version = _version(table, read)
            order = [version, *order]
            query = query.where(version.is_not(None) if low is None else version >= low)
        if after is not None:
            query = query.where(sa.tuple_(*order) > sa.tuple_(*(sa.literal(value) for value in after)))
        return self._fetch(query.order_by(*order))

    def unsorted(self, read: Readable, pattern: str | None) -> list[Row]:
        """Return the rows that `page` cannot sort: without a version, or with one that is not like the pattern."""
        table = self._of(read.table, read.columns)
        version = _version(table, read)
        odd = version.is_(None) if pattern is None else sa.or_(version.is_(None), version.not_like(pattern))
        return self._fetch(sa.select(*(table.c[column] for column in read.columns)).where(odd))

    def insert(self, name: str, values: Mapping[str, Any], returning: str | None = None) -> Any:
        """Insert a row and return one of its columns."""
        table = self._of(name, [*values, *([returning] if returning else [])])
        statement = sa.insert(table).values({table.c[column]: value for column, value in values.items()})
        if returning is None:
            self._connection.execute(statement)
            return None
        return self._connection.execute(statement.returning(table.c[returning])).scalar_one()

    def update(self, name: str, where: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Change the rows whose columns equal ``where``."""
        table = self._of(name, [*where, *values])
        changes = {table.c[column]: value for column, value in values.items()}
        self._connection.execute(sa.update(table).where(*_conditions(table, where, self.columns(name))).values(changes))

    def delete(self, name: str, where: Mapping[str, Any]) -> None:
        """Delete the rows whose columns equal ``where``."""
        table = self._of(name, list(where))
        self._connection.execute(sa.delete(table).where(*_conditions(table, where, self.columns(name))))

    def create(self, name: str, columns: Mapping[str, str], key: str) -> None:
        """Create a table of our own where it is missing; a column is ``text`` or ``integer``."""
        types: dict[str, Any] = {"text": sa.Text(), "integer": sa.BigInteger()}
        made = [sa.Column(column, types[kind], primary_key=column == key) for column, kind in columns.items()]
        sa.Table(name, sa.MetaData(schema=self._schema), *made).create(self._connection, checkfirst=True)

    def _of(self, name: str, columns: Sequence[str]) -> Any:
        return self._table(self._connection, name, tuple(dict.fromkeys(columns)))

    def _fetch(self, query: "sa.Select[Any]") -> list[Row]:
        return [dict(row) for row in self._connection.execute(query).mappings()]


def _conditions(table: Any, where: Mapping[str, Any], known: Columns) -> list[Any]:
    """Return the conditions with every value as its column keeps it: ``"1"`` is 1 in a column of whole numbers."""
    return [_equals(table.c[name], value, known.get(name, ANY)) for name, value in where.items()]


def _equals(column: Any, value: Any, held: Column) -> Any:
    if value is None:
        return column.is_(None)
    wanted = value if isinstance(value, tuple) else (value,)
    found = [kept for each in wanted for kept in as_kept(each, held)]
    return column == found[0] if len(found) == 1 else column.in_(found)


def _version(table: Any, read: Readable) -> Any:
    assert read.changed is not None  # noqa: S101  (only tables with a change column are sorted by it)
    columns = [table.c[column] for column in read.changed.column]
    return columns[0] if len(columns) == 1 else sa.func.coalesce(*columns)


def _quoted(name: str) -> quoted_name:
    return quoted_name(name, quote=True)


def _server(url: URL, timeout: float) -> Engine:
    """Open a server's database; in PostgreSQL all look-ups of one transaction see the same moment."""
    with faults.translated(url):
        postgresql = url.get_backend_name() == "postgresql"
        snapshot = {"isolation_level": "REPEATABLE READ"} if postgresql else {}
        engine = sa.create_engine(url, pool_pre_ping=True, **snapshot)
    if postgresql:

        @sa.event.listens_for(engine, "begin")
        def wait_for_locks(connection: Connection) -> None:
            setting = sa.func.set_config("lock_timeout", f"{int(timeout * 1000)}ms", True)
            connection.execute(sa.select(setting))

    return engine


def _sqlite(url: URL, timeout: float) -> Engine:
    """Open an existing file only (a missing one is an error, not an empty database); transactions are our own."""
    file = f"file:{quote(url.database or '')}?mode=rw"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(file, uri=True, timeout=timeout, isolation_level=None, check_same_thread=False)
        connection.text_factory = _text
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.QueuePool)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("kranhub_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _text(raw: bytes) -> str | bytes:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw
