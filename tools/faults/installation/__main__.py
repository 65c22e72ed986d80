"""``python -m tools.faults.installation``: play every scenario, or those whose name contains a given word."""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks import page as page_of_docs
from benchmarks.figures import table as markdown
from tools.faults.installation import masterdata, memory, recovery, scenarios
from tools.faults.installation.installation import installed
from tools.faults.installation.plants import People
from tools.faults.installation.releases import last_release, of_commit
from tools.faults.installation.run import ScenarioResult, play
from tools.faults.installation.scenarios import Scenario
from tools.faults.installation.verify import AuditResult
from tools.harness.settings import REPOSITORY
from tools.harness.small_disk import mounted

RESULTS, PAGE = REPOSITORY / "benchmarks/results/faults-life.json", REPOSITORY / "docs/faults.md"
BOUND_S = 20 * 60.0
"""After this time no scenario begins any more; a run that could not run all of them has failed."""

DISK = "2048m"

SCENARIOS: Mapping[str, Scenario] = {
    "supervisor killed": scenarios.supervisor_killed,
    "terminal closed": scenarios.closed_terminal,
    "two supervisors": scenarios.two_supervisors,
    "registry lost": scenarios.registry_lost,
    "broker lost": scenarios.broker_lost,
    "few open files": scenarios.few_open_files,
    "a clock a day off": scenarios.a_clock_a_day_off,
    "disk full": scenarios.disk_full,
    "upgrade and back": scenarios.upgrade_and_back,
    "backup and restore": scenarios.backup_and_restore,
    "memory limit": memory.memory_limit,
    "member renamed with open orders": masterdata.member_renamed,
    "member removed with open orders": masterdata.member_removed,
    "backup older than the ERPs": recovery.backup_older,
    "an ERP older than the hub": recovery.erp_older,
}

UPGRADE = "upgrade from the last release"
"""The scenario that has an installation of its own, which begins with that release."""


def main(arguments: Sequence[str]) -> int:
    """Return 0 when nothing was lost, doubled, untold or read wrongly in any scenario, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tools.faults.installation", description=__doc__)
    parser.add_argument(
        "--only", action="append", default=[], metavar="WORD", help="scenarios whose name has this word"
    )
    parser.add_argument("--upgrade-from", metavar="COMMIT", help="begin with this commit, go on with this one, go back")
    options = parser.parse_args(arguments)
    only: list[str] = options.only
    names = [name for name in (*SCENARIOS, UPGRADE) if not only or any(word in name for word in only)]
    wanted = {name: SCENARIOS[name] for name in names if name in SCENARIOS}
    former = {UPGRADE: scenarios.upgrade_from_former} if UPGRADE in names else {}
    console, until = Console(soft_wrap=True), time.monotonic() + BOUND_S
    outcomes: list[ScenarioResult] = []
    if options.upgrade_from:
        wanted, former = {}, {f"upgrade from {options.upgrade_from} and back": scenarios.upgrade_from_former}
    if wanted:
        outcomes += _played(console, wanted, until)
    if former:
        outcomes += _played(console, former, until, options.upgrade_from or last_release())
    good = len(outcomes) == len(wanted) + len(former) and all(outcome.is_good for outcome in outcomes)
    if good and names == [*SCENARIOS, UPGRADE]:
        _write(outcomes)
    return 0 if good else 1


def _played(
    console: Console, wanted: Mapping[str, Scenario], until: float, commit: str | None = None
) -> Sequence[ScenarioResult]:
    """Play scenarios on one installation, which begins with another commit where one is named; none after ``until``."""
    outcomes: list[ScenarioResult] = []
    with small_disk() as folder, ExitStack() as stack:
        release = of_commit(commit, folder / "former") if commit else REPOSITORY
        installation = stack.enter_context(installed(folder, folder / "disk" / "data", release))
        people = People(installation)
        for name, scenario in wanted.items():
            if time.monotonic() > until:
                console.print(f"not played, {BOUND_S / 60:.0f} minutes are over: {name}", highlight=False)
                continue
            console.print(f"playing: {name}", highlight=False)
            outcomes.append(play(name, scenario, installation, people))
            _show(console, outcomes[-1])
        if not all(outcome.is_good for outcome in outcomes):
            console.print(installation.log[-5000:], markup=False)
    return outcomes


@contextmanager
def small_disk() -> Iterator[Path]:
    """Return a folder in which ``disk`` is a small disk."""
    folder = Path(tempfile.mkdtemp(prefix="kranhub-life-"))
    try:
        (folder / "disk").mkdir()
        with mounted(folder / "disk", DISK):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _show(console: Console, outcome: ScenarioResult) -> None:
    found = outcome.verdict
    orders, lost, doubled, untold, dead_letters = _counts(found)
    verdict = "ok" if outcome.is_good else "FAILED"
    console.print(
        f"{verdict}: {outcome.scenario}: orders {orders}, lost {lost}, doubled {doubled}, untold {untold}, "
        f"dead letters {dead_letters}, took {outcome.took_s} s",
        markup=False,
        highlight=False,
    )
    named = {"lost": found.lost, "doubled": found.doubled, "untold": found.untold, "dead letter": found.dead_letters}
    for kind, names in {**named, "wrong": outcome.wrong}.items():
        for name in names[:20]:
            console.print(f"  {kind}: {name}", markup=False, highlight=False)


def _write(outcomes: Sequence[ScenarioResult]) -> None:
    """Save the outcomes for programs and, between the page's two markers, for people."""
    entries = [asdict(outcome) for outcome in outcomes]
    RESULTS.write_text(json.dumps(entries, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    header = ("scenario", "orders so far", "lost", "doubled", "untold", "dead letters", "took, s")
    rows = [(each.scenario, *map(str, (*_counts(each.verdict), each.took_s))) for each in outcomes]
    played = f"Played {datetime.now(UTC).date().isoformat()}.\n\n{markdown(header, rows)}"
    page_of_docs.put(PAGE, lambda: played, "life")


def _counts(found: AuditResult) -> tuple[int, ...]:
    return found.orders, len(found.lost), len(found.doubled), len(found.untold), len(found.dead_letters)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
