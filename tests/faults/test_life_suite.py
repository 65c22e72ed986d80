"""The life suite's short version: the same installation, people and audit as `make faults-life`; and its audit."""

from pathlib import Path

import pytest

from tools.faults.installation import scenarios
from tools.faults.installation.installation import Installation, installed
from tools.faults.installation.plants import People
from tools.faults.installation.run import play
from tools.faults.installation.verify import compare

ORDERS = ("1", "2", "3")
GOOD = [("sibir-terminal:1/1.1.1", True), ("sibir-terminal:2/1.1.1", True), ("sibir-terminal:3/1.1.2", True)]
TOLD = dict.fromkeys(ORDERS, "CONFIRMED")


def test_the_audit_is_content_with_what_is_right() -> None:
    assert compare(ORDERS, [*GOOD, ("sibir-terminal:3/1.1.1", False)], TOLD, []).is_good


def test_the_audit_sees_a_planted_loss_a_planted_double_and_a_stranger() -> None:
    verdict = compare(ORDERS, [GOOD[0], GOOD[0], GOOD[1], ("sibir-terminal:9/1.1.1", True)], TOLD, [])
    assert (verdict.lost, verdict.doubled) == (["3"], ["1 x 2", "9 x 1"])
    assert not verdict.is_good


def test_the_audit_sees_a_customer_who_was_told_less_and_a_dead_letter() -> None:
    verdict = compare(ORDERS, GOOD, {**TOLD, "2": "PLANNED"}, ["unmapped-item: x"])
    assert (verdict.untold, verdict.dead_letters) == (["2: PLANNED"], ["unmapped-item: x"])
    assert not verdict.is_good


@pytest.mark.stack
@pytest.mark.process
def test_killed_in_the_middle_of_the_work_and_run_twice(tmp_path: Path) -> None:
    def scenario(here: Installation) -> None:
        scenarios.two_supervisors(here)
        scenarios.supervisor_killed(here)

    with installed(tmp_path, tmp_path / "data") as installation:
        outcome = play("supervisor killed", scenario, installation, People(installation))
    assert outcome.is_good, outcome
    assert outcome.verdict.orders >= 8
