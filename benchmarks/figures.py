"""Pure arithmetic on what was measured: medians, percentiles, ratios, and tables of them."""

import statistics
from collections.abc import Mapping, Sequence

Rates = Mapping[str, float | None]
"""The orders per second by engine; None where it did not run."""

RATIOS = {
    "ours_vs_raw": ("ours", "raw"),
    "ours_vs_quix": ("ours", "quix"),
    "ours_vs_kafka_python": ("ours", "kafka_python"),
    "ours_vs_faust": ("ours", "faust"),
    "ours_vs_kafka_streams": ("ours", "kafka_streams"),
    "stateful_vs_raw": ("ours_stateful", "raw"),
    "in_place_vs_raw": ("ours_in_place", "raw"),
    "in_place_vs_faust": ("ours_in_place", "faust"),
    "two_workers_vs_one": ("ours_two_workers", "ours"),
}


def median(values: Sequence[float]) -> float | None:
    """Return the median, or None of nothing."""
    return statistics.median(values) if values else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that at least this share (0 to 1) of all values does not exceed; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    position = -(-len(ordered) * share // 1)  # rounded up: the nearest rank
    return ordered[max(1, int(position)) - 1]


def ratio(part: float | None, whole: float | None) -> float | None:
    """Return part by whole, two digits; None when one of them is missing."""
    return round(part / whole, 2) if part is not None and whole else None


def ratios(rates: Rates) -> dict[str, float | None]:
    """Return every ratio of `RATIOS`."""
    return {name: ratio(rates.get(part), rates.get(whole)) for name, (part, whole) in RATIOS.items()}


def number(value: float | None, digits: int = 0) -> str:
    """Return a figure as a table shows it: thousands apart, a dash where there is none."""
    return "–" if value is None else f"{value:,.{digits}f}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; every column but the first is aligned to the right."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))
