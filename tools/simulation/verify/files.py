"""The master data as in the files, read without the hub's code: codes, units, capacities, working days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import yaml

Value = Mapping[str, Any]

_WEIGHTS = {("TNE", "KGM"): Decimal(1000)}


class Shop(NamedTuple):
    """What makes an item at a plant: its name, days for one lot, and a full week's capacity in the item's base unit."""

    name: str
    working_days: int
    weekly: Decimal | None


@dataclass(frozen=True)
class Workdays:
    """A calendar.

    Attributes:
        weekdays: The working days of a week, by ISO 8601.
        off: Days that are not worked although their weekday is.
        on: Days that are worked although their weekday is not.
        last_year: The last year that ``off`` and ``on`` cover.
        fixed: Holidays of every later year, as month and day.
    """

    weekdays: frozenset[int]
    off: frozenset[date] = frozenset()
    on: frozenset[date] = frozenset()
    last_year: int = 9999
    fixed: frozenset[str] = frozenset()

    def worked(self, day: date) -> bool:
        """Return whether the day is worked."""
        usual = day.isoweekday() in self.weekdays
        if day.year > self.last_year:
            return usual and f"{day:%m-%d}" not in self.fixed
        return day in self.on or (usual and day not in self.off)

    def finish(self, start: date, working_days: int) -> date:
        """Return the day at whose end so many days of work are done that may begin on ``start``."""
        day, left = start, working_days
        while left > 0:
            left -= self.worked(day)
            day += timedelta(days=1)
        return start if working_days <= 0 else day - timedelta(days=1)

    def share_of_week(self, monday: date) -> Decimal:
        """Return which share of its usual days the week has."""
        days = sum(self.worked(monday + timedelta(days=number)) for number in range(7))
        return Decimal(days) / len(self.weekdays)


class Files:
    """The files' content. ``proposed`` are further codes: (member, code) to item."""

    def __init__(self, members: Value, nomenclature: Value, calendars: Value) -> None:
        """Take what the YAML files hold."""
        self.members = {member["id"]: member for member in members["members"]}
        self.items = {item["item"]: item for item in nomenclature["items"]}
        self._calendars = {entry["calendar"]: _workdays(entry) for entry in calendars["calendars"]}
        self.proposed: dict[tuple[str, str], str] = {}

    @classmethod
    def load(cls, members: Path, nomenclature: Path, calendars: Path) -> "Files":
        """Read the files.

        Args:
            members: The members file.
            nomenclature: The nomenclature file.
            calendars: The calendars file.
        """
        return cls(*(yaml.safe_load(file.read_text(encoding="utf-8")) for file in (members, nomenclature, calendars)))

    @cached_property
    def _codes(self) -> dict[tuple[str, str], str]:
        return {(member, code): name for name, item in self.items.items() for member, code in item["codes"].items()}

    def item(self, member: str, code: str) -> str | None:
        """Return the item that the member means, or None."""
        return self._codes.get((member, code)) or self.proposed.get((member, code))

    def in_base(self, item: str, quantity: Decimal, unit: str) -> Decimal:
        """Return the quantity in the item's base unit.

        Args:
            item: The item's id.
            quantity: In ``unit``.
            unit: The quantity's unit.

        Raises:
            KeyError: For a unit that has no conversion.
        """
        base = self.items[item]["unit"]
        if unit == base:
            return quantity
        known = self.items[item].get("conversions", {})
        return quantity * (Decimal(known[unit]) if unit in known else _WEIGHTS[unit, base])

    def day_at(self, member: str, time: datetime) -> date:
        """Return the day of the time at the member's place."""
        return time.astimezone(ZoneInfo(self.members[member]["time_zone"])).date()

    def calendar(self, member: str) -> Workdays:
        """Return the member's working days."""
        return self._calendars[self.members[member].get("calendar", "ru-5x2")]

    def shop(self, plant: str, item: str) -> Shop | None:
        """Return what makes the item at the plant, or None."""
        okpd2 = self.items[item]["okpd2"]
        fits = [one for one in self.members[plant].get("capabilities", ()) if _covers(one["okpd2"], okpd2)]
        if not fits:
            return None
        found = max(fits, key=lambda one: len(one["okpd2"]))
        capacity = found.get("capacity")
        weekly = self.in_base(item, Decimal(str(capacity["quantity"])), capacity["unit"]) if capacity else None
        return Shop(f"{plant} {found['okpd2']}", found.get("working_days", 5), weekly)


def _covers(prefix: str, okpd2: str) -> bool:
    return okpd2 == prefix or okpd2.startswith(f"{prefix}.")


def _workdays(entry: Value) -> Workdays:
    return Workdays(
        frozenset(entry.get("weekdays", (1, 2, 3, 4, 5))),
        _days(entry.get("days_off", ())),
        _days(entry.get("working_days", ())),
        entry["covers"]["last_year"],
        frozenset(entry.get("fixed_days_off", ())),
    )


def _days(listed: Iterable[date]) -> frozenset[date]:
    return frozenset(listed)
