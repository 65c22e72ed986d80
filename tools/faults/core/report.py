"""What the suite found, for people and for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import page as page_of_docs
from benchmarks.figures import table as markdown
from tools.faults.core.run import ScenarioResult

COLUMNS = ("scenario", "orders", "outputs", "lost", "doubled", "longest stall, s", "took, s", "")


def table(outcomes: Sequence[ScenarioResult]) -> Table:
    """Return the outcomes as a table for a terminal."""
    shown = Table(title="The core under faults")
    for column in COLUMNS:
        shown.add_column(column, justify="left" if column in ("scenario", "") else "right")
    for each in outcomes:
        numbers = (each.orders, each.outputs, len(each.lost), len(each.doubled), each.longest_stall_s, each.took_s)
        shown.add_row(each.scenario, *map(str, numbers), "ok" if each.is_good else "FAILED")
    return shown


def write(file: Path, outcomes: Sequence[ScenarioResult]) -> None:
    """Write the outcomes as JSON; what was lost or doubled is counted, and named beside the count."""
    file.parent.mkdir(parents=True, exist_ok=True)
    entries = []
    for each in outcomes:
        named = {"lost_names": each.lost[:20], "doubled_names": each.doubled[:20]}
        entries.append({**asdict(each), "lost": len(each.lost), "doubled": len(each.doubled), **named})
    file.write_text(json.dumps(entries, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_page(page: Path, outcomes: Sequence[ScenarioResult]) -> None:
    """Put the outcomes into a page of the docs, between its two markers."""
    rows = [(each.scenario, *map(str, _figures(each))) for each in outcomes]
    header = ("scenario", "faults", "orders", "outputs", "lost", "doubled", "longest stall, s", "took, s")
    measured = datetime.now(UTC).date().isoformat()
    page_of_docs.put(page, lambda: f"Played {measured} with seed {outcomes[0].seed}.\n\n{markdown(header, rows)}")


def _figures(of: ScenarioResult) -> tuple[float, ...]:
    return of.faults, of.orders, of.outputs, len(of.lost), len(of.doubled), of.longest_stall_s, of.took_s


def show(console: Console, outcome: ScenarioResult) -> None:
    """Print at once how a scenario ended, and name what is wrong."""
    verdict = "ok" if outcome.is_good else "FAILED"
    console.print(
        f"{verdict}: {outcome.scenario}: orders {outcome.orders}, outputs {outcome.outputs}, lost {len(outcome.lost)}, "
        f"doubled {len(outcome.doubled)}, longest stall {outcome.longest_stall_s} s, took {outcome.took_s} s",
        markup=False,
        highlight=False,
    )
    for kind, names in (
        ("lost", outcome.lost),
        ("doubled", outcome.doubled),
        ("note", outcome.notes),
        ("crashed client", outcome.crashes),
    ):
        for name in names[:20]:
            console.print(f"  {kind}: {name}", markup=False, highlight=False)
