"""The day in figures: where lines ended, promises, re-routings, and how long the core let customers wait."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from benchmarks.figures import percentile
from tools.simulation.verify.record import DayRecord


def figures(record: DayRecord) -> dict[str, Any]:
    """Return the figures as the report and benchmarks/results/simulate.json have them."""
    numbers = {seen.value["plant_order_id"] for seen in record.addressed["orders"]}
    return {
        "events": sum(map(len, record.out.values())),
        "work_records": len(record.work),
        "allocation_records": len(record.allocation),
        "plant_orders": len(numbers),
        "lines": lines(record),
        "promises": promises(record),
        "re_routings": sum(not number.endswith(".1") for number in numbers),
        "splits": splits(record),
        "shortages": sum(seen.value["kind"] == "SHORTAGE" for seen in record.results),
        "alerts": _counted(seen.value["code"] for seen in record.alerts),
        "dead_letters": _counted(seen.value["code"] for seen in record.dead_letters),
        "wait_s": waits(record),
    }


def lines(record: DayRecord) -> dict[str, int]:
    """Return how many lines ended in which state, by their buyers' statuses; REFUSED where no version was taken."""
    states = Counter(line["state"] for status in record.last_status.values() for line in status["lines"])
    statuses = {(status["buyer"], status["order_id"]) for status in record.last_status.values()}
    first = {(seen.value["buyer"], seen.value["order_id"]): seen.value for seen in record.out["orders"]}
    refused = sum(len(value["lines"]) for order, value in first.items() if order not in statuses)
    return dict(states.most_common()) | ({"REFUSED": refused} if refused else {})


def promises(record: DayRecord) -> dict[str, Any]:
    """Return how many of the orders that were ever promised a day keep the first day promised.

    ``moved_days`` has by how many days the last promise of the others is later.
    """
    first: dict[str, date] = {}
    last: dict[str, date] = {}
    for value in record.told_buyers:
        if value["promised_date"] is not None:
            first.setdefault(value["order_key"], value["promised_date"])
            last[value["order_key"]] = value["promised_date"]
    later = [late for key in first if (late := (last[key] - first[key]).days) > 0]
    return {
        "made": len(first),
        "kept": len(first) - len(later),
        "moved": len(later),
        "moved_days": {"p50": percentile(later, 0.5), "p95": percentile(later, 0.95)},
    }


def splits(record: DayRecord) -> int:
    """Return how many needs (an item of an order line) were cut into parts for several plants."""
    parts: dict[tuple[str, str, str], set[str]] = {}
    for seen in record.addressed["orders"]:
        line = seen.value["lines"][0]
        need = seen.value["order_key"], line["order_line_id"], line["item"]
        parts.setdefault(need, set()).add(seen.value["plant_order_id"].rpartition(".")[0])
    return sum(len(found) > 1 for found in parts.values())


def waits(record: DayRecord) -> dict[str, float | None]:
    """Return how long orders waited, in real seconds, from being sent to the first status in their buyer's inbox."""
    sent: dict[tuple[str, str], int] = {}
    for seen in record.out["orders"]:
        if seen.sent_ns is not None:
            sent.setdefault((seen.value["buyer"], seen.value["order_id"]), seen.sent_ns)
    found = [
        seen.appended_ms / 1e3 - sent[seen.value["buyer"], seen.value["order_id"]] / 1e9
        for seen in record.addressed["statuses"]
        if seen.value["revision"] == 1 and seen.value["addressee"] == seen.value["buyer"]
    ]
    shares = {"p50": 0.5, "p99": 0.99, "largest": 1.0}
    return {name: _rounded(percentile(found, share)) for name, share in shares.items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _counted(codes: Iterator[str]) -> dict[str, int]:
    return dict(Counter(codes).most_common())
