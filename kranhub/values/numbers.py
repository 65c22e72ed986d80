"""Numbers: decimal(28,6) from any type of column and from text, and back to text."""

import re
import struct
from decimal import Decimal
from typing import Any, Literal

from kranhub.errors import DocumentCode
from kranhub.values.texts import Strange

Mark = Literal[".", ","]
SCALE = Decimal("0.000001")
"""Quantities and prices are decimal(28,6) in the hub's schemas."""
LIMIT = Decimal(10) ** 22
NOISE = Decimal("1e-9")
RELATIVE_NOISE = Decimal("1e-11")
"""The largest relative error of a sum of a hundred thousand binary fractions: less than 1 in 10 ** 11."""

GROUPED = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}'\N{RIGHT SINGLE QUOTATION MARK}"
"""The characters that may separate groups of three digits."""
_WHOLE = rf"[0-9]{{1,3}}(?:(?P<group>[{GROUPED}])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*)|[0-9]*"
_NUMBER = re.compile(
    rf"(?P<sign>[-+\N{{MINUS SIGN}}]?)(?P<whole>{_WHOLE})"
    r"(?:(?P<mark>[.,])(?P<rest>[0-9]*))?(?P<exponent>[eE][-+]?[0-9]{1,3})?"
)


def number(raw: Any, mark: Mark = ".") -> Decimal | None:
    """Return a value as a number with at most 6 decimals.

    Args:
        raw: What the column holds: a number, a text or None.
        mark: The decimal mark of texts. Where it is a comma, ``2.5`` is understood and ``1.500`` is refused: it may be
            one and a half or fifteen hundred.

    Returns:
        The number; None where the value is empty.

    Raises:
        Strange: ``bad-number`` where it is no number, or too large; ``too-many-digits`` where it has more than 6
            decimals.
    """
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    value = _decimal(raw, mark)
    if value is None or not value.is_finite() or abs(value) >= LIMIT:
        raise Strange(DocumentCode.BAD_NUMBER, f"a number such as 12{mark}5", f"число, например 12{mark}5")
    rounded = value.quantize(SCALE)
    if rounded != value and isinstance(raw, float):
        value, rounded = _rounded(raw, value, rounded)
    if rounded != value:
        raise Strange(DocumentCode.TOO_MANY_DIGITS, "at most 6 decimals", "не более 6 знаков после запятой")
    return rounded + 0  # no negative zero


def spelled(value: Decimal, mark: Mark = ".") -> str:
    """Return the number as text: no exponent, no trailing zeros, no groups of digits."""
    return f"{value.normalize() + 0:f}".replace(".", mark)


def single(value: Decimal | float) -> float:
    """Return the value as a column of four bytes (``real``) stores it."""
    return float(struct.unpack("f", struct.pack("f", float(value)))[0])


def _decimal(raw: Any, mark: Mark) -> Decimal | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int | float | Decimal):
        return Decimal(str(raw))
    found = _NUMBER.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if found is None or not (found["whole"] or found["rest"]):
        return None
    whole = "".join(filter(str.isdigit, found["whole"]))
    if found["mark"] not in (None, mark) and (mark == "." or _may_be_a_group(found)):
        return None
    sign = "-" if found["sign"] in ("-", "\N{MINUS SIGN}") else ""
    return Decimal(f"{sign}{whole or 0}.{found['rest'] or 0}{found['exponent'] or ''}")


def _may_be_a_group(found: "re.Match[str]") -> bool:
    return len(found["rest"]) == 3 and 0 < len(found["whole"]) <= 3 and found["whole"] != "0"


def _rounded(raw: float, value: Decimal, rounded: Decimal) -> tuple[Decimal, Decimal]:
    """Return the rounded value twice if only binary fractions made the two differ; else both as they are."""
    if abs(value) > NOISE and single(raw) == raw:  # 0.1 in four bytes is 0.10000000149011612
        spellings = (f"{raw:.{digits}g}" for digits in range(1, 18))
        short = Decimal(next(shorter for shorter in spellings if single(float(shorter)) == raw))
        return short, short.quantize(SCALE)
    if abs(rounded - value) <= max(NOISE, abs(value) * RELATIVE_NOISE):
        return rounded, rounded
    return value, rounded
