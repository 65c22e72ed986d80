"""Runs a command of kranhub as a process."""

import subprocess
import sys

from kranhub.settings import Settings
from tools.harness.core import environment


def kranhub(settings: Settings, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "kranhub", *words]
    return subprocess.run(command, env=environment(settings), capture_output=True, text=True, check=False)
