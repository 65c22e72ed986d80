"""Checks that explain in both languages what is wrong, and the adapters by which pydantic calls them.

A problem is a `Text`, so both a refused document (`InvalidDocument`) and a mistake in a file (`Mistake`) can carry it.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from pydantic_core import InitErrorDetails, PydanticCustomError

from kranhub.text import Text
from kranhub.values.spellings import fold

Spelled = TypeVar("Spelled", bound=Iterable[str])

Problem = Callable[[str], Text | None]
"""Returns what is wrong with a text, in both languages, or None."""


class Mistake(ValueError):
    """A validator of a file's model refuses a value. ``text`` explains what is wrong and what to write instead."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


def mistake(loc: tuple[str | int, ...], text: Text) -> InitErrorDetails:
    """Return a mistake at a place in the file, for ``ValidationError.from_exception_data``."""
    # The text stands in the context only: pydantic would take a brace within it for a name.
    return InitErrorDetails(type=PydanticCustomError("mistake", "{en}", text.as_map()), loc=loc, input=None)


def refusing(problem: Problem) -> Callable[[str], str]:
    """Return a validator for pydantic's ``AfterValidator`` that raises `Mistake` where the check finds a problem."""

    def validate(text: str) -> str:
        found = problem(text)
        if found is not None:
            raise Mistake(found)
        return text

    return validate


def distinct(found: Spelled) -> Spelled:
    """Check that no two spellings are read as the same one, and return them; for ``AfterValidator``.

    Connectors compare spellings without regard to case and to blanks around them.

    Raises:
        Mistake: Two spellings are the same apart from case and blanks.
    """
    seen: dict[str, str] = {}
    for name in found:
        folded = fold(name)
        if folded in seen:
            raise Mistake(
                Text(
                    en=f"{seen[folded]!r} and {name!r} are the same but for case and blanks; leave one of them",
                    ru=f"{seen[folded]!r} и {name!r} одно и то же с точностью до регистра и пробелов; оставьте одно",
                )
            )
        seen[folded] = name
    return found


def shown(text: str) -> str:
    """Return the text in quotes, shortened to 40 characters."""
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
