"""Promise accuracy: the days first promised against the days on which it was done, per plant and per buyer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from benchmarks.figures import percentile
from tools.simulation.verify.files import Files
from tools.simulation.verify.placements import AtPlant
from tools.simulation.verify.plant_promises import plant_promises
from tools.simulation.verify.record import DayRecord

Value = Mapping[str, Any]

ARRIVED = ("DELIVERED", "CLOSED")


class Kept(NamedTuple):
    """A promise and its end.

    Attributes:
        who: Who has promised, or who was promised.
        first: The day first promised.
        done: The day on which it was done; None where it is not.
    """

    who: str
    first: date
    done: date | None


def accuracy(record: DayRecord, standing: Sequence[AtPlant], files: Files) -> dict[str, Any]:
    """Return the accuracy of what plants have promised the hub, and of what buyers were promised.

    Args:
        record: The day's records.
        standing: The plant orders that are valid in the end.
        files: The master data.
    """
    by_plants = [Kept(one.plant, one.first, one.done_on) for one in plant_promises(record, standing, files)]
    end = record.end.date()
    return {"plants": summarised(by_plants, end), "buyers": summarised(to_buyers(record), end)}


def to_buyers(record: DayRecord) -> list[Kept]:
    """Return the first day that each order's buyer was promised, and when all of it was there, as the buyer was told.

    Cancelled orders are left out.
    """
    first: dict[str, date] = {}
    for value in record.told_buyers:
        if value["promised_date"] is not None:
            first.setdefault(value["order_key"], value["promised_date"])
    found = []
    for key, day in first.items():
        last = record.last_status[key]
        if last["state"] != "CANCELLED":
            arrived = last["promised_date"] if last["state"] in ARRIVED else None
            found.append(Kept(last["buyer"], day, arrived))
    return found


def summarised(promises: Iterable[Kept], end: date) -> dict[str, dict[str, Any]]:
    """Return the figures by who has promised, or who was promised.

    ``in_time``, ``one_day``, ``three_days`` and ``more`` count what is done, by how many days it was late;
    ``overdue`` what is not, although the day first promised has passed; ``not_due`` the rest. ``days`` are the days
    from the promise to the end, negative where it was done before.

    Args:
        promises: Promises and their ends.
        end: The day on which the simulation has ended.
    """
    by_name: dict[str, list[Kept]] = {}
    for one in promises:
        by_name.setdefault(one.who, []).append(one)
    return {who: _summary(found, end) for who, found in sorted(by_name.items())}


def _summary(promises: Sequence[Kept], end: date) -> dict[str, Any]:
    late = [(one.done - one.first).days for one in promises if one.done is not None]
    left = [one for one in promises if one.done is None]
    overdue = sum(one.first < end for one in left)
    return {
        "promised": len(promises),
        "in_time": sum(days <= 0 for days in late),
        "one_day": sum(days == 1 for days in late),
        "three_days": sum(1 < days <= 3 for days in late),
        "more": sum(days > 3 for days in late),
        "overdue": overdue,
        "not_due": len(left) - overdue,
        "days": {"p50": percentile(late, 0.5), "p90": percentile(late, 0.9)},
    }
