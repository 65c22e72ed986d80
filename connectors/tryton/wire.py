"""Tryton's JSON: `__class__` objects to Decimal, date and aware UTC datetime, and back. Pure."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

_INSTANT = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def dumps(value: Any) -> str:
    """Return the JSON that Tryton takes; datetimes go as naive UTC, Decimals outside prices as they are."""
    return json.dumps(value, default=_encode)


def loads(text: str) -> Any:
    """Return the value; numbers with a fraction become the Decimal of exactly the digits that were sent."""
    return json.loads(text, parse_float=Decimal, object_hook=_decode)


def _encode(value: Any) -> Any:
    match value:
        case Decimal():
            return {"__class__": "Decimal", "decimal": str(value)}
        case datetime():
            instant = value.astimezone(UTC)
            return {"__class__": "datetime"} | {name: getattr(instant, name) for name in _INSTANT}
        case date():
            return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    raise TypeError(f"Tryton takes no {type(value).__name__}")


def _decode(value: Mapping[str, Any]) -> Any:
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
