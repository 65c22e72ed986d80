"""The hub's paragraph inside a document's comment. What people write around it stays as it is. Pure.

Tryton's comment is the one field of sales and purchases that may be written in every state, so it carries the revision
that was applied last, and for a sale what was requested. It also carries the id of the record that it was written for:
a copy that people make takes the paragraph along, and it must count for nothing there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from urllib.parse import unquote

_BLOCK = re.compile(
    r"\[kranhub (?P<revision>\d{1,18})(?: (?P<status>[A-Z]+))?(?: #(?P<record>\d{1,18}))?\]\n(?P<body>.*?)\[/kranhub\]",
    re.DOTALL,
)
END = "[/kranhub]"
_WANTED = re.compile(r"^(?P<line>\S+): (?P<quantity>\S+) (?P<unit>\S+) (?P<date>\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a plant order requests in one line. ``unit`` is a Rec 20 code."""

    quantity: Decimal
    unit: str
    date: date


@dataclass(frozen=True, slots=True)
class Block:
    """What the hub wrote last.

    Attributes:
        revision: The revision that was applied; 0 where nothing was written.
        status: ACTIVE or CANCELLED for a sale; empty for a purchase.
        wanted: What each line requests, by line id.
        record: The id that the paragraph names; None for one that was written before there was an id.
    """

    revision: int = 0
    status: str = ""
    wanted: Mapping[str, Wanted] = field(default_factory=dict)
    record: int | None = None


def read(comment: str | None, record: int) -> Block:
    """Return the content of the hub's paragraph for this record.

    A paragraph that was edited beyond recognition counts as none, and so does another record's.
    """
    found = [match for match in _BLOCK.finditer(comment or "") if _named(match) in (record, None)]
    found.sort(key=lambda match: _named(match) is None)
    if not found:
        return Block()
    own = found[0]
    return Block(int(own["revision"]), own["status"] or "", _wanted(own["body"]), _named(own))


def is_foreign(comment: str | None, record: int) -> bool:
    """Return whether the comment has another record's paragraph and none of this one's: the record is a copy."""
    named = {_named(match) for match in _BLOCK.finditer(comment or "")}
    return bool(named) and not named & {record, None}


def write(comment: str | None, record: int | None, revision: int, lines: Iterable[str], status: str = "") -> str:
    """Return the comment with the hub's paragraph replaced, or put in front; other records' paragraphs are removed.

    Args:
        comment: The present comment; None for none.
        record: The id of the record; None while it has none.
        revision: The revision that is applied.
        lines: The lines of the paragraph.
        status: ACTIVE or CANCELLED for a sale; empty for none.
    """
    suffix = "" if record is None else f"#{record}"
    head = " ".join(filter(None, ("kranhub", str(revision), status, suffix)))
    return _replaced(comment, "\n".join([f"[{head}]", *(_one_line(line) for line in lines), END]))


def claimed(comment: str | None, record: int) -> str:
    """Return the comment with the paragraph that names no record naming this one."""
    return _BLOCK.sub(lambda match: _claimed(match, record), comment or "", count=1)


def erased(comment: str | None) -> str | None:
    """Return the comment without any paragraph of the hub's, None where nothing is left."""
    return re.sub(rf"{_BLOCK.pattern}\n?", "", comment or "", flags=re.DOTALL) or None


def wanted_line(line_id: str, wanted: Wanted) -> str:
    """Return the text of one line, which `read` can parse."""
    return f"{token(line_id)}: {wanted.quantity.normalize():f} {wanted.unit} {wanted.date.isoformat()}"


def token(line_id: str) -> str:
    """Return the line's id as a text without spaces; `unquote` reverses it."""
    return "".join(
        _escaped(character) if character in "%[" or not _visible(character) else character for character in line_id
    )


def _visible(character: str) -> bool:
    return character.isprintable() and not character.isspace()


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


def _named(match: re.Match[str]) -> int | None:
    return int(match["record"]) if match["record"] else None


def _claimed(match: re.Match[str], record: int) -> str:
    head, _, rest = match[0].partition("]")
    return match[0] if match["record"] else f"{head} #{record}]{rest}"


def _replaced(comment: str | None, block: str) -> str:
    """Put the block where the first one was, and take all others away."""
    parts = _BLOCK.split(comment or "")
    texts = parts[:: _BLOCK.groups + 1]
    if len(texts) > 1:
        return texts[0] + block + texts[1] + "".join(text.removeprefix("\n") for text in texts[2:])
    return f"{block}\n{comment}" if comment else block


def _one_line(text: str) -> str:
    """Leave no character that would break the paragraph, or that a database refuses."""
    return "".join(character if character.isprintable() else " " for character in text).replace(END, "(/kranhub)")


def _wanted(body: str) -> dict[str, Wanted]:
    found = {}
    for match in _WANTED.finditer(body):
        try:
            value = Wanted(Decimal(match["quantity"]), match["unit"], date.fromisoformat(match["date"]))
        except (InvalidOperation, ValueError):
            continue
        found[unquote(match["line"])] = value
    return found
