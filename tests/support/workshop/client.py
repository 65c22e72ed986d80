"""The wire: the workshop's SQLite file, and nothing else. One short connection per question, as its own programs do."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kranhub.errors import Misconfigured, Unavailable
from kranhub.text import Text

Row = dict[str, Any]
TABLES = ("purchase", "purchase_line", "job", "job_line", "stock", "item")
connect = sqlite3.connect
DRIVER = (sqlite3.Error, sqlite3.Warning, OSError, ValueError, OverflowError)
"""Everything that sqlite3 raises; ValueError has UnicodeDecodeError among its kinds."""


class Conflict(Exception):
    """The row is not as it was read, or another program was faster."""


class Refused(Exception):
    """The database does not take this row."""


@dataclass(frozen=True, slots=True)
class Found:
    """A head and its lines."""

    head: Row
    lines: tuple[Row, ...]


class Client:
    """The file. Opens nothing until it is asked."""

    def __init__(self, path: Path, wait_seconds: float) -> None:
        self._path, self._wait = path, wait_seconds

    def missing_tables(self) -> list[str]:
        """Return which of the tables that we need are not there."""
        with self._reading() as database:
            there = {row["name"] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return [table for table in TABLES if table not in there]

    def purchases(self) -> list[Found]:
        """Return what the workshop buys from the hub: confirmed, or cancelled since."""
        return self._found(
            "SELECT * FROM purchase WHERE supplier = 'hub' AND state IN ('confirmed', 'cancelled')", "purchase"
        )

    def jobs(self) -> list[Found]:
        """Return the jobs that the hub brought."""
        return self._found("SELECT * FROM job WHERE reference IS NOT NULL", "job")

    def told(self) -> list[Row]:
        """Return the purchases that show a status of the hub's."""
        with self._reading() as database:
            return [dict(row) for row in database.execute("SELECT * FROM purchase WHERE hub_revision > 0 ORDER BY id")]

    def stock(self) -> list[Row]:
        """Return every row of stock."""
        with self._reading() as database:
            return [dict(row) for row in database.execute("SELECT rowid AS id, * FROM stock ORDER BY rowid")]

    def codes(self) -> set[str]:
        """Return the codes that the workshop can make."""
        with self._reading() as database:
            return {row["code"] for row in database.execute("SELECT code FROM item")}

    def job(self, reference: str) -> Found | None:
        """Return the job with this external reference."""
        with self._reading() as database:
            head = database.execute("SELECT * FROM job WHERE reference = ?", [reference]).fetchone()
            if head is None:
                return None
            lines = database.execute("SELECT * FROM job_line WHERE job = ? ORDER BY id", [head["id"]])
            return Found(dict(head), tuple(map(dict, lines)))

    def create_job(self, head: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> None:
        """Create a job with its lines, or nothing. Raises `Conflict` when the reference is there already."""
        with self._writing() as database:
            number = _insert(database, "job", head)
            for line in lines:
                _insert(database, "job_line", {**line, "job": number})

    def change_job(
        self, before: Row, head: Mapping[str, Any], lines: Sequence[Mapping[str, Any]] | None = None
    ) -> None:
        """Change columns of a job and replace the hub's lines, only while the job is as it was read."""
        with self._writing() as database:
            _update(database, "job", before, {**head, "version": before["version"] + 1})
            if lines is not None:
                database.execute("DELETE FROM job_line WHERE job = ? AND line IS NOT NULL", [before["id"]])
                for line in lines:
                    _insert(database, "job_line", {**line, "job": before["id"]})

    def purchase(self, key: str) -> Row | None:
        """Return a purchase by its key."""
        with self._reading() as database:
            row = database.execute("SELECT * FROM purchase WHERE id = ?", [key]).fetchone()
            return dict(row) if row is not None else None

    def show(self, before: Row, columns: Mapping[str, Any]) -> None:
        """Show a status on a purchase, only while it is as it was read."""
        with self._writing() as database:
            _update(database, "purchase", before, columns)

    def _found(self, query: str, table: str) -> list[Found]:
        with self._reading() as database:
            heads = [dict(row) for row in database.execute(f"{query} ORDER BY id")]
            lines: dict[int, list[Row]] = {}
            for line in database.execute(f"SELECT * FROM {table}_line ORDER BY id"):
                lines.setdefault(line[table], []).append(dict(line))
        return [Found(head, tuple(lines.get(head["id"], ()))) for head in heads]

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._opened()) as database:
                yield database
        except DRIVER as error:
            raise _away(error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction: committed at the end, rolled back when the block raises."""
        try:
            with closing(self._opened()) as database, database:
                yield database
        except sqlite3.IntegrityError as error:
            raise Conflict(str(error)) from error
        except (sqlite3.DataError, sqlite3.InterfaceError, ValueError, OverflowError) as error:
            raise Refused(str(error)) from error
        except DRIVER as error:
            raise _away(error) from error

    def _opened(self) -> sqlite3.Connection:
        database = connect(f"file:{quote(str(self._path))}?mode=rw", uri=True, timeout=self._wait)
        database.row_factory = sqlite3.Row
        return database


def _insert(database: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> int:
    marks = ", ".join("?" * len(row))
    cursor = database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
    return int(cursor.lastrowid or 0)


def _update(database: sqlite3.Connection, table: str, before: Row, columns: Mapping[str, Any]) -> None:
    changes = ", ".join(f"{name} = ?" for name in columns)
    where = [before["id"], before["version"]]
    done = database.execute(f"UPDATE {table} SET {changes} WHERE id = ? AND version = ?", [*columns.values(), *where])
    if done.rowcount != 1:
        raise Conflict(f"{table} {before['id']} was changed meanwhile")


def missing(tables: Sequence[str]) -> Misconfigured:
    """Return what to do about a file that is not the workshop's."""
    return Misconfigured(
        Text(
            en=f"The file has no table {', '.join(tables)}. Is it the workshop's database? Correct `path`.",
            ru=f"В файле нет таблиц {', '.join(tables)}. Это база мастерской? Исправьте `path`.",
        )
    )


def _away(error: Exception) -> Unavailable:
    return Unavailable(
        Text(
            en=f"The workshop's database does not answer now ({error}). It is tried again; is the file there?",
            ru=f"База мастерской сейчас не отвечает ({error}). Попытка повторится; проверьте, на месте ли файл.",
        )
    )
