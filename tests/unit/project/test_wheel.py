"""What an installed kranhub has: its types for a connector author's mypy, and the files that it reads at run time."""

import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from tools.harness.settings import REPOSITORY

PACKAGES = ("kranhub", "connectors", "streams", "schemas", "deploy")


def test_the_wheel_says_that_every_package_has_types(tmp_path: Path) -> None:
    (built,) = WheelBuilder(str(REPOSITORY)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(built) as wheel:
        names = set(wheel.namelist())
    assert {f"{package}/py.typed" for package in PACKAGES} <= names
    assert {"schemas/Order.avsc", "deploy/embedded/lock.json"} <= names
    outside = ("deploy/demo/", "tools/", "tests/", "benchmarks/", "docs/")
    assert not [name for name in names if name.startswith(outside)]
