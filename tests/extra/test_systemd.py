"""systemd itself takes the units that are shipped."""

import subprocess
from pathlib import Path

import pytest

from tests.extra.conftest import Require
from tests.support.systemd_units import PROGRAM, UNITS

pytestmark = pytest.mark.extra


def complaints(program: str, folder: Path, *, without: str = "") -> list[str]:
    """Return what systemd says of the units, for programs and a user that are here; a line may be taken out."""
    for file in UNITS:
        text = file.read_text("utf-8").replace(PROGRAM, "/bin/true").replace("User=kranhub", "User=root")
        text = text.replace("WorkingDirectory=/srv/kranhub", "WorkingDirectory=/")
        (folder / file.name).write_text(text.replace("Type=oneshot", without or "Type=oneshot"), "utf-8")
    files = [str(folder / file.name) for file in UNITS]
    ended = subprocess.run([program, "verify", *files], capture_output=True, text=True, check=False)
    return [line for line in ended.stderr.splitlines() if "kranhub" in line]


def test_systemd_takes_them_and_would_see_a_mistake(require: Require, tmp_path: Path) -> None:
    program = require("systemd-analyze")
    assert complaints(program, tmp_path) == []
    assert complaints(program, tmp_path, without="Type=sometimes")
