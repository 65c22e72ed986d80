"""Plays a scenario in the middle of ordinary work and returns its result."""

import time
from dataclasses import dataclass, field

from tools.faults.installation.installation import Installation
from tools.faults.installation.plants import People
from tools.faults.installation.scenarios import Scenario
from tools.faults.installation.verify import AuditResult, audit

BEFORE, AFTER = 4, 4
"""How many orders are placed before and after the fault."""

PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """The result of a scenario.

    Attributes:
        scenario: Its name.
        verdict: What the audit found.
        took_s: How long it took, in seconds.
        wrong: Expectations of what an operator reads that did not hold.
    """

    scenario: str
    verdict: AuditResult
    took_s: float
    wrong: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return self.verdict.is_good and not self.wrong


def play(name: str, scenario: Scenario, installation: Installation, people: People) -> ScenarioResult:
    """Run a scenario between orders before and after it, then wait, for a limited time, until the audit finds nothing.

    Args:
        name: The scenario's name.
        scenario: What happens to the installation.
        installation: The running installation.
        people: The customer and the plants that work with it.
    """
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
