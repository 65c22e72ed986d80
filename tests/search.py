"""Looks for worlds that no run has tried yet: the properties of one file after another, each time under a new seed.

    python -m tests.search [--seconds 120] [--seed N] [FILE ...]

Ends with 1 at the first seed under which a property fails, and writes the command that fails again in the same way.
"""

import argparse
import os
import random
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

SECONDS = 120
NO_PROPERTY = int(pytest.ExitCode.NO_TESTS_COLLECTED)
UNIT = Path(__file__).parent / "unit"
_FAILED = re.compile(r"^FAILED (\S+)", re.MULTILINE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Search until the time is over; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.search", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long to look (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="begin with the same seeds as another run (default: new ones)")
    parser.add_argument("files", nargs="*", help="where to look (default: every file of tests/unit with a property)")
    known = parser.parse_args(arguments)
    chance = random.Random(secrets.randbits(64) if known.seed is None else known.seed)
    end, seeds = time.monotonic() + known.seconds, 0
    for file in _turns(known.files or properties(), chance):
        if (left := end - time.monotonic()) <= 0:
            break
        seed = chance.randrange(2**32)
        if said := _under(seed, file, left):
            print(said, _again(said, seed, file), sep="\n")
            return 1
        seeds += 1
    print(f"no property failed in {known.seconds:.0f} s, under {seeds} seeds")
    return 0


def properties() -> list[str]:
    """Return the files that have a property."""
    return [
        str(file) for file in sorted(UNIT.rglob("test_*.py")) if "from hypothesis import" in file.read_text("utf-8")
    ]


def _turns(files: Sequence[str], chance: random.Random) -> Iterator[str]:
    """Yield the files for ever, in another order each time: whatever the time, each has its turn."""
    while True:
        yield from chance.sample(files, len(files))


def _under(seed: int, file: str, seconds: float) -> str | None:
    """Return what pytest says where a property fails under the seed; None where none does while the time lasts."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "hypothesis", "-p", "no:cacheprovider"]
    command += [f"--hypothesis-seed={seed}", file]
    environment = {**os.environ, "KRANHUB_SEARCH": "1"}
    try:
        ended = subprocess.run(command, env=environment, timeout=seconds, capture_output=True, text=True, check=False)
    except subprocess.TimeoutExpired:
        return None
    return None if ended.returncode in (0, NO_PROPERTY) else ended.stdout + ended.stderr


def _again(said: str, seed: int, file: str) -> str:
    """Return the command that tries what has failed once more under the seed."""
    failed = " ".join(f"'{name}'" for name in _FAILED.findall(said)) or file
    worlds = os.environ.get("KRANHUB_WORLDS")
    names = "KRANHUB_SEARCH=1" + (f" KRANHUB_WORLDS={worlds}" if worlds else "")
    return f"try again: {names} {sys.executable} -m pytest --hypothesis-seed={seed} {failed}"


if __name__ == "__main__":
    sys.exit(main())
