"""What a database's error means for the next action."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc
from sqlalchemy.engine import URL

from kranhub.errors import Misconfigured, Unavailable
from kranhub.text import Text

_AWAY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_PROTOCOL")
_UNIQUE = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
_UNIQUE_VIOLATION, _LOCK_NOT_AVAILABLE = "23505", "55P03"
_OVERTAKEN = ("40001", "40P01", "42P07")
"""PostgreSQL: serialization failure, deadlock, table created meanwhile."""


class AlreadyThere(Exception):
    """Another transaction was faster: with the same unique value, the same row or the same table."""


class Refused(Exception):
    """A constraint of the plant's database refuses the row; the message is the database's own."""


class RowLocked(Exception):
    """Another session holds the row's lock."""


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turn SQLAlchemy's errors into ours.

    `Unavailable`: locked or unreachable. `Misconfigured`: no such table or column, no rights, no driver, no database.
    `AlreadyThere`, `Refused` and `RowLocked` concern one row.
    """
    try:
        yield
    except exc.NoSuchTableError as error:
        raise _wrong(url, f"no such table: {error}") from None
    except (exc.IntegrityError, exc.DataError) as error:
        raise _row_error(error) from None
    except (exc.DBAPIError, sqlite3.Error) as error:
        raise _system_error(url, error) from None
    except (ModuleNotFoundError, exc.NoSuchModuleError) as error:
        raise Misconfigured(
            Text(
                en=f"The driver for {url.drivername} is not installed ({error}). Install it beside kranhub with pip.",
                ru=f"Драйвер {url.drivername} не установлен ({error}). Установите его рядом с kranhub через pip.",
            )
        ) from None
    except TimeoutError as error:
        raise _away(url, str(error)) from None


def _row_error(error: exc.DBAPIError) -> Exception:
    original = error.orig
    name = getattr(original, "sqlite_errorname", "")
    if name in _UNIQUE or getattr(original, "sqlstate", "") == _UNIQUE_VIOLATION:
        return AlreadyThere(str(original))
    return Refused(str(original).strip().splitlines()[0])


def _system_error(url: URL, error: exc.DBAPIError | sqlite3.Error) -> Exception:
    original = error.orig if isinstance(error, exc.DBAPIError) else error
    words = str(original).strip().splitlines()[0] if str(original).strip() else type(original).__name__
    state = getattr(original, "sqlstate", None)
    if state == _LOCK_NOT_AVAILABLE:
        return RowLocked(words)
    if state in _OVERTAKEN:
        return AlreadyThere(words)
    if isinstance(original, sqlite3.Error):
        away = getattr(original, "sqlite_errorname", "").startswith(_AWAY)
        return _away(url, words) if away else _wrong(url, words)
    if isinstance(error, exc.OperationalError) and "authentication" not in words:
        return _away(url, words)
    return _wrong(url, words)


def _away(url: URL, words: str) -> Unavailable:
    place = url.render_as_string(hide_password=True)
    return Unavailable(
        Text(
            en=f"The database {place} does not answer now ({words}). It is tried again; if it lasts, look whether the "
            "file or server is there and who holds a lock.",
            ru=f"База {place} сейчас не отвечает ({words}). Попытка повторится; если не проходит, проверьте, на месте "
            "ли файл или сервер и кто держит блокировку.",
        )
    )


def _wrong(url: URL, words: str) -> Misconfigured:
    place = url.render_as_string(hide_password=True)
    return Misconfigured(
        Text(
            en=f"The database {place} refuses the request: {words}. Correct the address, the rights or the names in "
            "the connector's configuration; `kranhub connector check` names what is missing.",
            ru=f"База {place} отвергла запрос: {words}. Исправьте адрес, права или имена в настройках коннектора; "
            "`kranhub connector check` назовёт, чего не хватает.",
        )
    )
