"""A plan as one JSON document, or as lines for a person: parts stand under what they go into. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kranhub.readmodel import plan_texts
from kranhub.readmodel.names import Names
from kranhub.wire import messages
from kranhub.wire.plain_json import JsonDocument, plain


class Placed(NamedTuple):
    """A part, and how many parts it goes into, one into the other."""

    part: messages.OrderPlanPart
    depth: int


def as_json(value: messages.OrderPlan) -> JsonDocument:
    """Return the plan as one JSON document."""
    found: JsonDocument = plain(value)
    return found


def as_lines(value: messages.OrderPlan, names: Names) -> list[str]:
    """Return the plan as lines for a person."""
    rows = [plan_texts.row(placed.part, placed.depth, names) for placed in tree(value["parts"])]
    return [*above(value, names), *("  ".join(cells).rstrip() for cells in _columns(rows)), *below(value)]


def above(value: messages.OrderPlan, names: Names) -> list[str]:
    """Return the lines above the parts."""
    decided = plan_texts.decided(value, names)
    return [str(plan_texts.head(value)), *([str(decided)] if decided else [])]


def below(value: messages.OrderPlan) -> list[str]:
    """Return the lines below the parts."""
    count = value["parts_left_out"]
    return [*([str(plan_texts.left_out(count))] if count else []), str(plan_texts.LEGEND)]


def tree(parts: Sequence[messages.OrderPlanPart]) -> Iterator[Placed]:
    """Yield every part once: each line's own item first, and under it what goes into it, and so on.

    Where several parts are of one node, what goes into them stands under the last of them. A part whose target is not
    there stands at the end of its line.
    """
    for line_id in dict.fromkeys(part["line_id"] for part in parts):
        own = [part for part in parts if part["line_id"] == line_id]
        shown = list(_under(None, own, 0))
        yield from shown
        known = {placed.part["place"] for placed in shown}
        yield from (Placed(part, 0) for part in own if part["place"] not in known)


def _under(target: str | None, parts: Sequence[messages.OrderPlanPart], depth: int) -> Iterator[Placed]:
    found = [part for part in parts if part["feeds"] == target]
    for node in dict.fromkeys(part["node"] for part in found):
        yield from (Placed(part, depth) for part in found if part["node"] == node)
        if node != target:
            yield from _under(node, parts, depth + 1)


def _columns(rows: Sequence[tuple[str, ...]]) -> list[list[str]]:
    """Return the cells under their headings, each column as wide as its widest cell."""
    first, *others = (str(heading) for heading in plan_texts.HEADINGS)
    table = [(f"  {first}", *others), *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [[cell.ljust(width) for cell, width in zip(cells, widths, strict=True)] for cells in table]
