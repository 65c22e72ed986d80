"""Every link in README and docs leads somewhere, and what the pages say of codes, metrics and errors is the code's."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from connectors.sql.error_codes import SqlCode
from connectors.tryton.error_codes import TrytonCode
from kranhub.errors import DocumentCode
from kranhub.settings import Settings
from tools.faults.core.program import program

PAGES = [Path("README.md"), Path("README.ru.md"), Path("CONTRIBUTING.md"), *sorted(Path("docs").rglob("*.md"))]
WRITTEN_BY_MAKE = Path("benchmarks/results")
"""What make bench and make faults-core write; a clone may have it or not."""

ROOMS = ("kranhub", "streams", "connectors", "deploy/embedded", "deploy/monitoring")
KINDS = ("DocumentCode", "SqlCode", "TrytonCode")
"""The enums of codes of documents that are refused."""

REJECTED = {SqlCode.LINE_ID_NOT_A_NUMBER, SqlCode.DOES_NOT_FIT}
"""Raised in a sink only, which answers REJECTED."""


def text(page: str) -> str:
    return Path("docs", page).read_text(encoding="utf-8")


def prose(content: str) -> str:
    return re.sub(r"```.*?```", "", content, flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", prose(page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text(encoding="utf-8"))):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path if path else page).resolve()
        assert found.exists() or found.is_relative_to(WRITTEN_BY_MAKE.resolve()), target
        assert not anchor or anchor in anchors(found), target


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CONTRIBUTING.md"], ids=str)
def test_lines_are_short_where_they_can_be(page: Path) -> None:
    written = re.sub("<!-- figures: begin -->.*<!-- figures: end -->", "", page.read_text("utf-8"), flags=re.DOTALL)
    lines = prose(written).splitlines()
    assert [line for line in lines if len(line) > 120 and not line.startswith("|")] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_heading_stands_between_blank_lines(page: Path) -> None:
    lines = ["", *prose(page.read_text("utf-8")).splitlines(), ""]
    around = [(lines[at - 1], line, lines[at + 1]) for at, line in enumerate(lines) if re.match("#+ ", line)]
    assert [heading for before, heading, after in around if before.strip() or after.strip()] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    content = page.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:tests|streams|kranhub|deploy|benchmarks)/[\w/.-]+)`", content):
        assert Path(name).exists() or Path(name).is_relative_to(WRITTEN_BY_MAKE), name


@cache
def trees() -> tuple[ast.Module, ...]:
    files = sorted(file for room in ROOMS for file in Path(room).rglob("*.py"))
    return tuple(ast.parse(file.read_text(encoding="utf-8")) for file in files)


def nodes() -> Iterator[ast.AST]:
    for tree in trees():
        yield from ast.walk(tree)


def codes() -> set[str]:
    """Every code that the rooms give to an `InvalidDocument`."""
    return {str(code) for kind in (DocumentCode, SqlCode, TrytonCode) for code in kind}


def test_every_code_of_a_document_is_given_somewhere() -> None:
    given = {
        node.attr for node in nodes() if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in KINDS
    }
    assert {code.name for kind in (DocumentCode, SqlCode, TrytonCode) for code in kind} == given


def test_the_table_of_dead_letters_has_every_code_and_no_other() -> None:
    table = re.findall(r"^\| (`[^|]*`) \|", text("delivery.md"), re.MULTILINE)
    assert set(re.findall(r"`([a-z-]+)`", " ".join(table))) == codes() - REJECTED


def test_every_metric_is_told() -> None:
    kinds = {
        "Counter": "_total",
        "Gauge": "",
        "Histogram": "",
        "GaugeMetricFamily": "",
        "CounterMetricFamily": "_total",
    }
    made = {
        f"{node.args[0].value!s}{kinds[node.func.id]}"
        for node in nodes()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    assert set(re.findall(r"^\| `(kranhub_\w+)` \|", text("operations.md"), re.MULTILINE)) == made


def sayings() -> str:
    """Every text of the rooms, what is filled in as an ellipsis."""
    texts = []
    for node in nodes():
        if isinstance(node, ast.JoinedStr):
            parts = [str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values]
            texts.append("".join(parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.append(node.value)
    return "\n".join(texts)


ERRORS = text("operations.md").partition("## What an error means")[2].partition("## ")[0]


@pytest.mark.parametrize("message", re.findall(r"^\| `([^`]+)` \| \d \|", ERRORS, re.MULTILINE))
def test_an_error_is_told_in_the_words_that_it_has(message: str) -> None:
    assert message in sayings()


def test_every_setting_is_told_with_its_default() -> None:
    rows = re.findall(r"^\| `KRANHUB_(\w+)` \| `?([^|`]+)`? \|", text("operations.md"), re.MULTILINE)
    told = {name.lower(): default.strip() for name, default in rows}
    assert len(rows) == len(told)
    assert set(told) - {"core_instance", "lang"} == set(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        unset = field.default is None and told[name].startswith("not set")
        assert unset or told[name] == str(field.default), name


def test_every_scenario_of_the_fault_suite_is_told() -> None:
    played = {re.sub(r" (x \d+|\d+ s)$", "", name) for group in program() for name in group.scenarios}
    table = text("faults.md").partition("## The scenarios")[2].partition("## ")[0]
    assert set(re.findall(r"^\| ([^|]+?) \|", table, re.MULTILINE)) - {"scenario"} == played
    assert len(played) == 10
