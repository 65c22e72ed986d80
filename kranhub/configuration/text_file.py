"""Text files that people write, in UTF-8; for any other encoding the error names the encoding."""

import codecs
from pathlib import Path

from kranhub.errors import Misconfigured
from kranhub.text import Text

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_SAVE = Text(
    en="Save it as UTF-8: in Notepad, Save as, Encoding: UTF-8.",
    ru="Сохраните его в UTF-8: в Блокноте «Сохранить как», Кодировка: UTF-8.",
)


def read(path: Path, variable: str = "") -> str:
    """Return the file's text, without UTF-8's byte order mark.

    Args:
        path: The file.
        variable: The setting that names the file, to be named in the error; empty for none.

    Raises:
        Misconfigured: The file cannot be read, or is not UTF-8 text.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Misconfigured(_unreadable(path, error, variable)) from None
    return decoded(path, raw)


def decoded(path: Path, raw: bytes) -> str:
    """Return the file's bytes as text.

    Args:
        path: The file, to be named in the error.
        raw: Its bytes.

    Raises:
        Misconfigured: The bytes are not UTF-8 text. The text names the encoding that they seem to have, or the line.
    """
    name = next((name for byte_order_mark, name in _MARKS if raw.startswith(byte_order_mark)), "") or _wide(raw)
    if name:
        raise Misconfigured(Text(en=f"{path}: the file is {name}.", ru=f"{path}: файл в кодировке {name}.").then(_SAVE))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Misconfigured(_not_utf8(path, raw, error.start)) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise Misconfigured(
            Text(
                en=f"{path}:{line}: the file holds a NUL character, so it is damaged or no text. Write this line anew.",
                ru=f"{path}:{line}: в файле есть символ NUL: он повреждён или не текстовый. Наберите строку заново.",
            )
        )
    return text


def _wide(raw: bytes) -> str:
    """Return the UTF-16 encoding whose ASCII text has a zero in every other byte, as here; empty for none."""
    for start, name in ((1, "UTF-16 LE"), (0, "UTF-16 BE")):
        zeros, characters = raw[start::2].count(0), len(raw) // 2
        if zeros > 1 and zeros * 10 >= characters and raw[1 - start :: 2].count(0) == 0:
            return name
    return ""


def _not_utf8(path: Path, raw: bytes, at: int) -> Text:
    line, name = raw[:at].count(b"\n") + 1, _guessed(raw)
    return Text(
        en=f"{path}:{line}: the file is not UTF-8{f', but probably {name}' if name else ''}.",
        ru=f"{path}:{line}: файл не в UTF-8{f', скорее всего в {name}' if name else ''}.",
    ).then(_SAVE)


def _guessed(raw: bytes) -> str:
    """Return the Russian one-byte encoding in which most of the bytes are small letters; empty for none."""
    high = bytes(byte for byte in raw if byte >= 128)
    scores = {name: _small(high.decode(name, "ignore")) for name in ("cp1251", "cp866", "koi8-r")}
    best = max(scores, key=lambda name: scores[name])
    names = {"cp1251": "Windows-1251", "cp866": "CP866", "koi8-r": "KOI8-R"}
    return names[best] if scores[best] * 2 > len(high) else ""


def _small(text: str) -> int:
    return sum("а" <= character <= "я" or character == "ё" for character in text)


def _unreadable(path: Path, error: OSError, variable: str) -> Text:
    match error:
        case FileNotFoundError():
            why = Text(en="there is no such file", ru="такого файла нет")
        case PermissionError():
            why = Text(en="the rights do not allow it", ru="не хватает прав")
        case IsADirectoryError():
            why = Text(en="it is a folder", ru="это папка")
        case _:
            why = Text(en=f"{error.strerror}", ru=f"{error.strerror}")
    found = Text(
        en=f"{path}: cannot be read: {why.en}. Check the path and the rights.",
        ru=f"{path}: не читается: {why.ru}. Проверьте путь и права доступа.",
    )
    if not variable:
        return found
    return found.then(
        Text(
            en=f"{variable} names this file: set it in the environment, or in a file .env of the folder where you "
            f"start kranhub (now {Path.cwd()}).",
            ru=f"Этот файл задаёт {variable}: укажите её в окружении или в файле .env той папки, где запускаете "
            f"kranhub (сейчас {Path.cwd()}).",
        )
    )
