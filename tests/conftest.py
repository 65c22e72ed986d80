"""Fixtures for every test, Hypothesis' profile, and how a run is shared among its workers (pytest-xdist).

Every run tries the same worlds, so that it says the same twice and a change is judged by itself. `tests.search` looks
for new ones: with KRANHUB_SEARCH set they follow from ``--hypothesis-seed``.
No deadline for Hypothesis, as a loaded machine is no failure.
"""

import os
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from hypothesis import settings

from deploy import omsk
from tests.support import stack as shared
from tests.support.postgresql import postgresql, postgresql_database
from tests.support.stack import namespace, stack
from tests.support.tryton import new_company, spare_databases, tryton_server

__all__ = ["namespace", "new_company", "postgresql", "postgresql_database", "spare_databases", "stack", "tryton_server"]

FEW = 20
"""Examples of a property that asks for no number of its own; the search tries Hypothesis' 100."""

settings.register_profile("same", deadline=None, derandomize=True, max_examples=FEW)
settings.register_profile("search", deadline=None, derandomize=False, database=None)
settings.load_profile("search" if os.environ.get("KRANHUB_SEARCH") else "same")

LONGEST_FIRST = ("faults", "e2e", "contract", "streams")
"""Folders in the order in which their tests begin, so that the workers end at about the same time."""


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's shared folder and name the master data, before the workers start."""
    if not _is_worker(config):
        _require_current_entry_points()
        os.environ.update(omsk.variables())
        shared.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what the workers shared, after the last of them has ended."""
    if not _is_worker(config):
        shared.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the folders whose tests take long."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    folder = item.path.parent.name
    return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)


def _require_current_entry_points() -> None:
    """End the run where kranhub was installed before its entry points changed: commands would be missing."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["entry-points"]
    installed = {group: {each.name: each.value for each in entry_points(group=group)} for group in wanted}
    if installed != wanted:
        install = "python -m pip install --no-deps --no-build-isolation -e ."
        raise pytest.UsageError(f"The entry points of pyproject.toml have changed. Install kranhub again: {install}")


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
