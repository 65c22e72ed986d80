"""The files of the Omsk cluster's master data, for the demonstration, the tools and the tests."""

from pathlib import Path
from typing import TypedDict


class MasterDataFiles(TypedDict):
    """The five files, by the name of their setting."""

    members_file: Path
    nomenclature_file: Path
    rules_file: Path
    calendars_file: Path
    rates_file: Path


_HERE = Path(__file__).parent

FILES = MasterDataFiles(
    members_file=_HERE / "members/omsk.yaml",
    nomenclature_file=_HERE / "nomenclature/omsk.yaml",
    rules_file=_HERE / "rules/omsk.yaml",
    calendars_file=_HERE / "calendars/omsk.yaml",
    rates_file=_HERE / "rates/omsk.yaml",
)


def variables() -> dict[str, str]:
    """Return the variables that name the five files."""
    return {f"KRANHUB_{name.upper()}": str(path) for name, path in FILES.items()}
