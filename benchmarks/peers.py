"""Quix Streams' own environment: it needs an older confluent-kafka than the hub, so it cannot share the hub's.

Made when it is first needed, from the hashed requirements-quix.lock, and kept until the lock changes.
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.task import Task
from kranhub.text import Text

HERE = Path(__file__).parent
LOCK = HERE / "requirements-quix.lock"
FOLDER = HERE / "build/quix"
MARK = FOLDER / "lock.sha256"


def prepare() -> Text | None:
    """Make the environment; return why Quix Streams cannot run here, or None when it can."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if MARK.exists() and MARK.read_text(encoding="utf-8") == wanted:
        return None
    shutil.rmtree(FOLDER, ignore_errors=True)
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
    for command in ([sys.executable, "-m", "venv", str(FOLDER)], [str(python()), *pip, "-r", str(LOCK)]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return _failed(done.stderr or done.stdout)
    MARK.write_text(wanted, encoding="utf-8")
    return None


def python() -> Path:
    """Return the environment's Python."""
    return FOLDER / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def quix(task: Task) -> Sequence[str]:
    """Return the command of a task."""
    return [str(python()), "-m", "benchmarks.engines.quix", task.dump()]


def _failed(output: str) -> Text:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    why = lines[-1][:200] if lines else "pip"
    return Text(
        en=f"its environment cannot be made (no network?): {why}",
        ru=f"не удалось создать его окружение (нет сети?): {why}",
    )
