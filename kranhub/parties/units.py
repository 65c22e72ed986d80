"""Units of measure: UN/CEFACT Recommendation 20 codes, how they convert, and the codes of Russia's OKEI for them."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of Recommendation 20; units of one ``dimension`` convert to its base by their ``factor``."""

    code: str
    dimension: str
    factor: Decimal


def _units(dimension: str, **factors: str) -> dict[str, Unit]:
    return {code: Unit(code, dimension, Decimal(factor)) for code, factor in factors.items()}


UNITS: dict[str, Unit] = {
    **_units("length", MMT="0.001", CMT="0.01", MTR="1", LM="1", KMT="1000"),
    **_units("area", MMK="0.000001", CMK="0.0001", MTK="1"),
    **_units("volume", MLT="0.000001", LTR="0.001", MTQ="1"),
    **_units("mass", GRM="0.001", KGM="1", DTN="100", TNE="1000"),
    **_units("power", WTT="1", KWT="1000"),
    **_units("apparent power", KVA="1"),
    **_units("voltage", VLT="1"),
    **_units("current", AMP="1"),
    **_units("energy", KWH="1"),
    **_units("time", SEC="1", MIN="60", HUR="3600", DAY="86400", WEE="604800"),
    **_units("months", MON="1", ANN="12"),
    **_units("count", H87="1", C62="1", NAR="1"),
    **_units("pair", PR="1"),
    **_units("set", SET="1"),
    **_units("kit", KT="1"),
    **_units("sheet", LEF="1"),
    **_units("pack", NMP="1"),
    **_units("roll", XRO="1"),
}
"""The units by their codes of Recommendation 20. Pieces (H87), units (C62) and articles (NAR) count the same."""

_COUNTED = frozenset({"count", "pair", "set", "kit", "sheet", "pack", "roll"})


def is_counted(code: str) -> bool:
    """Return whether the unit counts pieces, pairs, sets and the like, of which there is no fraction."""
    return code in UNITS and UNITS[code].dimension in _COUNTED


OKEI: dict[str, str] = {
    "003": "MMT",
    "004": "CMT",
    "006": "MTR",
    "008": "KMT",
    "018": "LM",
    "050": "MMK",
    "051": "CMK",
    "055": "MTK",
    "111": "MLT",
    "112": "LTR",
    "113": "MTQ",
    "163": "GRM",
    "166": "KGM",
    "168": "TNE",
    "206": "DTN",
    "212": "WTT",
    "214": "KWT",
    "222": "VLT",
    "227": "KVA",
    "245": "KWH",
    "260": "AMP",
    "354": "SEC",
    "355": "MIN",
    "356": "HUR",
    "359": "DAY",
    "360": "WEE",
    "362": "MON",
    "366": "ANN",
    "625": "LEF",
    "642": "C62",
    "657": "NAR",
    "704": "SET",
    "715": "PR",
    "736": "XRO",
    "778": "NMP",
    "796": "H87",
    "839": "KT",
}
"""The codes of Recommendation 20 by the three digits of OKEI (OK 015-94)."""

OKEI_LETTERS: dict[str, str] = {"PCE": "H87", "NMB": "H87", "NPR": "PR", "NPL": "XRO"}
"""The codes of Recommendation 20 by letter codes that OKEI prints and Recommendation 20 does not have."""


def from_okei(code: str) -> str | None:
    """Return the Recommendation 20 code for an OKEI code (``166`` or ``PCE``); None where there is none."""
    return OKEI.get(code) or OKEI_LETTERS.get(code) or (code if code in UNITS else None)


def convert(quantity: Decimal, unit: str, into: str) -> Decimal | None:
    """Return the quantity in another unit, exactly.

    Args:
        quantity: The quantity in ``unit``.
        unit: The Recommendation 20 code of its unit.
        into: The Recommendation 20 code of the wanted unit.

    Returns:
        The quantity in ``into``; None where the units measure different things, or where one of them is unknown.
    """
    if unit == into:
        return quantity
    source, target = UNITS.get(unit), UNITS.get(into)
    if source is None or target is None or source.dimension != target.dimension:
        return None
    return quantity * source.factor / target.factor
