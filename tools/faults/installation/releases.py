"""Other releases of the hub, each in a folder of its own, run by the same Python."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

from tools.harness.settings import REPOSITORY

PARTS = ("kranhub", "streams", "connectors", "deploy", "schemas")
PLANNER = "streams/stages/planner.py"


def of_commit(commit: str, folder: Path) -> Path:
    """Return a folder with the code of a commit."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", commit, *PARTS], cwd=REPOSITORY, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder


def last_release() -> str:
    """Return the commit of the last release: the first one whose pyproject.toml has this version.

    Raises:
        LookupError: The clone does not hold it.
    """
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    line = f'version = "{project["version"]}"'
    command = ["git", "log", "--reverse", "--format=%H", "-S", line, "--", "pyproject.toml"]
    found = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.split()
    if not found:
        raise LookupError(f"No commit has {line} in pyproject.toml. Clone the repository with its history.")
    return found[0]


def with_another_state(folder: Path) -> Path:
    """Return a folder with this code, but for the version of the planner's state, which is one more."""
    for part in PARTS:
        shutil.copytree(REPOSITORY / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / PLANNER
    text = file.read_text(encoding="utf-8")
    changed = re.sub(r"state_version = (\d+)", lambda found: f"state_version = {int(found[1]) + 1}", text)
    assert changed != text
    file.write_text(changed, encoding="utf-8")
    return folder
