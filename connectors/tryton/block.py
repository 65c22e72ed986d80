"""The hub's paragraph inside a document's comment. What people write around it stays as it is. Pure.

Tryton's comment is the one field of sales and purchases that may be written in every state, so it carries the revision
that was applied last, and for a sale what was asked for.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from urllib.parse import quote, unquote

_BLOCK = re.compile(r"\[kranhub (?P<revision>\d+)(?: (?P<status>[A-Z]+))?\]\n(?P<body>.*?)\[/kranhub\]", re.DOTALL)
END = "[/kranhub]"
_WANTED = re.compile(r"^(?P<line>\S+): (?P<quantity>\S+) (?P<unit>\S+) (?P<date>\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a plant order asks for in one line. ``unit`` is a Rec 20 code."""

    quantity: Decimal
    unit: str
    date: date


@dataclass(frozen=True, slots=True)
class Block:
    """What the hub wrote last: ``revision`` 0 where it wrote nothing, ``status`` ACTIVE or CANCELLED for a sale."""

    revision: int = 0
    status: str = ""
    wanted: Mapping[str, Wanted] = field(default_factory=dict)


def read(comment: str | None) -> Block:
    """Return what the comment says; a paragraph that was edited beyond recognition counts as none."""
    found = _BLOCK.search(comment or "")
    if found is None:
        return Block()
    return Block(int(found["revision"]), found["status"] or "", _wanted(found["body"]))


def write(comment: str | None, revision: int, lines: Iterable[str], status: str = "") -> str:
    """Return the comment with the hub's paragraph replaced, or put in front."""
    head = " ".join(filter(None, ("kranhub", str(revision), status)))
    block = "\n".join([f"[{head}]", *(_one_line(line) for line in lines), END])
    if comment and _BLOCK.search(comment):
        return _BLOCK.sub(lambda _: block, comment, count=1)
    return f"{block}\n{comment}" if comment else block


def wanted_line(line_id: str, wanted: Wanted) -> str:
    """Return the words for one line; `read` understands them."""
    return f"{quote(line_id, safe='')}: {wanted.quantity.normalize():f} {wanted.unit} {wanted.date.isoformat()}"


def _one_line(words: str) -> str:
    return words.replace("\n", " ").replace(END, "")


def _wanted(body: str) -> dict[str, Wanted]:
    found = {}
    for match in _WANTED.finditer(body):
        try:
            value = Wanted(Decimal(match["quantity"]), match["unit"], date.fromisoformat(match["date"]))
        except (InvalidOperation, ValueError):
            continue
        found[unquote(match["line"])] = value
    return found
