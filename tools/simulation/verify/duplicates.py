"""What is doubled: the same sent twice to a member, two plants with the same part, more at plants than is wanted."""

from collections import Counter
from collections.abc import Iterable, Iterator

from tools.simulation.verify.losses import arrivals
from tools.simulation.verify.placements import AtPlant, Balance
from tools.simulation.verify.record import DayRecord


def duplicates(record: DayRecord, standing: Iterable[AtPlant], lines: Iterable[Balance]) -> list[str]:
    """Return what is doubled, each with its name.

    Args:
        record: The day's records.
        standing: The plant orders that are valid in the end.
        lines: The balances of the order lines.
    """
    return [*_sent_twice(record), *_two_contents(record), *_taken_twice(record), *_placed_twice(standing, lines)]


def _sent_twice(record: DayRecord) -> Iterator[str]:
    """Yield ids that occur twice in the topics of one kind."""
    for records in record.addressed.values():
        counts = Counter((seen.topic, seen.id) for seen in records)
        yield from (f"{topic}: {name} x {times}" for (topic, name), times in counts.items() if times > 1)
    results = Counter(seen.id for seen in record.results)
    yield from (f"hub.work: {name} x {times}" for name, times in results.items() if times > 1)


def _two_contents(record: DayRecord) -> Iterator[str]:
    """Yield revisions of a plant order, or of a status, that were sent with two contents."""
    numbers = Counter((seen.value["plant_order_id"], seen.value["revision"]) for seen in record.addressed["orders"])
    yield from (f"plant order {number} revision {at} x {n}" for (number, at), n in numbers.items() if n > 1)
    statuses = Counter(
        (seen.value["order_key"], seen.value["addressee"], seen.value["revision"])
        for seen in record.addressed["statuses"]
    )
    yield from (f"status {at} of {key} to {who} x {n}" for (key, who, at), n in statuses.items() if n > 1)


def _taken_twice(record: DayRecord) -> Iterator[str]:
    """Yield members' documents that are on hub.work and hub.allocation more often than they were sent."""
    arrived = arrivals(record)
    sent = Counter(seen.id for kind, records in record.out.items() if kind != "items" for seen in records)
    for name, times in sent.items():
        if arrived[name] > times:
            yield f"document {name}: sent {times}, arrived {arrived[name]}"


def _placed_twice(standing: Iterable[AtPlant], lines: Iterable[Balance]) -> Iterator[str]:
    """Yield parts that two plants have at once, and lines of which more is placed than is wanted or made."""
    parts = Counter(one.number.rpartition(".")[0] for one in standing)
    yield from (f"part {part}: at {times} plants at once" for part, times in parts.items() if times > 1)
    for line in lines:
        if line.placed > line.wanted and line.placed - line.wanted > line.made:
            yield f"order {line.order_key} line {line.line_id}: {line.wanted:f} wanted, {line.placed:f} at plants"
