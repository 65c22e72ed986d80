"""The results of the simulated day, for people and for programs."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import environment
from benchmarks import page as page_of_docs
from benchmarks.figures import number, table
from tools.simulation.result import FINDINGS

Found = Mapping[str, Any]


def write(file: Path, found: Found) -> None:
    """Write everything as JSON, with the day and the machine."""
    file.parent.mkdir(parents=True, exist_ok=True)
    whole = {"measured_at": _now(), "machine": environment.machine(), **found}
    file.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_page(page: Path, found: Found) -> None:
    """Put the tables into a page of the docs, between its two markers.

    Raises:
        Misconfigured: When it has none.
    """
    machine = environment.machine()
    head = f"DayResult {_now()[:10]} with seed {found['seed']} on {machine['cpu']}, {machine['cores']} cores."
    page_of_docs.put(page, lambda: f"{head}\n\n{markdown(found)}")


def markdown(found: Found) -> str:
    """Return the tables, and the findings that have names."""
    tables = [
        _wrong(found),
        _day(found),
        _lines(found),
        _promises(found),
        *promise_accuracy(found["promise_accuracy"]),
        _notified(found),
    ]
    return "\n\n".join([*tables, *_named(found)])


def _wrong(found: Found) -> str:
    return table(("to be 0", ""), [[name, str(found[name])] for name in FINDINGS])


def _day(found: Found) -> str:
    replay = found["replay"]
    rows = [
        ("orders", number(found["orders"])),
        ("documents of members", number(found["events"])),
        ("records on hub.work and hub.allocation", number(found["work_records"] + found["allocation_records"])),
        ("plant orders", number(found["plant_orders"])),
        ("seconds for the day", number(found["seconds"], 1)),
        ("orders per second", number(found["orders_per_s"], 1)),
        ("later days", number(found["days_after"])),
        ("seconds in all, with checks and replay", number(found["total_seconds"])),
        ("decisions and plant orders replayed", f"{number(replay['decisions'])} and {number(replay['plant_orders'])}"),
        ("an order's wait for the first word, p50, s", number(found["wait_s"]["p50"], 2)),
        ("… p99, s", number(found["wait_s"]["p99"], 2)),
        ("… longest stall, s", number(found["wait_s"]["largest"], 2)),
    ]
    return table(("the day", ""), rows)


def _lines(found: Found) -> str:
    rows = [(state, number(count)) for state, count in found["lines"].items()]
    return table(("where lines ended", "lines"), rows)


def _promises(found: Found) -> str:
    promises = found["promises"]
    days = promises["moved_days"]
    rows = [
        ("orders promised a day", number(promises["made"])),
        ("kept: there, or to be there, by the day first promised", number(promises["kept"])),
        ("moved to a later day", number(promises["moved"])),
        ("moved by, p50, days", number(days["p50"])),
        ("moved by, p95, days", number(days["p95"])),
        ("parts that went on to another plant", number(found["re_routings"])),
        ("needs split over plants", number(found["splits"])),
        ("shortages of stock", number(found["shortages"])),
    ]
    return table(("promises and plans", ""), rows)


def promise_accuracy(accuracy: Found) -> list[str]:
    """Return the two tables of promise accuracy (`accuracy`): plant orders by plant, and orders by buyer."""
    return [_kept("plant orders, by plant", accuracy["plants"]), _kept("orders, by buyer", accuracy["buyers"])]


def _kept(what: str, by_name: Mapping[str, Found]) -> str:
    counted = ("promised", "in_time", "one_day", "three_days", "more", "overdue", "not_due")
    rows = [
        (
            name,
            *(number(figures[one]) for one in counted),
            *(number(figures["days"][share]) for share in ("p50", "p90")),
        )
        for name, figures in by_name.items()
    ]
    return table((what, *_KEPT), rows)


_KEPT = (
    "promised",
    "in time",
    "a day late",
    "2 or 3",
    "more",
    "overdue, not done",
    "not due yet",
    "p50, days",
    "p90, days",
)
"""The columns of promise accuracy: the day first promised against the day on which it was done."""


def _notified(found: Found) -> str:
    alerts = [("alert", code, number(count)) for code, count in found["alerts"].items()]
    dead_letters = [("dead letter", code, number(count)) for code, count in found["dead_letters"].items()]
    return table(("for people", "code", "times"), [*alerts, *dead_letters])


def _named(found: Found) -> list[str]:
    named = {**found["named"], "replay_differs": found["replay"]["differing"]}
    return [f"- {kind}: {name}" for kind, names in named.items() for name in names]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
