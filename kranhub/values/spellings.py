"""Words of a configuration: how an ERP spells units, statuses, sites, currencies and customers."""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from kranhub.text import Text
from kranhub.values import confusables

Code = TypeVar("Code")


def fold(word: str) -> str:
    """Return the form in which words are compared: lower case, composed (NFC), one space for any white space."""
    return unicodedata.normalize("NFC", " ".join(word.split())).casefold()


class Spellings(Generic[Code]):
    """The code of each word. The exact spelling comes first, so МВт and мВт may differ; then the word in any case."""

    def __init__(self, codes: Mapping[str, Code]) -> None:
        """Index the codes by their words."""
        self._exact = {" ".join(word.split()): code for word, code in codes.items()}
        folded: dict[str, list[Code]] = {}
        for word, code in codes.items():
            folded.setdefault(fold(word), []).append(code)
        self._folded = {word: found[0] for word, found in folded.items() if all(code == found[0] for code in found)}

    def get(self, word: str) -> Code | None:
        """Return the code; None where the word is unknown, or where only its case would distinguish two codes."""
        exact = " ".join(word.split())
        return self._exact[exact] if exact in self._exact else self._folded.get(fold(word))

    def hinted(self, text: Text, word: str) -> Text:
        """Return the sentence about an unknown word, followed by what a person cannot see in it (`confusables`)."""
        looks = confusables.hint(word, confusables.skeletons(self._exact))
        return text.then(looks) if looks else text

    def __contains__(self, word: str) -> bool:
        return " ".join(word.split()) in self._exact or fold(word) in self._folded


def among(word: str | None, words: Iterable[object]) -> bool:
    """Return whether the word is one of the words, regardless of case and spacing."""
    return word is not None and fold(word) in {fold(str(each)) for each in words}
