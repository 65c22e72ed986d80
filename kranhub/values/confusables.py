"""Texts that look the same but differ: Latin and Cyrillic letters, dashes, spaces, found without width.

Source: Unicode Technical Standard 39, confusables, of these alphabets. Pure.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from kranhub.text import Text

_LATIN_OF = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјкорсухһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧον",
    "ABESIJKMHOPCTYXaesijkopcyxhdqwABEZHIKMNOPTYXov",
)
_LOOK_ALIKE = frozenset(map(chr, _LATIN_OF)) | frozenset(map(chr, _LATIN_OF.values()))

_ALPHABETS: Mapping[str, tuple[str, str]] = {
    "LATIN": ("Latin", "латиница"),
    "CYRILLIC": ("Cyrillic", "кириллица"),
    "GREEK": ("Greek", "греческий"),
}


def skeleton(text: str) -> str:
    """Return a form of the text that is equal for all texts that a person cannot distinguish."""
    visible = (sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    dashed = "".join("-" if unicodedata.category(sign) == "Pd" or sign == "\u2212" else sign for sign in visible)
    return " ".join(dashed.split()).translate(_LATIN_OF)


def skeletons(known: Iterable[str]) -> dict[str, str]:
    """Return the known codes by their `skeleton`."""
    return {skeleton(code): code for code in known}


def hint(text: str, known: Mapping[str, str]) -> Text | None:
    """Explain what a person cannot see in an unknown code.

    Args:
        text: The unknown code.
        known: The codes that would be accepted, by their `skeleton` (`skeletons`).

    Returns:
        The known code that looks the same, or else the mix of alphabets; None where there is nothing to explain.
    """
    look_alike = known.get(skeleton(text))
    if look_alike is not None and look_alike != text:
        return _look_alike(text, look_alike)
    found = [*_foreign(text)]
    return _mixed(text, found) if found else None


def _foreign(text: str) -> Iterator[str]:
    """Yield letters of an alphabet that is out of place: within another's word, or only as look-alikes."""
    found = [sign for sign in text if _alphabet(sign)]
    count = {name: sum(_alphabet(sign) == name for sign in found) for name in _ALPHABETS}
    main = max(_ALPHABETS, key=lambda name: (count[name], any(s not in _LOOK_ALIKE for s in found if _is(s, name))))
    words = re.findall(r"[^\W\d_]+", text)
    for name in _ALPHABETS:
        foreign = dict.fromkeys(sign for sign in found if _is(sign, name) and name != main)
        if not foreign.keys() - _LOOK_ALIKE or any(_is_mixed(word, name) for word in words):
            yield from foreign


def _is_mixed(word: str, name: str) -> bool:
    return 0 < sum(_is(sign, name) for sign in word) < sum(_alphabet(sign) is not None for sign in word)


def _is(sign: str, name: str) -> bool:
    return _alphabet(sign) == name


def _alphabet(sign: str) -> str | None:
    name = unicodedata.name(sign, "").partition(" ")[0]
    return name if name in _ALPHABETS else None


def _look_alike(text: str, look_alike: str) -> Text:
    signs = [sign for sign in dict.fromkeys(text) if sign not in look_alike]
    return Text(
        en=f"{text!r} looks like the known code {look_alike!r}, but has other signs in it: "
        f"{_named(signs, 0) or 'spaces'}. Write it anew.",
        ru=f"{text!r} выглядит как известный код {look_alike!r}, но набран другими знаками: "
        f"{_named(signs, 1) or 'пробелы'}. Наберите его заново.",
    )


def _mixed(text: str, signs: list[str]) -> Text:
    return Text(
        en=f"{text!r} mixes alphabets: {_named(signs, 0)} among letters of another one. Check how it was typed.",
        ru=f"В {text!r} смешаны алфавиты: {_named(signs, 1)} среди букв другого. Проверьте, как код набран.",
    )


def _named(signs: Iterable[str], language: int) -> str:
    return ", ".join(_name(sign, language) for sign in signs)


def _name(sign: str, language: int) -> str:
    alphabet = _alphabet(sign)
    code = f"U+{ord(sign):04X}"
    shown = sign if sign.isprintable() and not sign.isspace() else "·"
    return f"{shown} ({_ALPHABETS[alphabet][language]}, {code})" if alphabet else f"{shown} ({code})"
