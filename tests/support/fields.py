"""The fields of a record of whatever kind, for tests, which know what they read."""

from dataclasses import replace
from typing import Any, Protocol, cast

from kranhub.connector import Event
from kranhub.wire.messages import Decoded, Message, Subject


class _Holder(Protocol):
    @property
    def value(self) -> Any: ...


def fields(of: _Holder) -> Any:
    """Return the value of an event, of a record that was read, or of what the codec has decoded."""
    return of.value


def changed(event: Event, **changes: Any) -> Event:
    """Return the event with these fields of its record, whether the record may have them or not."""
    return replace(event, value=cast(Message, {**event.value, **changes}))


def decoded(subject: Subject, value: Any) -> Any:
    """Return a record as the codec gives it, which may lack what the test does not look at."""
    return Decoded(subject, value)
