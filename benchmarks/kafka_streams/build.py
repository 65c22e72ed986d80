"""Fetches Kafka Streams' pinned jars, compiles the job, and gives the command that runs it."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from benchmarks.job import SCHEMAS
from benchmarks.task import Task
from deploy.embedded import artifacts
from deploy.embedded.artifacts import Pin
from deploy.embedded.java import java
from deploy.embedded.progress import Progress
from kranhub.errors import KranhubError
from kranhub.text import Text

HERE = Path(__file__).parent
LOCK = HERE / "lock.json"
CLASSES = HERE / "build"
PINS = TypeAdapter(tuple[Pin, ...])


def prepare() -> Text | None:
    """Compile; return why Kafka Streams cannot run here, or None when it can."""
    javac = shutil.which("javac")
    if javac is None:
        return Text(en="no javac on this machine", ru="на этой машине нет javac")
    try:
        jars = _jars()
    except KranhubError as error:
        return error.text
    command = [javac, "--release", "17", "-cp", os.pathsep.join(jars), "-d", str(CLASSES), str(HERE / "Split.java")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return Text(en=f"javac: {done.stderr.strip()[:300]}", ru=f"javac: {done.stderr.strip()[:300]}")
    return None


def command(task: Task) -> Sequence[str]:
    """Return the command of a task."""
    classpath = os.pathsep.join([str(CLASSES), *_jars()])
    return [str(java()), "-Xmx512m", "-cp", classpath, "Split", task.dump(), str(SCHEMAS)]


@cache
def _jars() -> tuple[str, ...]:
    pins = PINS.validate_json(LOCK.read_bytes())
    return tuple(map(str, artifacts.ensure(pins, Progress())))
