"""``python -m tools.faults.core``: play every scenario, or those whose name contains a given word."""

import argparse
import logging
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from tools.faults.core import report
from tools.faults.core.program import Group, NotHere, program
from tools.faults.core.run import ScenarioResult, play

REPOSITORY = Path(__file__).parents[3]
RESULTS, PAGE = REPOSITORY / "benchmarks/results/faults-core.json", REPOSITORY / "docs/faults.md"
WORKERS = ("a", "b")
BOUND_S = 25 * 60.0
"""After this time no scenario begins any more; a run that could not run all of them has failed."""


def main(arguments: Sequence[str]) -> int:
    """Return 0 when every scenario lost nothing, doubled nothing and stood still for at most 30 s, else 1."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))  # as Ctrl-C: everything is ended on the way out
    for client in ("aiokafka", "kafka"):
        logging.getLogger(client).setLevel(logging.CRITICAL)  # faults are what they would complain about
    console = Console(soft_wrap=True)
    console.print(f"seed {options.seed}", highlight=False)
    until = time.monotonic() + BOUND_S
    outcomes: list[ScenarioResult] = []
    missing: list[str] = []
    for group in program():
        try:
            outcomes += _play(group, options.only, options.seed, until, console)
        except NotHere as reason:
            missing += group.scenarios
            console.print(f"not run: {', '.join(group.scenarios)}: {reason}", highlight=False)
    console.print(report.table(outcomes))
    if options.only:
        return 0 if all(each.is_good for each in outcomes) else 1
    complete = len(outcomes) + len(missing) == sum(len(group.scenarios) for group in program())
    good = complete and all(each.is_good for each in outcomes)
    if good and not missing:
        report.write(RESULTS, outcomes)
        report.write_page(PAGE, outcomes)
    skipped_in_ci = bool(missing) and os.environ.get("CI") == "true"
    return 0 if good and not skipped_in_ci else 1


def _play(group: Group, only: Sequence[str], seed: int, until: float, console: Console) -> Iterator[ScenarioResult]:
    wanted = {name: each for name, each in group.scenarios.items() if not only or any(part in name for part in only)}
    if not wanted:
        return
    with group.place() as place:
        for name, scenario in wanted.items():
            if time.monotonic() > until:
                console.print(f"not played, {BOUND_S / 60:.0f} minutes are over: {name}", markup=False, highlight=False)
                continue
            console.print(f"playing: {name}", markup=False, highlight=False)
            outcome = play(name, scenario, place, WORKERS, seed)
            report.show(console, outcome)
            yield outcome


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.faults.core", description=__doc__)
    parser.add_argument(
        "--only", action="append", default=[], metavar="WORD", help="scenarios whose name has this word"
    )
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeats an earlier run's choices")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
