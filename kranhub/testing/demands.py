"""The checks of the suite, which fail with a sentence: what is wrong, and what to do."""

import re
from collections.abc import Mapping
from typing import NoReturn

from kranhub.text import Text

_CYRILLIC = re.compile(r"[А-Яа-яЁё]{2,}")
_LATIN = re.compile(r"[A-Za-z]{2,}")


class ContractBroken(AssertionError):
    """The connector does not fulfil the contract."""


def demand(holds: bool, sentence: str) -> None:
    """Check a condition.

    Args:
        holds: The condition.
        sentence: What is wrong and what to do, where it does not hold.

    Raises:
        ContractBroken: The condition does not hold.
    """
    if not holds:
        broken(sentence)


def broken(sentence: str) -> NoReturn:
    """Fail with the sentence.

    Raises:
        ContractBroken: Always.
    """
    raise ContractBroken(sentence)


def demand_both_languages(reason: Mapping[str, str], where: str) -> None:
    """Demand a sentence in English under ``en`` and the same in Russian under ``ru``.

    Names and values of the ERP may occur in both, so the words of the two are compared with each other.

    Args:
        reason: The sentences by language.
        where: What they are the sentences of, as the subject of the error's sentence.

    Raises:
        ContractBroken: One of the languages is missing.
    """
    for language in ("en", "ru"):
        demand(
            bool(reason.get(language, "").strip()),
            f"{where} has no sentence under {language!r}. Give the reason in English and in Russian: a "
            "kranhub.text.Text(en=..., ru=...).as_map() cannot forget one.",
        )
    en, ru = reason["en"], reason["ru"]
    demand(
        _count(_CYRILLIC, ru) > _count(_CYRILLIC, en) and _count(_LATIN, en) > _count(_LATIN, ru),
        f"{where} is not in both languages: its Russian sentence is {ru!r}, its English one is {en!r}. Write each in "
        "its own language; a plant's engineer reads one of them only.",
    )


def demand_text(text: Text, where: str) -> None:
    """Demand that an error's text is in both languages.

    Raises:
        ContractBroken: One of the languages is missing.
    """
    demand_both_languages(text.as_map(), where)


def _count(pattern: re.Pattern[str], sentence: str) -> int:
    return len(pattern.findall(sentence))
