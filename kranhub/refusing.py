"""Checks of one text that say what is wrong with it, and how pydantic asks them.

A problem is a `Text`, so a document's refusal carries it whole (`InvalidDocument`) and a file's model its English half.
"""

from collections.abc import Callable

from kranhub.text import Text

Problem = Callable[[str], Text | None]
"""Returns what is wrong with a text, in both languages, or None."""


def refusing(problem: Problem) -> Callable[[str], str]:
    """Return a validator for pydantic's ``AfterValidator``: it raises `ValueError` with the English sentence."""

    def validate(text: str) -> str:
        found = problem(text)
        if found is not None:
            raise ValueError(found.en)
        return text

    return validate


def shown(text: str) -> str:
    """Return the text in quotes, cut to what a sentence can hold."""
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
