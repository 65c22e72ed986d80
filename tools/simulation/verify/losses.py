"""What is lost: a document that arrived nowhere, an order without any status, a quantity that nobody has."""

from collections import Counter
from collections.abc import Iterable, Iterator

from tools.simulation.verify.files import Files
from tools.simulation.verify.placements import Balance
from tools.simulation.verify.record import DayRecord


def losses(record: DayRecord, lines: Iterable[Balance], files: Files) -> list[str]:
    """Return what is lost, each with its name.

    Args:
        record: The day's records.
        lines: The balances of the order lines.
        files: The master data.
    """
    found = list(lines)
    return [*_documents(record), *_orders(record), *_quantities(found), *_left_waiting(record, found, files)]


def _documents(record: DayRecord) -> Iterator[str]:
    """Yield what members sent and neither hub.work, hub.allocation nor the dead letters have as often."""
    arrived = arrivals(record)
    for kind, sent in record.out.items():
        if kind != "items":
            for name, times in Counter(seen.id for seen in sent).items():
                if arrived[name] < times:
                    yield f"document {name}: sent {times}, arrived {arrived[name]}"


def arrivals(record: DayRecord) -> Counter[str]:
    """Return how often each member's document is where the hub works on it, or was refused at ingest."""
    taken = Counter(seen.id for seen in (*record.work, *record.allocation))
    refused = Counter(seen.value["event_id"] for seen in record.dead_letters if seen.value["stage"] == "ingest")
    return taken + refused


def _orders(record: DayRecord) -> Iterator[str]:
    """Yield the orders whose buyer was sent no status, although one of their versions was taken."""
    notified = {(value["buyer"], value["order_id"]) for value in record.last_status.values()}
    sent = {
        (seen.value["buyer"], seen.value["order_id"]) for seen in record.out["orders"] if seen.id not in record.refused
    }
    yield from (f"order {buyer}:{number}: nothing was said of it" for buyer, number in sorted(sent - notified))


def _quantities(lines: Iterable[Balance]) -> Iterator[str]:
    """Yield the lines of which plants have less than is wanted, although the buyer's status has no hold."""
    for line in lines:
        if line.placed < line.wanted and line.state != "ON_HOLD":
            yield f"{_named(line)}: {line.wanted:f} wanted, {line.placed:f} at plants, told {line.state}"


def _left_waiting(record: DayRecord, lines: Iterable[Balance], files: Files) -> Iterator[str]:
    """Yield the lines whose code a member has explained, and for which no plant ever got a plant order."""
    asked = {(seen.value["order_key"], seen.value["lines"][0]["order_line_id"]) for seen in record.addressed["orders"]}
    for line in lines:
        if line.code in files.proposed and line.wanted > 0 and (line.order_key, line.line_id) not in asked:
            yield f"{_named(line)}: its code was explained, and it was not taken up"


def _named(line: Balance) -> str:
    return f"order {line.order_key} line {line.line_id}"
