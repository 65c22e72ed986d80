"""psycopg, made to give a value that Python cannot hold as its text: one such row must not hide a whole page."""

from typing import Any

import psycopg
from psycopg.types.datetime import DateLoader, TimeLoader, TimestampLoader, TimestamptzLoader
from psycopg.types.string import TextLoader


class _Text:
    """A loader that falls back to text: ``infinity``, the year 20260 or 44 BC, bytes that are no UTF-8."""

    def load(self, data: Any) -> Any:
        """Return the value, or its text, or its bytes."""
        try:
            return super().load(data)  # type: ignore[misc]
        except UnicodeDecodeError:
            return bytes(data)
        except (psycopg.Error, ValueError, OverflowError):
            return bytes(data).decode("utf-8", "replace")


def make_tolerant(connection: "psycopg.Connection[Any]") -> None:
    """Let the connection give what it cannot convert as text, and prepare no statements: tables may be altered."""
    connection.prepare_threshold = None
    kinds = {"date": DateLoader, "time": TimeLoader, "timestamp": TimestampLoader, "timestamptz": TimestamptzLoader}
    for name, loader in (kinds | {"text": TextLoader, "varchar": TextLoader, "bpchar": TextLoader}).items():
        connection.adapters.register_loader(name, type(f"Tolerant{loader.__name__}", (_Text, loader), {}))
