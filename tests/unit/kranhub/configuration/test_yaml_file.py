"""A file of settings that people wrote: every mistake is one sentence with its line, in both languages."""

import re
from contextlib import suppress
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import core_schema

from kranhub.configuration import validation_texts, yaml_file
from kranhub.configuration.checks import Mistake, distinct
from kranhub.errors import Misconfigured
from kranhub.parties import members
from kranhub.settings import Settings
from kranhub.text import Text
from streams.admin import masterdata_files

CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


class Answer(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"


class File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    units: dict[str, str] = {}
    answers: dict[str, Answer] = {}
    day: date | None = None
    rows: list[int] = []
    more: Any = None


def refused(tmp_path: Path, content: str | bytes) -> Text:
    path = tmp_path / "файл.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(Misconfigured) as caught:
        yaml_file.load(path, File)
    assert str(path) in caught.value.text.en
    assert CYRILLIC.search(caught.value.text.ru.replace(str(path), ""))
    return caught.value.text


TWICE = {
    "unit": "units: {т: TNE, т: KGM}",
    "block": "units:\n  т: TNE\n  кг: KGM\n  т: KGM\n",
    "top": "rows: [1]\nunits: {}\nrows: [2]\n",
    "quoted": "units: {т: TNE, 'т': KGM}",
    "numbers": "more: {1: a, 1.0: b}",
    "nested": "more: [{a: {b: 1, b: 2}}]",
    "merged": "more: {<<: {b: 1}, a: 1, a: 2}",
    "in-key": "more: {? {a: 1, a: 2} : 1}",
    "in-alias": "more: [&a {b: 1, b: 2}, *a]",
}


@pytest.mark.parametrize("name", TWICE)
def test_a_key_that_stands_twice_is_refused_with_both_lines(tmp_path: Path, name: str) -> None:
    told = refused(tmp_path, TWICE[name])
    assert "stands twice" in told.en
    assert "дважды" in told.ru
    if name == "block":
        assert ":4: 'т' stands twice in this mapping, first in line 2." in told.en


def test_a_merge_key_may_be_overridden(tmp_path: Path) -> None:
    """That is what ``<<`` is for; an alias is no repetition either."""
    path = tmp_path / "f.yaml"
    path.write_text("units: &u {т: TNE}\nmore: {<<: *u, т: KGM}\n", encoding="utf-8")
    assert yaml_file.load(path, File).more == {"т": "KGM"}
    deep = "more: {a: {b: {c: &m {<<: &x {k: 1}, k: 2}}}, top: {<<: *m, k: 3}, both: {<<: [*m, *x]}}\n"
    path.write_text(deep, encoding="utf-8")
    found = yaml_file.load(path, File).more
    assert (found["a"]["b"]["c"], found["top"], found["both"]) == ({"k": 2}, {"k": 3}, {"k": 2})


RUSSIAN = "units:\n  тонна: TNE\n  штука: H87\n  килограмм: KGM\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (RUSSIAN.encode("cp1251"), "Windows-1251"),
        (RUSSIAN.encode("cp866"), "CP866"),
        (RUSSIAN.encode("koi8-r"), "KOI8-R"),
        (RUSSIAN.encode("utf-16"), "UTF-16"),
        (RUSSIAN.encode("utf-16-le"), "UTF-16"),
        (RUSSIAN.encode("utf-16-be"), "UTF-16"),
        (RUSSIAN.encode("utf-32"), "UTF-32"),
        (b"units: {a: \xff\xfe}", "not UTF-8"),
        (b"units:\n  a: 'TN\0E'\n", "yaml:2: the file holds a NUL"),
        (b"units:\n  a: TN\x07E\n", "yaml:2: the character U+0007"),
        ("units:\n\ta: TNE\n", "yaml:2: there is a tab"),
        ("units: {a: 'x\n", "not YAML"),
        ("units: a: b\n", "not YAML"),
        ("a: 1\n---\nb: 2\n", "not YAML"),
        ("day: 2026-02-30\n", "yaml:1: this is not YAML"),
        ("more: 2026-13-01T00:00:00Z\n", "not YAML"),
        ("more: !thing 1\n", "not YAML"),
        ("more: *nothing\n", "not YAML"),
        ("more: {[1]: 2}\n", "not YAML"),
        ("more: 0b_\n", "not YAML"),
        ("more: " + "[" * 1200, "nested too deeply"),
        ("rows: &r [*r]\n", "yaml:1: rows"),
        ("just text\n", "yaml:1: file"),
        ("- 1\n", "yaml:1: file"),
    ],
)
def test_what_is_no_yaml_or_no_utf8_is_a_sentence_with_its_line(
    tmp_path: Path, content: bytes | str, told: str
) -> None:
    assert told in refused(tmp_path, content).en


def test_a_byte_order_mark_of_utf8_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(RUSSIAN.encode("utf-8-sig"))
    assert yaml_file.load(path, File).units["тонна"] == "TNE"


@given(st.binary(max_size=300))
def test_no_bytes_are_a_traceback(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("yaml") / "f.yaml"
    path.write_bytes(content)
    with suppress(Misconfigured):
        yaml_file.load(path, File)


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=5))
def test_what_is_written_as_yaml_reads_back(tmp_path_factory: pytest.TempPathFactory, units: dict[str, str]) -> None:
    path = tmp_path_factory.mktemp("yaml") / "f.yaml"
    path.write_text(yaml.safe_dump({"units": units}, allow_unicode=False), encoding="utf-8")
    assert yaml_file.load(path, File).units == units


def test_a_mistake_names_its_line_and_is_russian_in_russian(tmp_path: Path) -> None:
    told = refused(tmp_path, "units:\n  a: 1\nanswers:\n  20: accepted\n  b: ja\nday: gestern\nrows: [1, x]\nодно: 2\n")
    russian = told.ru.splitlines()
    places = [line.partition(".yaml:")[2].partition(": ")[0] for line in russian[:-1]]
    assert sorted(places) == ["2", "4", "5", "6", "7", "8"]
    assert any("answers.20" in line and "возьмите в кавычки" in line for line in russian)
    assert any("нужно одно из значений: 'accepted' или 'refused'" in line for line in russian)
    assert not any(re.search("[a-z]{3,} [a-z]{3,} [a-z]{3,}", line.partition(".yaml")[2]) for line in russian)


@pytest.mark.parametrize("kind", get_args(core_schema.ErrorType))
def test_every_error_of_pydantic_has_a_russian_sentence(kind: str) -> None:
    context = dict.fromkeys(re.findall(r"\{(\w+)\}", validation_texts._RUSSIAN[kind]), 7)
    told = validation_texts.russian_of(kind, context)
    assert CYRILLIC.search(told)
    assert not re.search("[{}?]", told)


def test_no_sentence_is_for_an_error_that_pydantic_does_not_have() -> None:
    assert set(validation_texts._RUSSIAN) == set(get_args(core_schema.ErrorType))
    assert CYRILLIC.search(validation_texts.russian_of("an-error-of-a-later-pydantic", {}))


def test_our_own_validators_speak_both_languages(tmp_path: Path) -> None:
    path = tmp_path / "members.yaml"
    path.write_text(
        "members:\n- id: a-b\n  name: {en: A, ru: А}\n  roles: [plant]\n  inn: '1'\n"
        "  sites: [{id: s1, name: {en: S, ru: С}, time_zone: Mars/Omsk}]\n",
        encoding="utf-8",
    )
    with pytest.raises(Misconfigured) as caught:
        members.load(path)
    assert "'Mars/Omsk' не часовой пояс IANA" in caught.value.text.ru
    assert "'Mars/Omsk' is no IANA time zone" in caught.value.text.en


def test_every_validator_of_a_file_raises_a_mistake_in_both_languages() -> None:
    """A plain `ValueError` within a model would be English for everybody."""
    for folder in ("kranhub", "connectors", "streams/routing"):
        for file in Path(folder).rglob("*.py"):
            source = file.read_text(encoding="utf-8")
            if "_validator" in source or "AfterValidator" in source:
                found = [line for line in source.splitlines() if "raise ValueError" in line]
                assert file.name in ("entries.py",) or not found, f"{file}: {found}"
    assert issubclass(Mistake, ValueError)


@pytest.mark.parametrize("name", ["members", "nomenclature", "rules", "calendars", "rates"])
def test_a_file_that_is_not_there_names_the_setting_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    wanted = Settings().model_copy(update={f"{name}_file": tmp_path / "none.yaml"})
    with pytest.raises(Misconfigured) as caught:
        masterdata_files.load(wanted)
    assert f"KRANHUB_{name.upper()}_FILE" in caught.value.text.en
    assert f"KRANHUB_{name.upper()}_FILE" in caught.value.text.ru
    assert str(Path.cwd()) in caught.value.text.ru


class Spelled(BaseModel):
    units: Annotated[dict[str, str], AfterValidator(distinct)]


def test_keys_that_a_connector_would_take_for_one_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("units:\n  т: TNE\n  ' Т ': KGM\n", encoding="utf-8")
    with pytest.raises(Misconfigured) as caught:
        yaml_file.load(path, Spelled)
    assert "'т' and ' Т ' are the same" in caught.value.text.en
    assert "одно и то же" in caught.value.text.ru
    assert Spelled(units={"т": "TNE", "кг": "KGM"}).units == {"т": "TNE", "кг": "KGM"}


def test_a_key_composed_and_decomposed_is_one_key() -> None:
    with pytest.raises(ValidationError):
        Spelled(units={"литров, й": "LTR", "литров, и\N{COMBINING BREVE}": "KGM"})
