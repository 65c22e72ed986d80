"""The limit of open files: the soft one is raised, a hard one that is too low is a sentence."""

import os
import subprocess
import sys

import pytest

from kranhub.operations import open_files

pytestmark = [pytest.mark.process, pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")]

RAISED = """
import resource
from kranhub.operations import open_files
open_files.raise_limit()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""
REQUIRED = """
from kranhub.operations import open_files
from kranhub.errors import Misconfigured
try:
    open_files.require("Kafka", 4096)
except Misconfigured as error:
    print(error.text.en)
"""


def under(limit: str, script: str) -> str:
    command = ["sh", "-c", f'{limit}; exec "$0" -c "$1"', sys.executable, script]
    return subprocess.check_output(command, text=True)


def test_a_low_soft_limit_is_raised_as_far_as_the_hard_one_allows() -> None:
    assert under("ulimit -Sn 256; ulimit -Hn 2000", RAISED).split() == ["2000", "2000"]


def test_a_low_hard_limit_is_said_with_what_to_set() -> None:
    said = under("ulimit -n 256", REQUIRED)
    assert "only 256 files here; Kafka needs 4096" in said
    assert "`ulimit -n 4096`" in said
    assert under(f"ulimit -n {max(4096, open_files.CORE)}", REQUIRED) == ""
