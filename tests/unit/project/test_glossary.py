"""The glossary is the vocabulary: a word that is neither in it nor a plain word of programming names no module."""

import re
from pathlib import Path

GLOSSARY = Path("docs/glossary.md")
ROOMS = ("kranhub", "connectors", "streams")

WORDS = """
admin app base batch by cache call change check checking class cli client cluster code codec collection column
compression config configuration confusable content control copy copying count cross date day difference disk end
entry error exit failure fetch field file first folder garbage generate guard guarded handler harness hash helper id
identifier identity if index input iterator json key last lint list load local lock lookup loop main map mark memory
message metric model name number open operation option ordered output parent path pending preview process producing
program protocol public queue read reader reading reason redaction report request result retry row run
runner safe sample selection send server service session set setting shutdown signal single size slice sort spelling
stage stalled stderr store string suite support table template testing text thread throttle time timestamp token
transport tree type unit validate validation value version visible waiting walk watch what why wire write
writer yaml
"""
PROGRAMMING = frozenset(WORDS.split())
"""Words that every programmer knows. A word of the domain, or of this project's own, goes into the glossary instead."""


def folded(word: str) -> str:
    """Return the word's singular."""
    for ending, singular in (("ies", "y"), ("sses", "ss"), ("uses", "us")):
        if word.endswith(ending):
            return word.removesuffix(ending) + singular
    return word if word.endswith(("ss", "us")) else word.removesuffix("s")


def terms() -> set[str]:
    """Return every word of the glossary's first column, in the singular."""
    rows = [line for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return {folded(word) for row in rows for word in re.findall(r"[a-z0-9]+", row.split("|")[1].lower())}


def test_every_module_is_named_by_known_words() -> None:
    modules = [file for room in ROOMS for file in Path(room).rglob("*.py") if not file.stem.startswith("__")]
    folders = {file.parent for file in modules} - set(map(Path, ROOMS))
    known = {folded(word) for word in PROGRAMMING} | terms()
    unknown = {
        f"{path}: {word}"
        for path in (*modules, *folders)
        for word in path.stem.split("_")
        if folded(word) not in known and not word.isdigit()
    }
    assert not unknown, "put these words into docs/glossary.md (en, ru), or name the module otherwise: " + "\n".join(
        sorted(unknown)
    )


def test_every_term_is_explained_in_both_languages() -> None:
    rows = [line.strip("|").split("|") for line in GLOSSARY.read_text(encoding="utf-8").splitlines()]
    for row in (row for row in rows if len(row) == 3 and "---" not in row[0]):
        assert all(cell.strip() for cell in row), row
        assert row[0].strip() == "term" or re.search("[а-яё]", row[1].lower()), row
