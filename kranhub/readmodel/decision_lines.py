"""A decision as one JSON document, or as lines for a person."""

from collections.abc import Sequence

from kranhub.readmodel import decision_texts
from kranhub.readmodel.names import Names
from kranhub.wire import messages
from kranhub.wire.plain_json import JsonDocument, plain


def as_json(value: messages.RoutingDecision, names: Names) -> JsonDocument:
    """Return the decision as one JSON document, with a sentence for each code."""
    reason = decision_texts.sentence(value, names)
    others = [
        {**plain(other), "why_not_text": decision_texts.why_not(other["why_not"]).as_map()}
        for other in value["alternatives"]
    ]
    return {**plain(value), "alternatives": others, "text": reason.as_map()}


def as_lines(value: messages.RoutingDecision, names: Names) -> list[str]:
    """Return the decision as lines for a person."""
    first, *rest = head(value, names)
    rows = [decision_texts.row(other, value["unit"], names) for other in value["alternatives"]]
    costs = [decision_texts.landed_cost(other, value["unit"], names) for other in value["alternatives"]]
    table = ["  ".join(cells) for cells in _columns(rows)]
    return [first, *(f"  {line}" for line in (*rest, *table, *(str(cost) for cost in costs if cost)))]


def head(value: messages.RoutingDecision, names: Names) -> list[str]:
    """Return the lines above the alternatives: order and quantity, rule, outcome."""
    texts = decision_texts.title(value, names), decision_texts.rule(value), decision_texts.outcome(value, names)
    return [str(text) for text in texts]


def _columns(rows: Sequence[tuple[str, ...]]) -> list[list[str]]:
    """Return the cells under their headings; each column is as wide as its widest cell, except for the last one."""
    table = [tuple(str(heading) for heading in decision_texts.HEADINGS), *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        [cell.ljust(width) for cell, width in zip(cells[:-1], widths, strict=False)] + [cells[-1]] for cells in table
    ]
