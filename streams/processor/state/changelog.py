"""The changelog's records: what a compacted topic keeps of a stage's state, per partition.

| key | value |
|---|---|
| ``s:<key>`` | the state's value of the key; no value forgets it |
| ``o:<topic>`` | the input topic's next offset that belongs to this state, in decimal digits |
| ``v:`` | the state's version, in decimal digits |

No value forgets an offset or a version as well. A key of the state is text; bytes in it that are not UTF-8 are lone
surrogates (PEP 383).
"""

from dataclasses import dataclass, field

from kranhub.errors import Misconfigured
from kranhub.text import Text

STATE, OFFSET, VERSION = b"s:", b"o:", b"v:"

DIGITS = 19
"""Digits of the largest offset."""


def state_key(key: str) -> bytes:
    """Return the changelog's key of a key of the state.

    Raises:
        UnicodeEncodeError: The key is no text.
    """
    return STATE + key.encode("utf-8", "surrogateescape")


def offset_key(topic: str) -> bytes:
    """Return the changelog's key of an input topic's offset."""
    return OFFSET + topic.encode()


@dataclass
class Restored:
    """One partition's state as its changelog has it.

    Attributes:
        values: The values by the keys of the state.
        offsets: The next offset of each input topic that belongs to this state.
        version: The state's version; None where nothing was written yet.
        place: The changelog's partition, for errors.
    """

    values: dict[str, bytes] = field(default_factory=dict)
    offsets: dict[str, int] = field(default_factory=dict)
    version: int | None = None
    place: str = ""

    def take(self, key: bytes, value: bytes | None) -> None:
        """Apply one changelog record.

        Args:
            key: The record's key.
            value: Its value; None for a tombstone.

        Raises:
            Misconfigured: No stage wrote the record.
        """
        if key[:2] == STATE:
            name = key[2:].decode("utf-8", "surrogateescape")
            if value is not None:
                self.values[name] = value
            else:
                self.values.pop(name, None)
        else:
            self._take_number(key, value)

    def _take_number(self, key: bytes, value: bytes | None) -> None:
        """Apply an offset's or the version's record.

        Raises:
            Misconfigured: No stage wrote the record.
        """
        if value is not None and (not value.isdigit() or len(value) > DIGITS):
            raise Misconfigured(_foreign(self.place, key, value))
        if key == VERSION:
            self.version = None if value is None else int(value)
        elif key[:2] != OFFSET or not key.isascii():  # Kafka's topic names are ASCII
            raise Misconfigured(_foreign(self.place, key, value))
        elif value is None:
            self.offsets.pop(key[2:].decode(), None)
        else:
            self.offsets[key[2:].decode()] = int(value)


def _foreign(place: str, key: bytes, value: bytes | None) -> Text:
    found = f"{key[:60]!r}: {value if value is None else value[:60]!r}"
    return Text(
        en=f"The changelog {place} holds a record that no stage wrote ({found}). Find the program that wrote it and "
        "take its write rights; then restore the changelog from a backup, or use another namespace.",
        ru=f"В журнале состояния {place} есть запись, которую не делал ни один этап ({found}). Найдите программу, "
        "которая её сделала, и отберите у неё право записи; затем восстановите журнал из копии или возьмите другое "
        "пространство имён.",
    )
