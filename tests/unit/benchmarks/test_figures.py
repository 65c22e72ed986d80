"""The benchmark's pure parts: what it computes from what it saw, and the job that every engine does."""

import signal
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import __main__ as command
from benchmarks import in_place, job, latency, orders, plan, report
from benchmarks.figures import median, number, percentile, ratio, ratios, table
from benchmarks.latency import Latency, Load
from benchmarks.probes import reader
from benchmarks.probes.generator import scheduled
from benchmarks.throughput import result
from kranhub.errors import Failed, Misconfigured


def test_percentile_is_the_nearest_rank() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert [percentile(values, share) for share in (0.5, 0.99, 1.0)] == [50.0, 99.0, 100.0]
    assert percentile([7.0], 0.99) == 7.0
    assert percentile([1.0, 2.0, 3.0], 0.5) == 2.0


def test_nothing_measured_is_none_and_never_a_number() -> None:
    assert percentile([], 0.5) is None
    assert median([]) is None
    assert ratio(None, 2.0) is None
    assert ratio(2.0, None) is None
    assert ratios({"ours": 10.0, "raw": 8.0, "quix": None})["ours_vs_quix"] is None


def test_ratios_are_ours_by_theirs() -> None:
    found = ratios({"ours": 10_000.0, "raw": 8_000.0, "ours_stateful": 4_000.0, "faust": 800.0})
    assert (found["ours_vs_raw"], found["stateful_vs_raw"], found["ours_vs_faust"]) == (1.25, 0.5, 12.5)


def test_tables_show_thousands_and_a_dash_for_what_is_missing() -> None:
    assert (number(12345.6), number(1.234, 2), number(None)) == ("12,346", "1.23", "–")
    assert table(("a", "b"), [("x", "1")]) == "| a | b |\n| --- | ---: |\n| x | 1 |"


def test_the_rate_counts_from_the_first_quarter_to_the_first_sample_with_everything() -> None:
    samples = [(0.0, 0), (10.0, 200), (11.0, 400), (12.0, 550), (13.0, 1000), (15.0, 1000)]
    run = result("x", 2000, samples, 0.0, 0, 0)
    assert (run.rate, run.seconds) == (600.0, 2.0)


def test_the_rate_waits_for_every_worker() -> None:
    samples = [(0.0, 0), (11.0, 300), (12.0, 500), (13.0, 1000)]
    assert result("x", 2000, samples, 11.5, 0, 0).rate == 1000.0


def test_a_run_that_was_over_at_once_has_no_rate() -> None:
    run = result("x", 10, [(0.0, 0), (1.0, 40)], 0.0, 0, 0)
    assert run.rate is None
    assert run.problem


def test_latency_leaves_the_warm_up_out_and_keeps_what_waited() -> None:
    load = Load(rate=10, warm_up_s=1.0, measured_s=9.0)
    start = 1_000_000_000_000
    found = [(start, 900_000_000), *((start + second * 10**9, second * 10**6) for second in range(1, 10))]
    got = latency.result("ours", load, start, found, 0.0, (0, 0))
    assert (load.count, got.outputs, got.p50, got.p99, got.largest) == (100, 9, 5.0, 9.0, 9.0)


def test_no_output_is_a_problem_and_no_latency() -> None:
    got = latency.result("ours", Load(10), 0, [], 0.0, (5, 0))
    assert (got.p99, got.lost) == (None, 5)
    assert got.problem


def test_kafka_streams_counts_at_its_better_setting() -> None:
    found = [
        Latency("ours", 200, 3.0, 30.0),
        Latency("kafka_streams", 200, 5.0, 90.0),
        Latency("kafka_streams_20", 200, 4.0, 40.0),
        Latency("ours", 1_000, problem="died"),
        Latency("kafka_streams", 1_000, problem="no javac"),
    ]
    latencies = latency.summary(found)
    assert [latencies["200"][name] for name in ("p50", "p99", "kafka_streams_p99")] == [3.0, 30.0, 40.0]
    assert [latencies["1000"][name] for name in ("p50", "p99", "kafka_streams_p99")] == [None, None, None]


def test_the_reader_finds_when_an_output_was_sent() -> None:
    parts = job.split(job.encode(job.ORDER_HEAD, job.ORDER, orders.order(1, sent_ns=1_000)))[1]
    found = array("q", reader.pairs([(1_700, part) for part in parts]))
    assert found.tolist() == [1_000, 700] * len(parts)


def test_the_generator_has_every_time_before_it_starts() -> None:
    assert [scheduled(number, 200, 5_000) for number in (0, 1, 200)] == [5_000, 5_005_000, 1_000_005_000]


def test_orders_are_the_same_every_time_and_have_about_98_bytes() -> None:
    first, again = (list(orders.records(500)) for _ in range(2))
    assert first == again
    assert 95 < sum(len(value) for _, value in first) / 500 < 102
    assert 2.8 < len(orders.outputs(500)) / 500 < 3.0


def test_split_gives_each_plant_its_lines() -> None:
    order = orders.order(1)
    key, parts = job.split(job.encode(job.ORDER_HEAD, job.ORDER, order))
    assert key == order["order_id"].encode()
    assert [orders.digest(key, part) for part in parts] == [
        orders.digest(key, job.encode(job.PART_HEAD, job.PART, part)) for part in job.parts(order)
    ]
    assert sum(len(part["lines"]) for part in job.parts(order)) == 3


@pytest.mark.parametrize("split", [job.split, in_place.split])
def test_split_refuses_another_schema(split: Callable[[bytes], object]) -> None:
    with pytest.raises(ValueError, match="not an order"):
        split(b"\0\0\0\0\7rest")


def test_cutting_in_place_gives_the_same_bytes() -> None:
    for _, value in orders.records(300):
        assert in_place.split(value) == job.split(value)
    many = orders.order(1)
    many["lines"] = [line for number in range(50) for line in orders.order(number)["lines"]]
    value = job.encode(job.ORDER_HEAD, job.ORDER, many)
    assert in_place.split(value) == job.split(value)


def test_the_page_keeps_what_people_wrote(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("before\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nafter\n", encoding="utf-8")
    results = {
        "measured_at": "2026-11-24",
        "machine": {"cpu": "c\\1", "cores": 2, "memory_gib": 1.0, "system": "s"},
        "versions": {"Kafka": "4.1.1"},
        "throughput": {
            "raw": {
                "title": "raw", "rate": 10, "orders": 5, "lost": 0, "doubled": 0, "problem": None,
                "runs": [{"rate": 10.0}],
            },
            "quix": {
                "title": "Quix", "rate": None, "orders": 5, "lost": 0, "doubled": 0, "problem": "no network",
                "runs": [{"rate": None}],
            },
        },
        "ratios": {"ours_vs_raw": None},
    }  # fmt: skip
    report.write_page(page, results)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "Quix: no network" in text


PLANNED = {
    "simple_per_s": 1100,
    "simple_router_per_s": 2000,
    "simple_confirmed_per_s": 700,
    "simple_p99_ms": 2.5,
    "crane_per_s": 105,
    "crane_router_per_s": 180,
    "crane_confirmed_per_s": 50,
    "crane_p99_ms": 20,
}


def test_every_part_has_its_table() -> None:
    results = {
        "latency_ms": latency.summary(
            [Latency("ours", 200, 3.0, 30.0), Latency("kafka_streams", 200, problem="no javac")]
        ),
        "restore": {"ours": 5, "plain": 9, "records": 10, "rounds": {"ours": [5], "plain": [9]}},
        "memory": {"orders": 10, "planner_value_bytes": 186.4},
        "mb_per_100k_open_orders": 75,
        "full_path": [{"rate": 1234, "lost": 0, "doubled": 0, "problem": None}],
        "full_path_per_s": 1234,
        "most_makers_vs_fewest": 0.5,
        "growth": {
            "lines": {"400": {"simple_planned_s": 0.9, "simple_ms_per_line": 2.25, "simple_statuses": 3}},
            "makers": {"500": {"per_s": 95, "asked": 10}},
        },
        "planning": {
            **PLANNED,
            "rounds": [PLANNED],
            "by_members": {"5": PLANNED},
            "by_open_orders": {"1000000": PLANNED},
            "by_members_offers": {"5": {"simple_per_s": 7, "simple_p99_ms": 9.5}},
        },
    }
    assert "| 200, kranhub streams.processor | 3.0 | 30.0 |" in report.latency(results)
    assert "no javac" in report.latency(results)
    assert "| kranhub restore | 5 | 5 |" in report.restore(results)
    assert "75 MB" in report.memory(results)
    assert "1,234 orders/s" in report.full_path(results)
    assert "| 1,000,000 open orders | 1,100 | 2.5 | 105 | 20.0 | 2,000 | 180 | 700 | 50 |" in report.planning(results)
    assert "| 400 | 0.900 | 2.25 | 3 | – | – | – |" in report.growth(results)
    assert "| 500 | 95 | 10.0 |" in report.growth(results)
    assert "is 0.50 of that" in report.growth(results)
    assert "| 5 plants, offers compared | 7 | 9.5 | – | – | – | – | – | – |" in report.planning(results)


def test_a_page_without_markers_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("nothing", encoding="utf-8")
    with pytest.raises(Misconfigured):
        report.write_page(page, {})


def test_parts_that_are_measured_by_themselves_are_kept_with_their_own_time() -> None:
    head = {"machine": {"cpu": "c", "cores": 2, "memory_gib": 1, "system": "s"}, "versions": {}, "throughput": {}}
    saved = {**head, "measured_at": "then", "ratios": {"a": 1}, "memory": {"orders": 1}, "full_path": [1]}
    later = {**head, "measured_at": "now", "ratios": {}, "memory": {"orders": 2}, "mb_per_100k_open_orders": 3}
    found = plan.kept(plan.kept(saved, later), {**later, "measured_at": "today", "full_path": [2]})
    assert (found["measured_at"], found["ratios"]) == ("then", {"a": 1})
    assert (found["memory"], found["full_path"]) == ({"orders": 2}, [2])
    text = report.environment(found)
    assert "Measured then" in text
    assert "at today" in text
    assert plan.kept(saved, later)["measured_later"] == {"memory": "now", "mb_per_100k_open_orders": "now"}


def test_a_run_that_takes_too_long_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_long(_progress: object) -> None:
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 120
        signal.raise_signal(signal.SIGALRM)

    monkeypatch.setattr(command, "running", too_long)
    before = signal.getsignal(signal.SIGALRM)
    try:
        result = CliRunner().invoke(command.bench, ["--quick", "--minutes", "2"])
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert isinstance(result.exception, Failed)
    assert "2 minutes" in result.exception.text.en
