"""``make outdated``: which dependency is a year behind.

A dependency is a year behind where its version is lower than the one that was the newest a year ago. uv resolves both
against the package index that this machine uses; Maven artifacts are judged by the day on which `docs/dependencies.md`
says that their version was released. Needs the network, so no test runs it and a calendar turns no build red.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from deploy.embedded import relock

REPOSITORY = Path(__file__).parents[1]
PAGE = REPOSITORY / "docs/dependencies.md"
A_YEAR = timedelta(days=365)
BEHIND = 5
"""The exit code where a dependency is a year behind, as elsewhere for findings."""

_ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \|", re.MULTILINE)
_RELEASED = re.compile(r"^(\S+), (\d{4}-\d{2}-\d{2})$")


@dataclass(frozen=True, slots=True)
class Finding:
    """One dependency: the version in use, the newest a year ago, the newest now; None where nothing was found."""

    name: str
    used: str
    year_ago: str | None
    newest: str | None

    @property
    def is_behind(self) -> bool:
        """Whether a version that is a year old by now is newer than the one in use."""
        return self.year_ago is not None and Version(self.used) < Version(self.year_ago)


def declared(project: str) -> list[str]:
    """Return the names of the dependencies that a pyproject.toml requires, extras included, each once."""
    table = tomllib.loads(project)["project"]
    texts = [*table["dependencies"], *(text for extra in table["optional-dependencies"].values() for text in extra)]
    return sorted({canonicalize_name(Requirement(text).name) for text in texts})


def pinned(lock: str) -> dict[str, str]:
    """Return the versions of a requirements file that pins every package, by name."""
    return {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.M)}


def listed(page: str) -> dict[str, str]:
    """Return what the page of dependencies has of each: its version, with a Maven artifact's day of release."""
    return {name: version.strip() for name, version in _ROW.findall(page)}


def artifacts() -> dict[str, str]:
    """Return the Maven artifacts that the embedded stack requires, and their versions."""
    return {name: version for _, name, version in (relock.KAFKA, relock.KAFKA_LOGS, relock.REGISTRY)}


def findings(
    names: Iterable[str], used: Mapping[str, str], year_ago: Mapping[str, str], newest: Mapping[str, str]
) -> list[Finding]:
    """Return one finding for each name.

    Args:
        names: The dependencies to look at.
        used: The version in use, by name.
        year_ago: The newest version of a year ago, by name, where one was found.
        newest: The newest version now, by name, where one was found.
    """
    return [Finding(name, used[name], year_ago.get(name), newest.get(name)) for name in names]


def old_artifacts(page: Mapping[str, str], today: date) -> list[str]:
    """Return the Maven artifacts whose version was released more than a year ago."""
    found = ((name, _RELEASED.match(page.get(name, ""))) for name in artifacts())
    return [name for name, release in found if release and today - date.fromisoformat(release[2]) > A_YEAR]


def main() -> int:
    """Print a line for each dependency that is not the newest; return 5 where one is a year behind, else 0."""
    used = pinned((REPOSITORY / "requirements.lock").read_text("utf-8"))
    names = declared((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    today = datetime.now(UTC).date()
    found = findings(names, used, _resolved(names, today - A_YEAR), _resolved(names, None))
    for each in found:
        if each.used != each.newest:
            state = "A YEAR BEHIND" if each.is_behind else "behind"
            print(f"{each.name} {each.used}: {state}, the newest is {each.newest}")  # noqa: T201
    old = old_artifacts(listed(PAGE.read_text("utf-8")), today)
    for name in old:
        print(f"{name} {artifacts()[name]}: A YEAR OLD, look for a newer one")  # noqa: T201
    behind = [each.name for each in found if each.is_behind] + old
    print(f"{len(found) + len(artifacts())} dependencies, {len(behind)} a year behind")  # noqa: T201
    return BEHIND if behind else 0


def _resolved(names: Sequence[str], until: date | None) -> dict[str, str]:
    """Return the newest version of each name, of those released up to a day."""
    limit = ["--exclude-newer", until.isoformat()] if until else []
    command = [sys.executable, "-m", "uv", "pip", "compile", "--no-deps", "--no-header", "--no-annotate", "-q", *limit]
    found: dict[str, str] = {}
    for name in names:  # one at a time: what did not exist yet must not spoil the rest
        ended = subprocess.run([*command, "-"], input=name, capture_output=True, text=True, check=False)
        found |= pinned(ended.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
