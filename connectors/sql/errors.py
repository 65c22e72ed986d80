"""What a database's error means for the next action."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc
from sqlalchemy.engine import URL

from connectors.sql.error_classes import Verdict, verdict
from kranhub.errors import Misconfigured, Unavailable
from kranhub.text import Text


class AlreadyThere(Exception):
    """Another transaction was faster: with the same unique value, the same row or the same table."""


class Overtaken(AlreadyThere):
    """A deadlock or a serialization failure: what the other transaction wrote is unknown."""


class Refused(Exception):
    """A constraint of the plant's database refuses the row; the message is the database's own."""


class RowLocked(Exception):
    """Another session holds the row's lock."""


class NoSuchColumn(Exception):
    """A table has lost a column, or never had it."""


@contextmanager
def translated_reading(url: URL) -> Iterator[None]:
    """Turn the errors of a look-up into `Unavailable` and `Misconfigured`, whatever `translated` makes of them.

    Raises:
        Unavailable: When the database is locked or unreachable.
        Misconfigured: For any other error.
    """
    try:
        with translated(url):
            yield
    except (RowLocked, AlreadyThere) as error:
        raise _away(url, str(error)) from None
    except Refused as error:
        raise _wrong(url, str(error)) from None


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turn SQLAlchemy's errors into the hub's.

    Raises:
        Unavailable: When the database is locked or unreachable.
        Misconfigured: Without such a table or column, rights, a driver or a database.
        AlreadyThere: When another transaction was faster with this row.
        Refused: When a constraint refuses this row, or the driver cannot pass on a value.
        RowLocked: When another session holds this row's lock.
    """
    try:
        yield
    except exc.NoSuchTableError as error:
        raise _wrong(url, f"no such table: {error}") from None
    except (ModuleNotFoundError, exc.NoSuchModuleError) as error:
        raise Misconfigured(
            Text(
                en=f"The driver for {url.drivername} is not installed ({error}). Install it beside kranhub with pip.",
                ru=f"Драйвер {url.drivername} не установлен ({error}). Установите его рядом с kranhub через pip.",
            )
        ) from None
    except NoSuchColumn as error:
        raise _wrong(url, str(error)) from None
    except exc.DBAPIError as error:
        raise _meant(url, error.orig or error) from None
    except sqlite3.Error as error:
        raise _meant(url, error) from None
    except (exc.TimeoutError, exc.InvalidRequestError) as error:
        raise _away(url, _first_line(error)) from None
    except exc.SQLAlchemyError as error:
        raise _wrong(url, _first_line(error)) from None
    except (ArithmeticError, ValueError) as error:
        raise Refused(_first_line(error)) from None  # a driver's own, about a value that it cannot pass on
    except OSError as error:
        raise _away(url, _first_line(error)) from None


def too_many_vanished(count: int, table: str) -> Misconfigured:
    """Return the error for so many vanished orders that the view, a right or the database must be wrong."""
    return Misconfigured(
        Text(
            en=f"{count} orders that the hub was told of are no longer in {table}, so none of them is withdrawn. Check "
            f"that it is the right database, that the connector's user may read all rows of {table}, and that its view "
            "leaves out no orders that stand; if they are finished, let the view keep them with a status that "
            "`statuses` maps to closed; if they are deleted, raise `vanished_limit` in the connector's configuration "
            "until they have been withdrawn.",
            ru=f"Заказов, переданных центру, но пропавших из {table}: {count}; ни один не отозван. Проверьте, та ли "
            f"это база, может ли пользователь коннектора читать все строки {table} и не отсекает ли представление "
            "действующие заказы; если заказы выполнены, оставьте их в представлении со статусом, который в `statuses` "
            "означает closed; если они удалены, увеличьте `vanished_limit` в настройках коннектора, пока они не будут "
            "отозваны.",
        )
    )


def _meant(url: URL, error: BaseException) -> Exception:
    text = _first_line(error)
    match verdict(error):
        case Verdict.ROW:
            return Refused(text)
        case Verdict.TAKEN:
            return AlreadyThere(text)
        case Verdict.OVERTAKEN:
            return Overtaken(text)
        case Verdict.LOCKED:
            return RowLocked(text)
        case Verdict.WRONG:
            return _wrong(url, text)
    return _away(url, text)


def _first_line(error: object) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def _away(url: URL, text: str) -> Unavailable:
    place = url.render_as_string(hide_password=True)
    return Unavailable(
        Text(
            en=f"The database {place} does not answer now ({text}). It is tried again; if it lasts, look whether the "
            "file or server is there and who holds a lock.",
            ru=f"База {place} сейчас не отвечает ({text}). Попытка повторится; если не проходит, проверьте, на месте "
            "ли файл или сервер и кто держит блокировку.",
        )
    )


def _wrong(url: URL, text: str) -> Misconfigured:
    place = url.render_as_string(hide_password=True)
    return Misconfigured(
        Text(
            en=f"The database {place} refuses the request: {text}. Correct the address, the rights or the names in "
            "the connector's configuration; `kranhub connector check` names what is missing.",
            ru=f"База {place} отвергла запрос: {text}. Исправьте адрес, права или имена в настройках коннектора; "
            "`kranhub connector check` назовёт, чего не хватает.",
        )
    )
