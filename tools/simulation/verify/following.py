"""Whether every promise is followed to its end: what just stops, what is late in silence, what scrap leaves undone.

An alert has an owner and a deadline; a promised day has its plant as the owner, and itself as the deadline.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from tools.simulation.verify.files import Files
from tools.simulation.verify.placements import AtPlant, productions, revisions, taken, total
from tools.simulation.verify.plant_promises import PlantPromise
from tools.simulation.verify.record import DayRecord

Value = Mapping[str, Any]

OVER = ("DELIVERED", "CLOSED", "CANCELLED", "REJECTED")
"""The states of what waits for nothing any more."""

ANSWER = timedelta(days=6)
"""How long a plant has to answer at most: two working days, a weekend, and what lies between two ticks."""

REMINDED = timedelta(days=30)
"""The longest time between two alerts of what is on hold: four weeks, and what lies between two ticks."""

REPORTED_WORKING_DAYS = 2
"""How long a plant order that is not made may be past its day before an alert says so: the working day that its plant
has to report it, and what lies between two ticks."""

SENT_WORKING_DAYS = 4
"""As `REPORTED_WORKING_DAYS`, of what is made and has not left."""

TOLD_WORKING_DAYS = 5
"""How long a buyer may read a day that has passed: the plant's time to report that goods have left, and their way."""

OVERDUE = "-overdue"
"""How the codes of the alerts end that say of a plant order that it is late."""

FROZEN_ZONE = "frozen-zone"
"""The code of the alert that the parts of a plant order come too late for its day; its id ends with the day that they
allow."""


class Scrap(NamedTuple):
    """What a plant has not made of a plant order whose production it has closed.

    Attributes:
        number: The plant order's id.
        order_key: The order's key.
        line_id: The order line's number.
        item: The item.
        wanted: How much was requested when it was closed.
        lost: How much less was made than planned.
        at: When it was closed.
    """

    number: str
    order_key: str
    line_id: str
    item: str
    wanted: Decimal
    lost: Decimal
    at: datetime


def without_end(record: DayRecord) -> list[str]:
    """Return the orders that neither are over, nor have a promised day, nor an owner and a deadline."""
    asked: dict[str, Any] = {}
    for seen in record.addressed["orders"]:
        if seen.value["document_status"] != "CANCELLED":
            key = seen.value["order_key"]
            asked[key] = max(asked.get(key, seen.value["issued_at"]), seen.value["issued_at"])
    alerted = {
        seen.value["order_key"]: seen.value["raised_at"]
        for seen in sorted(record.alerts, key=lambda seen: seen.value["raised_at"])
        if seen.value["owner"] and seen.value["deadline"] is not None
    }
    found = []
    for key, status in record.last_status.items():
        if status["state"] in OVER or status["promised_date"] is not None:
            continue
        if key in alerted and alerted[key] >= record.end - REMINDED:
            continue
        if status["state"] != "ON_HOLD" and key in asked and asked[key] >= record.end - ANSWER:
            continue
        found.append(f"order {key}: {status['state']}, nothing promised, nobody alerted")
    return found


def passed_promises(record: DayRecord, files: Files) -> list[str]:
    """Return the lines of which the buyer last read a promised day that has passed, although they are not over."""
    found = []
    for key, status in record.last_status.items():
        if status["state"] in OVER:
            continue
        for line in status["lines"]:
            day = line["promised_date"]
            if day is None or line["state"] in OVER:
                continue
            if _is_over(day, TOLD_WORKING_DAYS, status["buyer"], record, files):
                found.append(f"order {key} line {line['line_id']}: {line['state']}, promised for {day}")
    return found


def untold(record: DayRecord, promises: Iterable[PlantPromise], files: Files) -> list[str]:
    """Return the plant orders that are late, and of which no alert says so.

    What has gone into something that is made is late no longer, nor is anything of an order that is over.

    Args:
        record: The day's records.
        promises: What `plant_promises` returns.
        files: The master data.
    """
    known = {one.number: one for one in promises}
    told = _told(record)
    return [
        f"plant order {one.number} at {one.plant}: {late}, no alert since"
        for one in known.values()
        if not _is_needless(one, known, record)
        and (late := _late(one, told.get(one.number, ()), record, files)) is not None
    ]


def _told(record: DayRecord) -> dict[str, list[Value]]:
    """Return the alerts that say of a plant order that it is late, or that its parts are, by its id."""
    found: dict[str, list[Value]] = {}
    for seen in record.alerts:
        if _is_overdue(seen.value) or seen.value["code"] == FROZEN_ZONE:
            found.setdefault(_plant_order_of(seen.value), []).append(seen.value)
    return found


def _plant_order_of(alert: Value) -> str:
    """Return the id of the plant order that the alert is about: the order's key, and the plant order's place in it."""
    return "/".join(alert["alert_id"].removeprefix(f"{alert['code']}/").split("/")[:2])


def _is_needless(one: PlantPromise, known: Mapping[str, PlantPromise], record: DayRecord) -> bool:
    target = known.get(one.feeds_into or "")
    status = record.last_status.get(one.order_key)
    return (target is not None and target.done_on is not None) or status is None or status["state"] in OVER


def _late(one: PlantPromise, alerts: Sequence[Value], record: DayRecord, files: Files) -> str | None:
    """Return what of the plant order is late without an overdue alert since its day; None where nothing is."""
    if one.done_on is None:
        since, what, wait = one.due, "not made, due on", REPORTED_WORKING_DAYS
    elif one.left_on is None and one.feeds_into is None:
        since, what, wait = max(one.done_on, one.due), "made, not sent since", SENT_WORKING_DAYS
    else:
        return None
    if any(_is_overdue(alert) and files.day_at(one.plant, alert["raised_at"]) > since for alert in alerts):
        return None
    last = max([since, *(_allowed(alert) for alert in alerts if not _is_overdue(alert))])
    return f"{what} {last}" if _is_over(last, wait, one.plant, record, files) else None


def _is_overdue(alert: Value) -> bool:
    return bool(alert["code"].endswith(OVERDUE))


def _allowed(alert: Value) -> date:
    """Return the day that the parts of a plant order allow, of an alert that asks a person about it."""
    return date.fromisoformat(alert["alert_id"].rpartition("/")[2])


def _is_over(day: date, working_days: int, member: str, record: DayRecord, files: Files) -> bool:
    """Return whether so many of the member's working days have passed since the end of the day."""
    last = files.calendar(member).finish(day + timedelta(days=1), working_days)
    return last < files.day_at(member, record.end)


def lost_scrap(record: DayRecord, standing: Sequence[AtPlant]) -> list[str]:
    """Return the plant orders that were closed with less than planned, and whose rest was not planned again.

    The plant is to be asked for less then, and another plant order to be sent for the same item of the same line. Of an
    order that has changed meanwhile, or is on hold, only the first holds.

    Args:
        record: The day's records.
        standing: The plant orders that are valid in the end.
    """
    at_plant, asked = {one.number: one for one in standing}, revisions(record)
    unchanged = {_key(versions[0].value) for versions in taken(record) if len(versions) == 1}
    found = []
    for scrap in _scraps(record, asked):
        what, one = f"plant order {scrap.number}: {scrap.lost:f} scrapped", at_plant.get(scrap.number)
        if one is not None and one.quantity > scrap.wanted - scrap.lost:
            found.append(f"{what}, {one.quantity:f} still wanted of it")
        elif scrap.order_key in unchanged and not _is_asked_again(scrap, record, asked):
            found.append(f"{what}, nobody is asked for them")
    return found


def _scraps(record: DayRecord, asked: Mapping[str, list[Value]]) -> Iterator[Scrap]:
    for number, made in productions(record).items():
        short = [value for value in made if value["state"] == "CLOSED" and value["completed"] < value["planned"]]
        if not short or any(value["state"] not in ("CLOSED", "ABORTED") for value in made):
            continue
        at = max(value["as_of"] for value in short)
        last = next((value for value in reversed(asked.get(number, [])) if value["issued_at"] <= at), None)
        if last is not None and last["document_status"] != "CANCELLED":
            (line,) = last["lines"]
            lost = total(value["planned"] - value["completed"] for value in short)
            yield Scrap(number, last["order_key"], line["order_line_id"], line["item"], line["quantity"], lost, at)


def _is_asked_again(scrap: Scrap, record: DayRecord, asked: Mapping[str, list[Value]]) -> bool:
    """Return whether another plant order for the same came after the scrap, or a person is asked for one."""
    told = record.last_status.get(scrap.order_key, {}).get("lines", ())
    if any(line["line_id"] == scrap.line_id and line["state"] == "ON_HOLD" for line in told):
        return True
    for number, values in asked.items():
        (line,) = values[0]["lines"]
        same = values[0]["order_key"], line["order_line_id"], line["item"]
        if same != (scrap.order_key, scrap.line_id, scrap.item) or number == scrap.number:
            continue
        if values[0]["issued_at"] >= scrap.at:
            return True
    return False


def _key(order: Value) -> str:
    return f"{order['buyer']}:{order['order_id']}"
