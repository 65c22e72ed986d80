"""One sentence for a person, always in English and in Russian."""

import os
from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "ru"]


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence in both languages; ``str()`` returns it in the reader's language.

    Both languages are required, so neither can be forgotten.
    """

    en: str
    ru: str

    def __str__(self) -> str:
        return self.ru if language() == "ru" else self.en

    def then(self, more: "Text") -> "Text":
        """Return both sentences, one after the other."""
        return Text(en=f"{self.en} {more.en}", ru=f"{self.ru} {more.ru}")

    def as_map(self) -> dict[str, str]:
        """Return ``{"en": …, "ru": …}`` (BCP 47 tags), the form that records carry."""
        return {"en": self.en, "ru": self.ru}


def language() -> Language:
    """Return the reader's language: from ``KRANHUB_LANG``, else from the POSIX locale, else English."""
    for name in ("KRANHUB_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "ru" if value.lower().startswith("ru") else "en"
    return "en"
