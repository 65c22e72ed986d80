"""The changelog's records: what a compacted topic keeps of a stage's state, per partition.

| key | value |
|---|---|
| ``s:<key>`` | the state's value of the key; no value forgets it |
| ``o:<topic>`` | the input topic's next offset that belongs to this state, in decimal digits |
| ``v:`` | the state's version, in decimal digits |
"""

from dataclasses import dataclass, field

Place = tuple[str, int]
"""Topic and partition."""

STATE, OFFSET, VERSION = b"s:", b"o:", b"v:"


def state_key(key: str) -> bytes:
    """Return the changelog's key of a key of the state."""
    return STATE + key.encode()


def offset_key(topic: str) -> bytes:
    """Return the changelog's key of an input topic's offset."""
    return OFFSET + topic.encode()


@dataclass
class Restored:
    """One partition's state, the input offsets that belong to it, and its version (None: nothing was written yet)."""

    values: dict[str, bytes] = field(default_factory=dict)
    offsets: dict[str, int] = field(default_factory=dict)
    version: int | None = None

    def take(self, key: bytes, value: bytes | None) -> None:
        """Apply one changelog record."""
        kind, name = key[:2], key[2:].decode()
        if kind == STATE:
            if value is not None:
                self.values[name] = value
            else:
                self.values.pop(name, None)
        elif kind == OFFSET:
            self.offsets[name] = int(value or b"0")
        elif kind == VERSION:
            self.version = int(value or b"0")
