"""Tryton's JSON: `__class__` objects to Decimal, date and aware UTC datetime, and back. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

_INSTANT = ("year", "month", "day", "hour", "minute", "second", "microsecond")


@dataclass(frozen=True, slots=True)
class Broken:
    """A value that Tryton sent in no form that can be read, such as the 30th of February; it is of no kind."""

    text: str


def dumps(value: Any) -> str:
    """Return the JSON that Tryton takes; datetimes go as naive UTC, Decimals outside prices as they are."""
    return json.dumps(value, default=_encode)


def loads(text: str) -> Any:
    """Return the value: Tryton's quantities are binary floats, its prices Decimals."""
    return json.loads(text, object_hook=_decode)


def _encode(value: Any) -> Any:
    match value:
        case Decimal():
            return {"__class__": "Decimal", "decimal": str(value)}
        case datetime():
            instant = value.astimezone(UTC)
            return {"__class__": "datetime"} | {name: getattr(instant, name) for name in _INSTANT}
        case date():
            return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
        case timedelta():
            return {"__class__": "timedelta", "seconds": value.total_seconds()}
        case Broken():
            return value.text
    raise TypeError(f"Tryton takes no {type(value).__name__}")


def _decode(value: Mapping[str, Any]) -> Any:
    try:
        return _decoded(value)
    except (KeyError, TypeError, ValueError, OverflowError, InvalidOperation):
        return Broken(repr(value)[:100])


def _decoded(value: Mapping[str, Any]) -> Any:
    match value.get("__class__"):
        case "Decimal":
            return Decimal(value["decimal"])
        case "datetime":
            clock = time(value["hour"], value["minute"], value["second"], value["microsecond"])
            return datetime.combine(date(value["year"], value["month"], value["day"]), clock, UTC)
        case "date":
            return date(value["year"], value["month"], value["day"])
        case "timedelta":
            return timedelta(seconds=float(value["seconds"]))
    return value
