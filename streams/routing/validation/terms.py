"""What an order's money, law and specifications must satisfy before the hub takes it."""

import re
from collections.abc import Sequence
from decimal import Decimal, localcontext
from urllib.parse import urlsplit

from kranhub.configuration.checks import shown
from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.parties.units import UNITS
from kranhub.text import Text
from kranhub.wire.messages import Order, OrderLine
from streams.routing.model import money
from streams.routing.model.terms import Attachment, Specification, Terms, specification_of, terms_of

INCOTERMS = ("EXW", "FCA", "CPT", "CIP", "DAP", "DPU", "DDP", "FAS", "FOB", "CFR", "CIF")
"""The rules of Incoterms 2020, ICC publication 723."""

SCHEMES = ("http", "https", "file", "s3")
"""The URI schemes that an attachment may have."""


def check(value: Order) -> None:
    """Check an Order's terms and its lines' specifications, as the buyer wrote them.

    Raises:
        InvalidDocument: ``bad-vat-rate``, ``contradictory-vat`` (VAT is included without a rate),
            ``bad-exchange-rate``, ``bad-discount``, ``bad-incoterms``, ``serial-numbers-exceed-quantity``,
            ``bad-attachment``.
    """
    terms = terms_of(value)
    _vat(terms)
    if terms.exchange_rate is not None:
        money.check_exchange_rate(terms.exchange_rate)
    _discount(terms, value["lines"])
    _incoterms(terms.incoterms)
    for line in value["lines"]:
        specification = specification_of(line)
        _serial_numbers(line, specification)
        for entry in specification.attachments:
            _attachment(line["line_id"], entry)


def _vat(terms: Terms) -> None:
    if terms.vat_rate is not None:
        money.check_vat_rate(terms.vat_rate)
    elif terms.vat_included:
        raise InvalidDocument(
            DocumentCode.CONTRADICTORY_VAT,
            Text(
                en="The prices include VAT, but vat_rate is empty. Give the rate, or say that they do not include it.",
                ru="Цены указаны с НДС, но ставка vat_rate пуста. Укажите ставку или отметьте, что цены без НДС.",
            ),
        )


def _discount(terms: Terms, lines: Sequence[OrderLine]) -> None:
    percent, amount, total = terms.discount_percent, terms.discount_amount, _total(lines)
    if percent is not None and not 0 <= percent <= 100:
        raise _bad_discount(f"{percent:f} %")
    if amount is not None and (amount < 0 or (total is not None and amount > total)):
        raise _bad_discount(f"{amount:f}")


def _total(lines: Sequence[OrderLine]) -> Decimal | None:
    """Return the order's amount, exactly; None where a price is missing."""
    amounts = [(line["quantity"], price) for line in lines if (price := line.get("price")) is not None]
    if not lines or len(amounts) < len(lines):
        return None
    with localcontext(prec=60):
        return sum((quantity * price for quantity, price in amounts), Decimal(0))


def _bad_discount(discount: str) -> InvalidDocument:
    return InvalidDocument(
        DocumentCode.BAD_DISCOUNT,
        Text(
            en=f"The discount is {discount}; it must be 0 to 100 percent, and no more than the lines come to. "
            "Correct it in the ERP.",
            ru=f"Скидка {discount}, а может быть от 0 до 100 процентов и не больше суммы строк. "
            "Исправьте её в учётной системе.",
        ),
    )


def _incoterms(rule: str | None) -> None:
    if rule is None or rule in INCOTERMS:
        return
    raise InvalidDocument(
        DocumentCode.BAD_INCOTERMS,
        Text(
            en=f"{shown(rule)} is no rule of Incoterms 2020. Use one of {', '.join(INCOTERMS)}, without the place.",
            ru=f"{shown(rule)} не условие Инкотермс 2020. Укажите одно из: {', '.join(INCOTERMS)}, без места.",
        ),
    )


def _serial_numbers(line: OrderLine, specification: Specification) -> None:
    """Compare with the quantity where it counts pieces: a kilogram or a set may bear any number of them."""
    unit, count = UNITS.get(line["unit"]), len(specification.serial_numbers)
    if unit is None or unit.dimension != "count" or count <= line["quantity"]:
        return
    raise InvalidDocument(
        DocumentCode.SERIAL_NUMBERS_EXCEED_QUANTITY,
        Text(
            en=f"Line {shown(line['line_id'])} has {count} serial numbers for {line['quantity']:f} pieces. "
            "Remove those that do not belong to it.",
            ru=f"В строке {shown(line['line_id'])} серийных номеров {count}, а штук {line['quantity']:f}. "
            "Удалите лишние номера.",
        ),
    )


def _attachment(line_id: str, entry: Attachment) -> None:
    if _is_place(entry.uri) and re.fullmatch("[0-9a-fA-F]{64}", entry.sha256):
        return
    raise InvalidDocument(
        DocumentCode.BAD_ATTACHMENT,
        Text(
            en=f"An attachment of line {shown(line_id)} needs a URI ({', '.join(SCHEMES)}) without a password in it, "
            "and the SHA-256 of the file as 64 hexadecimal digits.",
            ru=f"Вложению строки {shown(line_id)} нужны адрес ({', '.join(SCHEMES)}) без пароля в нём "
            "и SHA-256 файла: 64 шестнадцатеричные цифры.",
        ),
    )


def _is_place(uri: str) -> bool:
    """Return whether the URI leads somewhere (RFC 3986), and names nobody who might log in there."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    written = uri.isprintable() and not re.search(r"\s", uri) and "@" not in parts.netloc
    return written and parts.scheme in SCHEMES and bool(parts.path if parts.scheme == "file" else parts.hostname)
