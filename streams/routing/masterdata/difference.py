"""What differs between two sets of master data entries, field by field. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from streams.routing.masterdata.cutover import Cutover
from streams.routing.masterdata.entries import Entry, Kind, content

OF_FILES = tuple(kind for kind in Kind if kind is not Kind.MAPPING)
"""Kinds of entries that come of files, in their order; others, such as members' mappings, are not compared."""


class What(StrEnum):
    """What happens to an entry."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Field:
    """One field that changes.

    Attributes:
        path: Its path, such as ``capabilities[0].working_days``.
        before: None where it was as by default; of a list of plain values only those that are removed.
        after: None where it is as by default; of a list of plain values only those that are added.
    """

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that differs.

    Attributes:
        kind: The entry's kind.
        key: The entry's key.
        what: What happens to it.
        fields: What changes of it; empty unless it is changed.
    """

    kind: str
    key: str
    what: What
    fields: tuple[Field, ...] = ()


def differences(before: Iterable[Entry], after: Iterable[Entry]) -> list[Change]:
    """Return what changes from one set of entries to the other, in the order of `OF_FILES`, then by key.

    Versions count only where they stand in content. A member without an entry of its cutover is live.
    """
    old, new = ({entry.place: entry.content for entry in some if entry.content} for some in (before, after))
    order = [str(kind) for kind in OF_FILES]
    compared = (place for place in {*old, *new} if place[0] in order)
    places = sorted(compared, key=lambda place: (order.index(place[0]), place))
    found = (_change(place, old.get(place), new.get(place)) for place in places)
    return [change for change in found if change]


def _change(place: tuple[str, str], before: str | None, after: str | None) -> Change | None:
    if place[0] == Kind.CUTOVER:
        live = content(Cutover(member=place[1]))
        before, after = before or live, after or live
    if before is None:
        return Change(*place, What.ADDED)
    if after is None:
        return Change(*place, What.REMOVED)
    fields = tuple(_fields("", json.loads(before), json.loads(after)))
    return Change(*place, What.CHANGED, fields) if fields else None


def _fields(path: str, before: Any, after: Any) -> Iterator[Field]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            yield from _fields(f"{path}.{name}".lstrip("."), before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _items(path, before, after)
    else:
        yield Field(path, before, after)


def _items(path: str, before: list[Any], after: list[Any]) -> Iterator[Field]:
    if any(isinstance(item, Mapping) for item in (*before, *after)):
        for at in range(max(len(before), len(after))):
            yield from _fields(f"{path}[{at}]", _at(before, at), _at(after, at))
        return
    gone, come = _without(before, after), _without(after, before)
    yield Field(path, gone or None, come or None) if gone or come else Field(path, before, after)


def _at(items: list[Any], at: int) -> Any:
    return items[at] if at < len(items) else None


def _without(items: list[Any], others: list[Any]) -> list[Any]:
    left = list(others)
    found = []
    for item in items:
        if item in left:
            left.remove(item)
        else:
            found.append(item)
    return found
