"""Dependencies: the page that lists them, and what counts as a year behind."""

from datetime import date
from pathlib import Path

from deploy import outdated
from deploy.outdated import Finding

ROOT = Path(__file__).parents[3]
LOCK = """\
SQLAlchemy==2.0.1 ; python_version >= '3.11' \\
    --hash=sha256:00
kafka-python==3.0.12 \\
    --hash=sha256:11
"""


def test_the_page_has_every_dependency_with_its_version() -> None:
    used = outdated.pinned((ROOT / "requirements.lock").read_text("utf-8"))
    wanted = {name: used[name] for name in outdated.declared((ROOT / "pyproject.toml").read_text("utf-8"))}
    page = outdated.listed(outdated.PAGE.read_text("utf-8"))
    said = {name: version.partition(",")[0] for name, version in page.items()}
    assert said == wanted | outdated.artifacts()


def test_every_maven_artifact_has_its_day_of_release() -> None:
    page = outdated.listed(outdated.PAGE.read_text("utf-8"))
    assert set(outdated.old_artifacts(page, date(2999, 1, 1))) == set(outdated.artifacts())


def test_a_lock_is_read_by_normalised_names() -> None:
    assert outdated.pinned(LOCK) == {"sqlalchemy": "2.0.1", "kafka-python": "3.0.12"}


def test_behind_is_what_is_lower_than_the_newest_of_a_year_ago() -> None:
    found = outdated.findings(
        ["old", "kept", "ten", "young"],
        {"old": "2.9.0", "kept": "2.12.2", "ten": "2.10", "young": "0.1"},
        {"old": "2.12.2", "kept": "2.12.2", "ten": "2.9"},
        {"old": "2.16.1", "kept": "2.16.1", "ten": "2.16.1", "young": "0.2"},
    )
    assert [each.name for each in found if each.is_behind] == ["old"]
    assert Finding("young", "0.1", None, "0.2") in found


def test_an_artifact_is_old_after_a_year() -> None:
    page = {name: f"1.0, 2026-01-0{number}" for number, name in enumerate(outdated.artifacts(), 1)}
    first = next(iter(page))
    assert outdated.old_artifacts(page, date(2027, 1, 1)) == []
    assert outdated.old_artifacts(page, date(2027, 1, 2)) == [first]
