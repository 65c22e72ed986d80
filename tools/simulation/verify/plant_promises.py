"""What plants have promised of the plant orders that they have in the end, and when they kept it."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from tools.simulation.verify.files import Files
from tools.simulation.verify.placements import ZERO, AtPlant, productions, responses, revisions, shipments, total
from tools.simulation.verify.record import DayRecord

Value = Mapping[str, Any]

ACCEPTED = ("AP", "CA")
ENDED = ("COMPLETED", "CLOSED")
"""The states of a production order that has ended otherwise than aborted."""


class PlantPromise(NamedTuple):
    """One plant order that its plant has accepted and still has in the end. All days are the plant's own.

    Attributes:
        number: The plant order's id.
        order_key: The order's key.
        plant: The plant.
        feeds_into: The plant order that its goods go into; None where they go to the customer.
        first: The day that the plant has promised first.
        due: The day that counts in the end: the latest of its promise, what its work is estimated for, and what the
            hub's last revision requests.
        made_on: The day on which all of it was made; None while that is not reported.
        left_on: The day on which all of it had left; None while it has not.
    """

    number: str
    order_key: str
    plant: str
    feeds_into: str | None
    first: date
    due: date
    made_on: date | None
    left_on: date | None

    @property
    def done_on(self) -> date | None:
        """The day on which all of it was made or had left; None while neither is reported."""
        return min((day for day in (self.made_on, self.left_on) if day is not None), default=None)


def plant_promises(record: DayRecord, standing: Sequence[AtPlant], files: Files) -> list[PlantPromise]:
    """Return what plants have promised of what they still have.

    Args:
        record: The day's records.
        standing: The plant orders that are valid in the end.
        files: The master data.
    """
    asked, answers, made, sent = revisions(record), responses(record), productions(record), shipments(record)
    found = []
    for one in standing:
        name = one.number
        accepted = [value for value in answers.get(name, ()) if value["response_code"] in ACCEPTED]
        if accepted:
            found.append(_promise(one, asked[name], accepted, made.get(name, ()), sent.get(name, ()), files))
    return found


def _promise(
    one: AtPlant,
    asked: Sequence[Value],
    accepted: Sequence[Value],
    made: Sequence[Value],
    sent: Sequence[Value],
    files: Files,
) -> PlantPromise:
    last = asked[-1]
    wanted = {int(value["revision"]): value["requested_date"] for value in asked}
    promised = [value["lines"][0]["promised_date"] or wanted[int(value["plant_order_revision"])] for value in accepted]
    running = [value for value in made if value["state"] not in (*ENDED, "ABORTED")]
    estimates = [value["estimated_completion"] for value in running if value["estimated_completion"]]
    return PlantPromise(
        number=one.number,
        order_key=one.order_key,
        plant=last["plant"],
        feeds_into=last["feeds_into"],
        first=promised[0],
        due=max(promised[-1], last["requested_date"], *estimates),
        made_on=_made_on(one, made, files),
        left_on=_left_on(one, sent, files),
    )


def _made_on(one: AtPlant, made: Sequence[Value], files: Files) -> date | None:
    """Return the day on which the production orders that were not aborted had made all that they were to make."""
    counted = [value for value in made if value["state"] != "ABORTED"]
    if not counted or any(value["state"] not in ENDED for value in counted):
        return None
    planned, completed = (total(value[name] for value in counted) for name in ("planned", "completed"))
    if completed < min(planned, one.quantity):
        return None
    return max(files.day_at(value["plant"], value["as_of"]) for value in counted)


def _left_on(one: AtPlant, sent: Sequence[Value], files: Files) -> date | None:
    left: Decimal = ZERO
    for value in sorted(sent, key=lambda value: value["actual_departure"]):
        left += value["lines"][0]["quantity"]
        if left >= one.quantity:
            return files.day_at(value["shipper"], value["actual_departure"])
    return None
