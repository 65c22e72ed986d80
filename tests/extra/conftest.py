"""These tests need more than Python and make: what is missing is said loudly, and fails where CI=true."""

import os
import shutil
from collections.abc import Callable

import pytest

Require = Callable[[str], str]


@pytest.fixture(scope="session")
def require() -> Require:
    """Return a function that finds a program, or skips the test; with CI=true it fails instead."""

    def find(program: str) -> str:
        found = shutil.which(program)
        if found is None and os.environ.get("CI") == "true":
            pytest.fail(f"CI may skip nothing, and {program} is not installed")
        if found is None:
            pytest.skip(f"NOT TESTED: {program} is not installed")
        return found

    return find
