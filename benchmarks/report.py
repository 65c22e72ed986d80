"""The figures for people: a table on the terminal, and the tables of docs/performance.md between its two markers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import page as page_of_docs
from benchmarks.catalog import LATENCY
from benchmarks.figures import number, ratio, table

TARGETS = {
    "ours_vs_raw": 0.9,
    "ours_vs_quix": 2.5,
    "ours_vs_faust": 12,
    "ours_vs_kafka_streams": 0.4,
    "stateful_vs_raw": 0.5,
    "two_workers_vs_one": 1.6,
}
PLANNING = {"simple": 1_000, "crane": 100}
"""The orders per second that one worker's planner and allocator are to reach, by kind of order."""

TITLES = {engine.name: engine.title for engine in LATENCY}

Results = Mapping[str, Any]


def write_page(page: Path, results: Results) -> None:
    """Replace what stands between the page's markers. Raises `Misconfigured` when the page has none."""
    page_of_docs.put(page, lambda: markdown(results))


def markdown(results: Results) -> str:
    """Return every table."""
    tables = (environment, throughput, ratios, latency, restore, memory, planning, growth, full_path)
    return "\n\n".join(text for text in (table_of(results) for table_of in tables) if text)


def environment(results: Results) -> str:
    """Return on what and when it was measured."""
    machine, versions = results["machine"], results["versions"]
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"Measured {results['measured_at']} on {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}; broker and engines share it.\n\nVersions: {listed}."
    ) + _later(results)


def _later(results: Results) -> str:
    """Say which parts were measured by themselves since."""
    later: Mapping[str, str] = results.get("measured_later", {})
    parts = {
        "memory": "memory",
        "planning": "planning",
        "growth": "growth",
        "full_path": "the full path",
        "restore": "restore",
    }
    times: dict[str, list[str]] = {}
    for name, title in parts.items():
        if name in later:
            times.setdefault(later[name], []).append(title)
    return "".join(
        f"\n\nMeasured by itself since, at {time}, when another machine of this kind may have been slower or faster: "
        f"{', '.join(titles)}."
        for time, titles in sorted(times.items())
    )


def throughput(results: Results) -> str:
    """Return the engines' rates."""
    if not results["throughput"]:
        return ""
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
    """Return the ratios, and what is to be reached."""
    if not results["throughput"]:
        return ""
    rows = [(name, number(value, 2), _goal(TARGETS.get(name))) for name, value in results["ratios"].items()]
    return table(("ratio", "value", "to reach"), rows)


def _goal(value: float | None) -> str:
    return f"at least {value}" if value else "–"


def latency(results: Results) -> str:
    """Return what an order takes, per rate and engine."""
    rates = results.get("latency_ms", {})
    rows = [_latency(rate, one) for rate, found in rates.items() for one in found["engines"].values()]
    header = ("orders/s, engine", "p50 ms", "p99 ms", "largest ms", "outputs", "lost", "doubled", "load late p99 ms")
    return table(header, rows) if rows else ""


def _latency(rate: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    title = TITLES.get(one["engine"], one["engine"])
    name = f"{rate}, {title}" if one["p99"] is not None else f"{rate}, {title}: {one['problem']}"
    times = [number(one[field], 1) for field in ("p50", "p99", "largest")]
    wrong = [number(one[field]) for field in ("outputs", "lost", "doubled")]
    return name, *times, *wrong, number(one["generator_late_p99"], 1)


def restore(results: Results) -> str:
    """Return the restore rates."""
    found = results.get("restore")
    if not found:
        return ""
    rows = [
        (title, number(found[way]), ", ".join(map(number, found["rounds"][way])))
        for way, title in (("ours", "kranhub restore"), ("plain", "plain librdkafka read into a dictionary"))
    ]
    return table((f"{number(found['records'])} changelog records", "records/s (at least 250,000)", "rounds"), rows)


def memory(results: Results) -> str:
    """Return the memory of open orders."""
    found = results.get("memory")
    if not found:
        return ""
    size = found["planner_value_bytes"]
    return (
        f"Memory per 100,000 open simple orders: {results['mb_per_100k_open_orders']} MB (at most 150), measured with "
        f"{number(found['orders'])} orders; an order's state is {number(size)} bytes."
    )


def planning(results: Results) -> str:
    """Return what planning costs one worker, and how that grows."""
    found = results.get("planning")
    if not found:
        return ""
    rows = [_planning(f"{plants} plants", one) for plants, one in found["by_members"].items()]
    rows += [_planning(f"{number(int(count))} open orders", one) for count, one in found["by_open_orders"].items()]
    rows += [_planning(f"{plants} plants, offers compared", one) for plants, one in found["by_members_offers"].items()]
    goals = [f"{goods} orders/s (at least {number(goal)})" for goods, goal in PLANNING.items()]
    more = [f"{goods}, {what}" for what in ("router alone", "with the plants' answers") for goods in PLANNING]
    header = ("one worker's planner and allocator", goals[0], "p99 ms", goals[1], "p99 ms", *more)
    rounds = "; ".join(f"{goods} {_rounds(found, goods)}" for goods in PLANNING)
    return f"{table(header, rows)}\n\nRounds of the first row: {rounds} orders/s."


def growth(results: Results) -> str:
    """Return how the cost of planning grows with the lines of an order and with the makers of an item."""
    found = results.get("growth")
    if not found:
        return ""
    names = [f"{goods}_{name}" for goods in PLANNING for name in ("planned_s", "ms_per_line", "statuses")]
    digits = (3, 2, 0) * len(PLANNING)
    lines = [
        (count, *(number(one.get(name), places) for name, places in zip(names, digits, strict=True)))
        for count, one in found["lines"].items()
    ]
    titles = [f"{goods}: {name}" for goods in PLANNING for name in ("processor s", "ms a line", "statuses")]
    makers = [(count, number(one["per_s"]), number(one["asked"], 1)) for count, one in found["makers"].items()]
    share = number(results.get("most_makers_vs_fewest"), 2)
    return (
        f"{table(('lines of one order', *titles), lines)}\n\n"
        f"{table(('makers of a motor', 'simple orders/s', 'asked for an offer'), makers)}\n\n"
        f"The rate with the most makers is {share} of that with the fewest (at least 0.33)."
    )


def _planning(name: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    figures = [(f"{goods}_{figure}", digits) for goods in PLANNING for figure, digits in (("per_s", 0), ("p99_ms", 1))]
    figures += [(f"{goods}_{figure}", 0) for figure in ("router_per_s", "confirmed_per_s") for goods in PLANNING]
    return name, *(number(one.get(figure), digits) for figure, digits in figures)


def _rounds(found: Mapping[str, Any], goods: str) -> str:
    return ", ".join(number(one[f"{goods}_per_s"]) for one in found["rounds"])


def full_path(results: Results) -> str:
    """Return the rates of the full path."""
    paths = (("full_path", "ingest to dispatch"), ("full_path_crane", "cranes of seven plant orders each"))
    return "\n\n".join(_full_path(results, name, what) for name, what in paths if results.get(name))


def _full_path(results: Results, name: str, what: str) -> str:
    found = results[name]
    rounds = ", ".join(number(one["rate"]) if one["rate"] else str(one["problem"]) for one in found)
    wrong = f"lost {sum(one['lost'] or 0 for one in found)}, doubled {sum(one['doubled'] or 0 for one in found)}"
    return f"Full path, {what}: {number(results[f'{name}_per_s'])} orders/s ({rounds}); {wrong}."
