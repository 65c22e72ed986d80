"""The embedded stack: real processes, killed, restarted, misused."""

import httpx
import pytest

from tests.support.stack import Stack

pytestmark = pytest.mark.stack


def test_schemas_are_registered(stack: Stack) -> None:
    subjects = httpx.get(f"{stack.registry_url}/subjects").json()
    assert "kranhub.Order" in subjects
