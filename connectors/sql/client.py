"""The wire: SQLAlchemy Core over any database it knows. Tables and columns are objects, never text in a statement."""

import importlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import get_ident
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.sql.elements import quoted_name

from connectors.sql import errors
from connectors.sql.columns import ANY, Column, Columns, as_kept, columns, reflected
from connectors.sql.config import Readable
from connectors.sql.values import Row

SQLITE = "sqlite"

_TOLERANT = "connectors.sql.postgresql"
"""The module for PostgreSQL, which is imported only where its driver is installed."""

log = structlog.get_logger()


class Client:
    """One database. Opens nothing until the first transaction."""

    def __init__(self, url: URL, schema: str | None, busy_timeout: float) -> None:
        """Take the address, and how many seconds to wait for another's lock."""
        self._url, self._schema, self._timeout = url, schema, busy_timeout
        self._opened: Engine | None = None
        self._file: tuple[int, int] | None = None
        self._reflected: dict[str, sa.Table] = {}
        self._columns: dict[str, Columns] = {}
        self._running: dict[Any, int] = {}
        self.generation = 0

    @property
    def native(self) -> bool:
        """Whether the database has types of its own for dates and decimals."""
        return self._url.get_backend_name() != SQLITE

    def close(self) -> None:
        """Release the connections."""
        if self._opened is not None:
            self._opened.dispose()
            self._opened = None

    def interrupt(self, thread: int | None) -> None:
        """End what this thread (its ident) runs on the database, so that it returns soon; any thread may call this."""
        for connection in [found for found, asking in tuple(self._running.items()) if asking == thread]:
            with suppress(Exception):
                connection.interrupt() if not self.native else connection.cancel_safe(timeout=1)

    @contextmanager
    def reading(self) -> Iterator["Transaction"]:
        """Open a transaction that only reads: one snapshot of head and lines.

        Raises:
            Unavailable: When the database is locked or unreachable.
            Misconfigured: Without such a table or column, rights, a driver or a database.
            Refused: When the driver cannot pass on a value.
            RowLocked: When another session holds a row's lock.
        """
        with self._transaction(errors.translated) as transaction:
            yield transaction

    @contextmanager
    def scanning(self) -> Iterator["Transaction"]:
        """Open a transaction that reads many rows, so no error concerns one: `Unavailable` and `Misconfigured` only."""
        with self._transaction(errors.translated_reading) as transaction:
            yield transaction

    @contextmanager
    def writing(self) -> Iterator["Transaction"]:
        """Open a transaction that writes; it is rolled back when the block raises.

        SQLite: the write lock is taken at once, so what is looked up inside stays true.

        Raises:
            Unavailable: When the database is locked or unreachable.
            Misconfigured: Without such a table or column, rights, a driver or a database.
            AlreadyThere: When another transaction was faster with a row.
            Refused: When a constraint refuses a row, or the driver cannot pass on a value.
            RowLocked: When another session holds a row's lock.
        """
        with self._transaction(errors.translated, kranhub_writes=True) as transaction:
            yield transaction

    @contextmanager
    def checking(self) -> Iterator[None]:
        """Look at the database without any document.

        Raises:
            Unavailable: When the database is locked or unreachable.
            Misconfigured: For any other error.
        """
        with errors.translated_reading(self._url):
            yield

    @contextmanager
    def inspected(self) -> Iterator[sa.Inspector]:
        """Look at the tables.

        Raises:
            Unavailable: When the database is locked or unreachable.
            Misconfigured: For any other error.
        """
        with errors.translated_reading(self._url), self._engine().connect() as connection:
            yield sa.inspect(connection)

    @contextmanager
    def _transaction(self, translated: Any, **options: Any) -> Iterator["Transaction"]:
        try:
            with translated(self._url), self._engine().connect() as connection, self._interruptible(connection):
                connection.execution_options(**options)
                with connection.begin():
                    yield Transaction(connection, self._table, self._schema, self._columns)
        except Exception:
            self._reflected.clear()
            self._columns.clear()  # the tables may have changed
            raise

    @contextmanager
    def _interruptible(self, connection: Connection) -> Iterator[None]:
        driver = connection.connection.driver_connection
        self._running[driver] = get_ident()
        try:
            yield
        finally:
            self._running.pop(driver, None)

    def _engine(self) -> Engine:
        if not self.native:
            self._reopen_where_replaced()
        if self._opened is None:
            self._opened = _sqlite(self._url, self._timeout) if not self.native else _server(self._url, self._timeout)
        return self._opened

    def _reopen_where_replaced(self) -> None:
        """Open the file that has its name now: a connection would go on reading the one that it was opened with."""
        with errors.translated_reading(self._url):
            found = Path(self._url.database or "").stat()
        file = (found.st_dev, found.st_ino)
        if self._file not in (None, file):
            self.close()
            self.generation += 1
            log.warning(
                "the database file was replaced and is opened anew; whatever differs in it is told as it stands now. "
                "If it is an older copy, raise `epoch` in the connector's file to have everything told once more",
                file=self._url.database,
            )
        self._file = file

    def _table(self, connection: Connection, name: str, columns: Sequence[str]) -> sa.TableClause:
        """Return the table; a server's columns keep their types, SQLite's values come as they are stored."""
        if not self.native:
            return sa.table(_quoted(name), *(sa.column(_quoted(column)) for column in columns))
        found = self._reflected.get(name)
        if found is None:
            meta = sa.MetaData(schema=self._schema)
            found = sa.Table(_quoted(name), meta, autoload_with=connection, resolve_fks=False)
            self._reflected[name] = found
        return found


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
        found = self._known.get(name)
        if found is None:
            inspector = sa.inspect(self._connection)
            found = self._known[name] = columns(inspector, reflected(inspector, name, self._schema))
        return found

    def rows(self, name: str, columns: Sequence[str], where: Mapping[str, Any], order: Sequence[str] = ()) -> list[Row]:
        """Return rows by their values.

        Args:
            name: The table.
            columns: The columns to read.
            where: The values that the rows have, by column; a tuple means any of its values.
            order: The columns to sort by.
        """
        table = self._of(name, [*columns, *where, *order])
        query = sa.select(*self._raw(table, columns)).where(*_conditions(table, where, self.columns(name)))
        return self._fetch(query.order_by(*(table.c[column] for column in order)))

    def page(self, read: Readable, after: Sequence[Any] | None, limit: int, low: Any = None) -> list[Row]:
        """Return the next rows in ascending order of the key, a few more where the last ones share it.

        Args:
            read: The table, its key and its change column.
            after: Where the page before ended, as `place` returns it; None for the first page.
            limit: How many rows at most, except those that share the last one's place.
            low: Only rows of this version or a higher one, in ascending order of version and key; None for all.
        """
        table = self._of(read.table, read.columns)
        order = [table.c[column] for column in read.key]
        query = sa.select(*self._raw(table, read.columns))
        if low is not None:
            version = _version(table, read)
            order = [version, *order]
            query = query.where(version >= _bound(version, low))
        behind = query if after is None else query.where(_behind(order, after, self._nulls_first))
        rows = self._fetch(behind.order_by(*order).limit(limit))
        if len(rows) < limit:
            return rows
        last = place(read, rows[-1], versioned=low is not None)
        same = self._fetch(query.where(*(_equal(*pair) for pair in zip(order, last, strict=True))))
        return [row for row in rows if row not in same] + same

    def highest(self, read: Readable, most: Any = None) -> Any:
        """Return the highest version of the table, not above ``most`` where that is given; None where there is none."""
        table = self._of(read.table, read.columns)
        version = _version(table, read)
        query = sa.select(sa.type_coerce(sa.func.max(version), sa.types.NullType()))
        return self._connection.execute(
            query if most is None else query.where(version <= _bound(version, most))
        ).scalar_one()

    def now(self) -> datetime:
        """Return the database's time, aware; SQLite's is this machine's."""
        if self._nulls_first:
            return datetime.now(UTC)
        found: datetime = self._connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return found

    def insert(self, name: str, values: Mapping[str, Any], returning: str | None = None) -> Any:
        """Insert a row.

        Args:
            name: The table.
            values: The row's values by column.
            returning: The column to return; None for none.

        Returns:
            The value of that column in the new row; None for none.
        """
        table = self._of(name, [*values, *([returning] if returning else [])])
        statement = sa.insert(table).values({table.c[column]: value for column, value in values.items()})
        if returning is None:
            self._connection.execute(statement)
            return None
        return self._connection.execute(statement.returning(table.c[returning])).scalar_one()

    def update(self, name: str, where: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Change rows.

        Args:
            name: The table.
            where: The values that the rows have, by column.
            values: The new values by column.
        """
        table = self._of(name, [*where, *values])
        changes = {table.c[column]: value for column, value in values.items()}
        self._connection.execute(sa.update(table).where(*_conditions(table, where, self.columns(name))).values(changes))

    def delete(self, name: str, where: Mapping[str, Any]) -> None:
        """Delete the rows whose columns equal ``where``."""
        table = self._of(name, list(where))
        self._connection.execute(sa.delete(table).where(*_conditions(table, where, self.columns(name))))

    def create(self, name: str, columns: Mapping[str, str], key: str) -> None:
        """Create a table of the connector's own where it is missing.

        Args:
            name: The table.
            columns: The type of each column: ``text`` or ``integer``.
            key: The column that is the primary key.
        """
        types: dict[str, Any] = {"text": sa.Text(), "integer": sa.BigInteger()}
        made = [sa.Column(column, types[kind], primary_key=column == key) for column, kind in columns.items()]
        sa.Table(name, sa.MetaData(schema=self._schema), *made).create(self._connection, checkfirst=True)

    def _of(self, name: str, columns: Sequence[str]) -> Any:
        wanted = tuple(dict.fromkeys(columns))
        table = self._table(self._connection, name, wanted)
        for column in wanted:
            if column not in table.c:
                raise errors.NoSuchColumn(f"no such column: {name}.{column}")
        return table

    @property
    def _postgresql(self) -> bool:
        return self._connection.dialect.name == "postgresql"

    @property
    def _nulls_first(self) -> bool:
        return not self._postgresql

    def _raw(self, table: Any, columns: Sequence[str]) -> list[Any]:
        """Select the values as the driver gives them: SQLAlchemy's conversions fail for a whole page."""
        return [sa.type_coerce(table.c[column], sa.types.NullType()).label(_quoted(column)) for column in columns]

    def _fetch(self, query: "sa.Select[Any]") -> list[Row]:
        return [dict(row) for row in self._connection.execute(query).mappings()]


def place(read: Readable, row: Row, *, versioned: bool) -> list[Any]:
    """Return the row's place in the order of `Transaction.page`.

    Args:
        read: The table, its key and its change column.
        row: The row.
        versioned: Whether the order begins with the version.
    """
    key = [row[column] for column in read.key]
    changed = read.changed.column if read.changed and versioned else ()
    return [next((row[name] for name in changed if row[name] is not None), None), *key] if versioned else key


def _behind(columns: Sequence[Any], values: Sequence[Any], nulls_first: bool) -> Any:
    """Return the condition for rows that sort behind these values; a NULL compares as ORDER BY sorts it."""
    column, value = columns[0], _bound(columns[0], values[0])
    if value is None:
        greater = column.is_not(None) if nulls_first else sa.false()
    else:
        greater = column > value
        if not nulls_first and getattr(column, "nullable", True):
            greater = sa.or_(greater, column.is_(None))
    if len(columns) == 1:
        return greater
    either = sa.or_(greater, sa.and_(_equal(column, values[0]), _behind(columns[1:], values[1:], nulls_first)))
    return sa.and_(column >= value, either) if value is not None and nulls_first else either


def _equal(column: Any, value: Any) -> Any:
    return column.is_(None) if value is None else column == _bound(column, value)


def _bound(column: Any, value: Any) -> Any:
    """Return a value of the column as a statement takes it, whatever Python made of it."""
    if isinstance(value, BrokenText):
        return sa.cast(sa.literal(bytes(value), sa.LargeBinary), sa.Text)
    return value if value is None else sa.literal(value, type_=column.type)


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
    postgresql = url.get_backend_name() == "postgresql"
    with errors.translated(url):
        snapshot = {"isolation_level": "REPEATABLE READ"} if postgresql else {}
        engine = sa.create_engine(url, pool_pre_ping=True, **snapshot)
    if postgresql:
        tolerant = importlib.import_module(_TOLERANT) if url.get_driver_name() == "psycopg" else None

        @sa.event.listens_for(engine, "connect")
        def take_what_is_stored(connection: Any, _record: Any) -> None:
            if tolerant is not None:
                tolerant.make_tolerant(connection)

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


class BrokenText(bytes):
    """Text of SQLite that is no UTF-8: it is compared as text, and never put into a document."""


def _text(raw: bytes) -> str | bytes:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return BrokenText(raw)
