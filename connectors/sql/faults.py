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
_CHANGED_MEANWHILE = "0A000"
"""PostgreSQL: a table was altered while a statement on it was prepared."""
_OVERTAKEN = ("40001", "40P01", "42P07")
"""PostgreSQL: serialization failure, deadlock, table created meanwhile."""


class AlreadyThere(Exception):
    """Another transaction was faster: with the same unique value, the same row or the same table."""


class Refused(Exception):
    """A constraint of the plant's database refuses the row; the message is the database's own."""


class RowLocked(Exception):
    """Another session holds the row's lock."""


class NoSuchColumn(Exception):
    """A table has lost a column, or never had it."""


@contextmanager
def translated_reading(url: URL) -> Iterator[None]:
    """Turn the errors of a look-up into `Unavailable` and `Misconfigured`, whatever `translated` makes of them."""
    try:
        with translated(url):
            yield
    except (RowLocked, AlreadyThere) as error:
        raise _away(url, str(error)) from None
    except Refused as error:
        raise _wrong(url, str(error)) from None


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
    except NoSuchColumn as error:
        raise _wrong(url, str(error)) from None
    except (exc.IntegrityError, exc.DataError) as error:
        raise _row_error(error) from None
    except (exc.DBAPIError, sqlite3.Error) as error:
        raise _system_error(url, error) from None
    except (exc.TimeoutError, exc.InvalidRequestError) as error:
        raise _away(url, _first_line(error)) from None
    except exc.SQLAlchemyError as error:
        raise _wrong(url, _first_line(error)) from None
    except (ModuleNotFoundError, exc.NoSuchModuleError) as error:
        raise Misconfigured(
            Text(
                en=f"The driver for {url.drivername} is not installed ({error}). Install it beside kranhub with pip.",
                ru=f"Драйвер {url.drivername} не установлен ({error}). Установите его рядом с kranhub через pip.",
            )
        ) from None
    except OSError as error:
        raise _away(url, _first_line(error)) from None


def _row_error(error: exc.DBAPIError) -> Exception:
    original = error.orig
    name = getattr(original, "sqlite_errorname", "")
    if name in _UNIQUE or getattr(original, "sqlstate", "") == _UNIQUE_VIOLATION:
        return AlreadyThere(str(original))
    return Refused(_first_line(original))


def _system_error(url: URL, error: exc.DBAPIError | sqlite3.Error) -> Exception:
    original = error.orig if isinstance(error, exc.DBAPIError) else error
    words = _first_line(original)
    state = getattr(original, "sqlstate", None)
    if state == _LOCK_NOT_AVAILABLE:
        return RowLocked(words)
    if state in _OVERTAKEN:
        return AlreadyThere(words)
    if isinstance(original, sqlite3.Error):
        away = getattr(original, "sqlite_errorname", "").startswith(_AWAY)
        return _away(url, words) if away else _wrong(url, words)
    if isinstance(error, exc.OperationalError | exc.InterfaceError | exc.InternalError) and not _is_login(state, words):
        return _away(url, words)
    if state == _CHANGED_MEANWHILE:
        return _away(url, words)
    return _wrong(url, words)


def _first_line(error: object) -> str:
    words = str(error).strip()
    return words.splitlines()[0] if words else type(error).__name__


def _is_login(state: str | None, words: str) -> bool:
    """Tell whether the server refuses the user: the name, the password or the database is wrong."""
    return (state or "").startswith("28") or state == "3D000" or "authentication" in words or " does not exist" in words


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
