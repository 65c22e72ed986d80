"""Which action a driver's exception calls for: whether row, database or settings are at fault. Pure.

PostgreSQL gives an SQLSTATE, SQLite the name of its result code, every other driver at least its class of PEP 249.
"""

import re
from enum import Enum

_STANDARD_CLASS = re.compile(r"[0-4A-H]")
"""How the SQLSTATE classes begin that the SQL standard defines; any other class belongs to the database."""


class Verdict(Enum):
    """Who has to act."""

    ROW = "the database refuses this row"
    TAKEN = "another row has this unique value"
    OVERTAKEN = "another transaction was faster"
    LOCKED = "another session holds the row"
    AWAY = "the database is away, or ill, or busy"
    WRONG = "a setting, a right or a table is wrong"


_STATES = {
    "23505": Verdict.TAKEN,
    "40001": Verdict.OVERTAKEN,  # serialization failure
    "40P01": Verdict.OVERTAKEN,  # deadlock
    "42P07": Verdict.OVERTAKEN,  # the table was created meanwhile
    "55P03": Verdict.LOCKED,
    "54000": Verdict.ROW,  # such as a text that is too long for an index
    "3D000": Verdict.WRONG,  # no such database
}
_ROW = "09 21 22 23 27 44 P0"
_AWAY = "02 03 08 0A 24 25 26 2D 3B 40 53 54 55 57 58 72 F0 HV XX"
_WRONG = "01 0B 0F 0L 0P 0Z 10 20 28 2B 2F 34 38 39 3D 3F 42"
_CLASSES = ((Verdict.ROW, _ROW), (Verdict.AWAY, _AWAY), (Verdict.WRONG, _WRONG))
_BY_CLASS = {name: verdict for verdict, names in _CLASSES for name in names.split()}

_ILL = "BUSY LOCKED CANTOPEN IOERR FULL PROTOCOL NOMEM INTERRUPT ABORT SCHEMA"
_RESULTS = (
    ("SQLITE_CONSTRAINT_UNIQUE", Verdict.TAKEN),
    ("SQLITE_CONSTRAINT_PRIMARYKEY", Verdict.TAKEN),
    ("SQLITE_CONSTRAINT_ROWID", Verdict.TAKEN),
    ("SQLITE_CONSTRAINT", Verdict.ROW),
    ("SQLITE_MISMATCH", Verdict.ROW),
    ("SQLITE_TOOBIG", Verdict.ROW),
    ("SQLITE_READONLY_DBMOVED", Verdict.AWAY),
    *((f"SQLITE_{name}", Verdict.AWAY) for name in _ILL.split()),
    ("SQLITE_", Verdict.WRONG),
)

_PEP_249 = (
    ("IntegrityError", Verdict.ROW),
    ("DataError", Verdict.ROW),
    ("ProgrammingError", Verdict.WRONG),
    ("NotSupportedError", Verdict.WRONG),
)


def verdict(error: BaseException) -> Verdict:
    """Return what the driver's exception means."""
    state, result = getattr(error, "sqlstate", None), getattr(error, "sqlite_errorname", None)
    if isinstance(state, str):
        return _of_state(state)
    if isinstance(result, str):
        return next(verdict for name, verdict in _RESULTS if result.startswith(name))
    if _is_login(str(error)):
        return Verdict.WRONG
    classes = {each.__name__ for each in type(error).__mro__}
    return next((verdict for name, verdict in _PEP_249 if name in classes), Verdict.AWAY)


def _of_state(state: str) -> Verdict:
    if state in _STATES:
        return _STATES[state]
    if state[:2] in _BY_CLASS:
        return _BY_CLASS[state[:2]]
    return Verdict.WRONG if _STANDARD_CLASS.match(state) else Verdict.ROW


def _is_login(text: str) -> bool:
    """Return whether a server refused the user before there was a session: its drivers then have no SQLSTATE."""
    return "authentication" in text or ("does not exist" in text and "FATAL" in text)
