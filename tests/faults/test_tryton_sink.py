"""A Tryton sink stopped or killed between every two steps of a create, while another one delivers the same order."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Container, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from deploy.demo import tryton_people as people
from tests.support.samples_tryton import configuration
from tests.support.tryton import REPOSITORY, Company, NewCompany

pytestmark = pytest.mark.tryton
POINTS = ("after-lookup", "after-create", "after-reread", "after-claim", "after-quote")
DEADLINE_SECONDS = 60.0


@pytest.fixture(scope="module")
def company(new_company: NewCompany) -> Company:
    return new_company()


def _at(points: Sequence[str], stops: Container[str]) -> list[ParameterSet]:
    """Return a kill at every point, and a stop at every point; only `make test-all` plays the other stops."""
    rest = pytest.mark.slow
    stopped = [pytest.param(point, "stop", marks=() if point in stops else rest) for point in points]
    return [*(pytest.param(point, "kill") for point in points), *stopped]


@pytest.mark.parametrize(("point", "action"), _at(POINTS, {"after-create", "after-claim"}))
def test_one_sale_whatever_stops_between_two_steps(company: Company, point: str, action: str, tmp_path: Path) -> None:
    name = f"{POINTS.index(point)}.{action}.1"
    first = _sink(company, name, KRANHUB_FAILPOINTS=f"tryton.{point}={action}", KRANHUB_FAILPOINTS_DIR=str(tmp_path))
    try:
        _wait(lambda: any(tmp_path.iterdir()))
        second = _sink(company, name)
        assert second.wait(DEADLINE_SECONDS) == 0
        if action == "stop":
            first.send_signal(signal.SIGCONT)
            assert first.wait(DEADLINE_SECONDS) == 0
    finally:
        first.kill()
        first.wait()
    assert [sale.state for sale in _sales(company, name)] == ["quotation"]
    assert people.sales(company.rpc, "draft") == []


@pytest.mark.parametrize(("point", "action"), _at(POINTS[:-1], {"after-create"}))
def test_a_cancellation_that_comes_first_lasts_whatever_stops_it(
    company: Company, point: str, action: str, tmp_path: Path
) -> None:
    """Stopped or killed between two steps while the older revision comes: nothing of it is live."""
    name = f"{POINTS.index(point)}.{action}.2"
    cancel = {"revision": 2, "document_status": "CANCELLED"}
    armed = {"KRANHUB_FAILPOINTS": f"tryton.{point}={action}", "KRANHUB_FAILPOINTS_DIR": str(tmp_path)}
    first = _sink(company, name, cancel, **armed)
    try:
        _wait(lambda: any(tmp_path.iterdir()))
        assert _sink(company, name).wait(DEADLINE_SECONDS) == 0
        if action == "stop":
            first.send_signal(signal.SIGCONT)
            assert first.wait(DEADLINE_SECONDS) == 0
        else:
            assert _sink(company, name, cancel).wait(DEADLINE_SECONDS) == 0
    finally:
        first.kill()
        first.wait()
    assert _sink(company, name).wait(DEADLINE_SECONDS) == 0
    assert [sale.state for sale in _sales(company, name)] == ["cancelled"]
    assert people.sales(company.rpc, "draft") == []


def test_a_cancellation_that_stood_still_cancels_no_newer_revision(company: Company, tmp_path: Path) -> None:
    armed = {"KRANHUB_FAILPOINTS": "tryton.after-claim=stop", "KRANHUB_FAILPOINTS_DIR": str(tmp_path)}
    late = _sink(company, "9.9.2", {"revision": 2, "document_status": "CANCELLED"}, **armed)
    try:
        _wait(lambda: any(tmp_path.iterdir()))
        assert _sink(company, "9.9.2", {"revision": 3}).wait(DEADLINE_SECONDS) == 0
        late.send_signal(signal.SIGCONT)
        assert late.wait(DEADLINE_SECONDS) == 0
    finally:
        late.kill()
        late.wait()
    assert [sale.state for sale in _sales(company, "9.9.2")] == ["quotation"]


def test_what_a_late_sink_leaves_as_it_dies_is_swept(company: Company, tmp_path: Path) -> None:
    points = "tryton.after-lookup=stop,tryton.after-create=kill"
    late = _sink(company, "7.7.1", KRANHUB_FAILPOINTS=points, KRANHUB_FAILPOINTS_DIR=str(tmp_path))
    try:
        _wait(lambda: any(tmp_path.iterdir()))
        assert _sink(company, "7.7.1").wait(DEADLINE_SECONDS) == 0
        late.send_signal(signal.SIGCONT)
        assert late.wait(DEADLINE_SECONDS) == -signal.SIGKILL
    finally:
        late.kill()
        late.wait()
    assert len(_sales(company, "7.7.1")) == 2
    assert _sink(company, "8.8.1").wait(DEADLINE_SECONDS) == 0
    assert [sale.state for sale in _sales(company, "7.7.1")] == ["quotation"]


def _sales(company: Company, name: str) -> list[people.Sale]:
    return [sale for sale in people.sales(company.rpc) if (sale.reference or "").endswith(f"/{name}")]


def _sink(
    company: Company, name: str, changes: Mapping[str, Any] | None = None, **environment: str
) -> "subprocess.Popen[bytes]":
    given = json.dumps({"config": configuration(company, "plant"), "name": name, "changes": changes or {}})
    command = [sys.executable, "-m", "tests.support.tryton_sink", given]
    return subprocess.Popen(command, cwd=REPOSITORY, env=os.environ | environment, stdout=subprocess.DEVNULL)


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "the failpoint was not reached"
        time.sleep(0.05)
