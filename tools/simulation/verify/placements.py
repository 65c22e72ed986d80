"""Of every order line: how much its buyer wants in the end, and how much of it plants have."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from tools.simulation.consumer import ConsumedRecord
from tools.simulation.verify.files import Files
from tools.simulation.verify.record import DayRecord

Value = Mapping[str, Any]

ZERO = Decimal(0)


class Balance(NamedTuple):
    """One line, in its item's base unit.

    Attributes:
        order_key: The order's key.
        line_id: The line's number.
        code: The buyer and its code of the item.
        wanted: How much the buyer wants in the end.
        placed: How much plants have.
        made: How much of that they have made or sent.
        state: The state of the line in the buyer's last status; None for none.
    """

    order_key: str
    line_id: str
    code: tuple[str, str]
    wanted: Decimal
    placed: Decimal
    made: Decimal
    state: str | None


class AtPlant(NamedTuple):
    """One plant order as it is in the end.

    Attributes:
        number: The plant order's id.
        order_key: The order's key.
        line_id: The order line's number.
        item: The item.
        quantity: How much is requested, by the last plant order and response.
        made: How much of it is made.
    """

    number: str
    order_key: str
    line_id: str
    item: str
    quantity: Decimal
    made: Decimal


def balances(record: DayRecord, standing: Iterable[AtPlant], files: Files) -> list[Balance]:
    """Return the balance of each line that any taken version of an order has had.

    Args:
        record: The day's records.
        standing: What `at_plants` returns.
        files: The master data.
    """
    by_need: dict[tuple[str, str, str], list[AtPlant]] = {}
    for one in standing:
        by_need.setdefault((one.order_key, one.line_id, one.item), []).append(one)
    return [line for versions in taken(record) for line in _lines(versions, by_need, record, files)]


def taken(record: DayRecord) -> list[list[ConsumedRecord]]:
    """Return each order's versions that count, in their order: not those refused, nor those that came before."""
    found: dict[tuple[str, str], dict[str, ConsumedRecord]] = {}
    for seen in record.out["orders"]:
        if seen.id not in record.refused:
            found.setdefault((seen.value["buyer"], seen.value["order_id"]), {}).setdefault(seen.id, seen)
    return [list(versions.values()) for versions in found.values()]


def _lines(
    versions: Sequence[ConsumedRecord],
    standing: Mapping[tuple[str, str, str], list[AtPlant]],
    record: DayRecord,
    files: Files,
) -> Iterator[Balance]:
    last = versions[-1].value
    buyer, key = last["buyer"], f"{last['buyer']}:{last['order_id']}"
    states = {line["line_id"]: line["state"] for line in record.last_status.get(key, {}).get("lines", ())}
    live = {line["line_id"] for line in last["lines"]} if last["document_status"] != "CANCELLED" else set()
    known = {line["line_id"]: line for seen in versions for line in seen.value["lines"]}
    for line_id, line in known.items():
        code = buyer, line["item_code"]
        item = files.item(*code)
        if item is None:
            wanted = line["quantity"] if line_id in live else ZERO
            yield Balance(key, line_id, code, wanted, ZERO, ZERO, states.get(line_id))
            continue
        placed = standing.get((key, line_id, item), [])
        wanted = files.in_base(item, line["quantity"], line["unit"]) if line_id in live else ZERO
        stands, made = (sum((getattr(one, name) for one in placed), ZERO) for name in ("quantity", "made"))
        yield Balance(key, line_id, code, wanted, stands, made, states.get(line_id))


def at_plants(record: DayRecord) -> list[AtPlant]:
    """Return the plant orders that are valid in the end."""
    answers, made = responses(record), made_of(record)
    return [
        found
        for number, asked in revisions(record).items()
        if (found := _standing(number, asked, answers.get(number, []), made.get(number, ZERO)))
    ]


def revisions(record: DayRecord) -> dict[str, list[Value]]:
    """Return the revisions of each plant order, in their order."""
    found = _by_plant_order((seen.value["plant_order_id"], seen.value) for seen in record.addressed["orders"])
    return {number: sorted(values, key=lambda value: int(value["revision"])) for number, values in found.items()}


def _standing(number: str, revisions: list[Value], answers: list[Value], made: Decimal) -> AtPlant | None:
    last = revisions[-1]
    if last["document_status"] == "CANCELLED":
        return None
    line = last["lines"][0]
    since = _since(revisions)
    counted = [answer for answer in answers if answer["plant_order_revision"] >= since]
    if counted and counted[-1]["response_code"] == "RE":
        return None
    agreed = min([line["quantity"], *(answer["lines"][0]["quantity"] for answer in counted[-1:])])
    return AtPlant(number, last["order_key"], line["order_line_id"], line["item"], agreed, made)


def _since(revisions: Sequence[Value]) -> int:
    """Return the first revision with the same quantity and day as the last one."""
    terms = [(value["lines"][0]["quantity"], value["requested_date"]) for value in revisions]
    at = len(terms) - 1
    while at > 0 and terms[at - 1] == terms[-1]:
        at -= 1
    return int(revisions[at]["revision"])


def responses(record: DayRecord) -> dict[str, list[Value]]:
    """Return the answers to each plant order, the last that came last."""
    found: dict[str, list[Value]] = {}
    for seen in firsts(record.out["responses"]):
        found.setdefault(seen.value["plant_order_id"], []).append(seen.value)
    return found


def firsts(records: Iterable[ConsumedRecord]) -> list[ConsumedRecord]:
    """Return the records without those that come again: the first of each id."""
    found: dict[str, ConsumedRecord] = {}
    for seen in records:
        found.setdefault(seen.id, seen)
    return list(found.values())


def made_of(record: DayRecord) -> dict[str, Decimal]:
    """Return how much of each plant order its plant has made, or sent where that is more."""
    made = {number: total(value["completed"] for value in last) for number, last in productions(record).items()}
    sent = {number: total(leg["lines"][0]["quantity"] for leg in legs) for number, legs in shipments(record).items()}
    return {number: max(made.get(number, ZERO), sent.get(number, ZERO)) for number in {*made, *sent}}


def total(quantities: Iterable[Decimal]) -> Decimal:
    """Return the sum."""
    return sum(quantities, ZERO)


def productions(record: DayRecord) -> dict[str, list[Value]]:
    """Return the last state of each production order, by plant order."""
    last = {seen.value["production_order_id"]: seen.value for seen in firsts(record.out["production"])}
    return _by_plant_order((value["plant_order_id"], value) for value in last.values())


def shipments(record: DayRecord) -> dict[str, list[Value]]:
    """Return the last state of each shipment, by plant order."""
    last = {seen.value["shipment_id"]: seen.value for seen in firsts(record.out["shipments"])}
    return _by_plant_order((value["lines"][0]["plant_order_id"], value) for value in last.values())


def _by_plant_order(values: Iterable[tuple[str, Value]]) -> dict[str, list[Value]]:
    found: dict[str, list[Value]] = {}
    for number, value in values:
        found.setdefault(number, []).append(value)
    return found
