"""The figures for people: a table on the terminal, and the tables of docs/performance.md between its two markers."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.figures import number, ratio, table
from kranhub.errors import Misconfigured
from kranhub.text import Text

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

Results = Mapping[str, Any]


def write_page(page: Path, results: Results) -> None:
    """Replace what stands between the page's markers. Raises `Misconfigured` when the page has none."""
    text = page.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise Misconfigured(
            Text(
                en=f"{page} has lost its markers. Put these two lines back: {BEGIN} and {END}",
                ru=f"В {page} нет меток. Верните две строки: {BEGIN} и {END}",
            )
        )
    block = f"{BEGIN}\n{markdown(results)}\n{END}"
    page.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: block, text, flags=re.DOTALL), encoding="utf-8")


def markdown(results: Results) -> str:
    """Return every table."""
    return "\n\n".join([environment(results), throughput(results), ratios(results)])


def environment(results: Results) -> str:
    """Return on what and when it was measured."""
    machine, versions = results["machine"], results["versions"]
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"Measured {results['measured_at']} on {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}; broker and engines share it.\n\nVersions: {listed}."
    )


def throughput(results: Results) -> str:
    """Return the engines' rates."""
    raw = results["throughput"].get("raw", {}).get("rate")
    rows = [_engine(found, raw) for found in results["throughput"].values()]
    return table(("engine", "orders/s", "of raw", "rounds", "orders a round", "lost", "doubled"), rows)


def _engine(found: Mapping[str, Any], raw: float | None) -> tuple[str, ...]:
    name = found["title"] if found["rate"] else f"{found['title']}: {found['problem']}"
    rounds = ", ".join(number(run["rate"]) for run in found["runs"])
    share = number(ratio(found["rate"], raw), 2)
    return name, number(found["rate"]), share, rounds, number(found["orders"]), *map(str, _wrong(found))


def _wrong(found: Mapping[str, Any]) -> tuple[int, int]:
    return found["lost"], found["doubled"]


def ratios(results: Results) -> str:
    """Return the ratios."""
    rows = [(name, number(value, 2)) for name, value in results["ratios"].items()]
    return table(("ratio", "value"), rows)
