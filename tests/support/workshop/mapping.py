"""Rows of the workshop to records of the hub, and back. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from kranhub.connector import HeldLine
from kranhub.errors import Code, InvalidDocument
from kranhub.text import Text
from kranhub.wire.messages import Subject
from tests.support.workshop.client import Found, Row

UNITS = {"шт": "H87", "кг": "KGM", "м": "MTR", "м2": "MTK"}
CODES = {"accepted": "AP", "refused": "RE"}
"""What a job's state answers; other states answer nothing."""

Value = Any


class Refusal(Code):
    """Why a row of the workshop is no document."""

    BAD_DATE = "bad-date"
    BAD_NUMBER = "bad-number"
    UNMAPPED_UNIT = "unmapped-unit"


class Records:
    """How one workshop writes times, and whose documents these are."""

    def __init__(self, member: str, zone: ZoneInfo) -> None:
        self.member, self.zone = member, zone

    def order(self, found: Found) -> Value:
        """Return the Order of a purchase. Raises `InvalidDocument`."""
        head = found.head
        return {
            "order_id": str(head["id"]),
            "buyer": self.member,
            "document_status": "ACTIVE" if head["state"] == "confirmed" else "CANCELLED",
            "currency": "RUB",
            "issued_at": self.moment(head["changed_at"]),
            "requested_date": day(head["wanted"]),
            "lines": [self.order_line(number, line) for number, line in enumerate(found.lines, 1)],
        }

    def order_line(self, number: int, line: Row) -> Value:
        """Return a line of an Order."""
        return {
            "line_id": str(number),
            "item_code": str(line["code"]).strip(),
            "description": line["name"],
            "quantity": number_of(line["quantity"]),
            "unit": unit(line["unit"]),
        }

    def response(self, found: Found) -> Value | None:
        """Return the OrderResponse of a job, None while nobody has answered. Raises `InvalidDocument`."""
        head = found.head
        if head["state"] not in CODES:
            return None
        lines = [self.response_line(head, line) for line in found.lines if line["line"] is not None]
        changed = any(line["status"] == "CHANGED" for line in lines)
        return {
            "plant_order_id": head["reference"],
            "plant": self.member,
            "plant_order_revision": head["revision"],
            "response_code": "CA" if changed else CODES[head["state"]],
            "erp_reference": str(head["id"]),
            "issued_at": self.moment(head["changed_at"]),
            "reason": head["reason"],
            "lines": lines,
        }

    def response_line(self, head: Row, line: Row) -> Value:
        """Return what was answered to one line."""
        ordered = number_of(line["quantity"])
        promised = Decimal(0) if head["state"] == "refused" else number_of(line["promised"] or line["quantity"])
        return {
            "line_id": line["line"],
            "status": "NOT_ACCEPTED" if not promised else "ACCEPTED" if promised == ordered else "CHANGED",
            "quantity": promised,
            "unit": unit(line["unit"]),
            "promised_date": day(head["promised"]) if promised else None,
        }

    def level(self, rows: Sequence[Row], read_at: datetime) -> Value:
        """Return the InventoryLevel of all the rows of one code. Raises `InvalidDocument`."""
        return {
            "company": self.member,
            "site": self.member,
            "item_code": str(rows[0]["code"]).strip(),
            "on_hand": sum((number_of(row["quantity"]) for row in rows), Decimal(0)),
            "reserved": Decimal(0),
            "blocked": Decimal(0),
            "unit": unit(rows[0]["unit"]),
            "as_of": max(self.moment(row["changed_at"]) or read_at for row in rows),
        }

    def moment(self, text: str | None) -> datetime | None:
        """Return the workshop's local time as UTC; None where it is none."""
        try:
            return datetime.fromisoformat(text or "").replace(tzinfo=self.zone).astimezone(UTC)
        except ValueError:
            return None


def job(order: Mapping[str, Any], state: str) -> Row:
    """Return a job's head."""
    return {
        "reference": order["plant_order_id"],
        "revision": order["revision"],
        "state": state,
        "wanted": order["requested_date"].isoformat(),
    }


def job_line(line: Mapping[str, Any]) -> Row:
    """Return a job's line. Raises `InvalidDocument` for a unit that the workshop does not count in."""
    units = {code: spelled for spelled, code in UNITS.items()}
    if line["unit"] not in units:
        raise _invalid(Refusal.UNMAPPED_UNIT, line["unit"], "unit", "единица")
    return {
        "line": line["line_id"],
        "code": line["item_code"],
        "name": line["description"],
        "quantity": f"{line['quantity']:f}",
        "unit": units[line["unit"]],
    }


def held_line(line: Row) -> HeldLine:
    """Return what a job's line holds."""
    return HeldLine(line["line"], line["code"], number_of(line["quantity"]), unit(line["unit"]))


def digest(content: Any) -> str:
    """Return a short hash of what was read."""
    return hashlib.sha256(original(content)).hexdigest()[:12]


def original(content: Any) -> bytes:
    """Return what was read as JSON."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, default=_plain).encode("utf-8", "replace")


def day(text: Any) -> date:
    """Return a day. Raises `InvalidDocument`."""
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise _invalid(Refusal.BAD_DATE, text, "day", "день") from None


def number_of(text: Any) -> Decimal:
    """Return a number; binary floats without their noise. Raises `InvalidDocument`."""
    try:
        number = Decimal(str(text).strip().replace(",", "."))
        return round(number, 6) if isinstance(text, float) else number
    except InvalidOperation:
        raise _invalid(Refusal.BAD_NUMBER, text, "number", "число") from None


def unit(text: Any) -> str:
    """Return the UN/CEFACT code. Raises `InvalidDocument`."""
    spelled = str(text).strip()
    if spelled not in UNITS:
        raise _invalid(Refusal.UNMAPPED_UNIT, text, "unit", "единица")
    return UNITS[spelled]


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else str(value)


def _invalid(code: Code, value: Any, en: str, ru: str) -> InvalidDocument:
    return InvalidDocument(
        code,
        Text(
            en=f"{value!r} is no {en} that the connector knows. Correct it in the workshop.",
            ru=f"{value!r}: такое значение поля «{ru}» коннектору не известно. Исправьте его в мастерской.",
        ),
    )


@dataclass(frozen=True, slots=True)
class ErpDocument:
    """What the workshop holds of one document now."""

    subject: Subject
    native: str
    key: str
    content: Any
    changed_at: datetime | None
