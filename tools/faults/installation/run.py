"""Plays a scenario in the middle of people's work and returns what it came to."""

import time
from dataclasses import dataclass, field

from tools.faults.installation.installation import Installation
from tools.faults.installation.plants import People
from tools.faults.installation.scenarios import Scenario
from tools.faults.installation.verify import AuditResult, audit

BEFORE, AFTER = 4, 4
"""Orders that are placed before and after what happens."""

PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """What a scenario came to. ``wrong`` is what the operator read, or did not read, against expectation."""

    scenario: str
    verdict: AuditResult
    took_s: float
    wrong: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return self.verdict.is_good and not self.wrong


def play(name: str, scenario: Scenario, installation: Installation, people: People) -> ScenarioResult:
    """Let people work, let the scenario happen, let them work on; then wait until the audit is content, for a while."""
    began = time.monotonic()
    wrong: list[str] = []
    with people.at_work():
        _wait_for_orders(people, BEFORE)
        try:
            scenario(installation)
        except AssertionError as error:
            wrong.append(str(error))
        _wait_for_orders(people, AFTER)
    with people.at_work(ordering=False):
        verdict = settled(installation)
    return ScenarioResult(name, verdict, round(time.monotonic() - began, 1), wrong)


def settled(installation: Installation) -> AuditResult:
    """Return the first good verdict, or the last one when none is good in time."""
    deadline = time.monotonic() + PATIENCE_S
    while not (verdict := audit(installation)).is_good and time.monotonic() < deadline:
        time.sleep(1)
    return verdict


def _wait_for_orders(people: People, more: int) -> None:
    enough = people.placed + more
    while people.placed < enough:
        time.sleep(0.1)
