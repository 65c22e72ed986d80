"""Money and law of an order, and what its lines say of their goods: carried whole from the order to the plant order.

Values of records that are older than a field read as if it had its default. Equal content is equal.
"""

from datetime import date
from decimal import Decimal
from typing import TypedDict

from msgspec import Struct

from kranhub.wire import messages
from streams.routing.model.money import ExchangeRate


class Terms(Struct, frozen=True, omit_defaults=True):
    """What is agreed on the order as a whole; the fields are those of the record Order, and None where it has none.

    Attributes:
        vat_rate: VAT in percent.
        vat_included: Whether the prices include the VAT.
        exchange_rate: The rate by which the payment is worked out.
        contract: The contract that the order is placed under.
        discount_percent: The discount on the whole order in percent.
        discount_amount: The discount on the whole order in its currency.
        legal_entity: The buyer's legal entity where it is not the member's own.
        site: The buyer's site that orders.
        incoterms: The Incoterms rule, without the place.
        language: The language for the buyer's people, BCP 47.
        quotation: It asks what could be had by when; nothing is ordered.
        valid_until: The last day on which the promise of a quotation is wanted to hold.
    """

    vat_rate: Decimal | None = None
    vat_included: bool | None = None
    exchange_rate: ExchangeRate | None = None
    contract: str | None = None
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    legal_entity: str | None = None
    site: str | None = None
    incoterms: str | None = None
    language: str | None = None
    quotation: bool = False
    valid_until: date | None = None


class Attachment(Struct, frozen=True, omit_defaults=True):
    """A file that belongs to a line.

    Attributes:
        uri: Where it lies.
        sha256: The SHA-256 of its bytes, in hexadecimal digits.
        media_type: Such as application/pdf.
        name: Its name for a person.
    """

    uri: str
    sha256: str
    media_type: str | None = None
    name: str | None = None


class Specification(Struct, frozen=True, omit_defaults=True):
    """What a line says of its goods beside item and quantity; the fields are those of the record OrderLine.

    Attributes:
        characteristic: The variant of the item, as the buyer wrote it.
        drawing: The drawing's designation.
        drawing_revision: The drawing's revision.
        serial_numbers: Serial numbers of single pieces.
        attachments: Drawings, photographs, certificates.
    """

    characteristic: str | None = None
    drawing: str | None = None
    drawing_revision: str | None = None
    serial_numbers: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()


NO_TERMS, NO_SPECIFICATION = Terms(), Specification()
"""The terms of an order, and the specification of a line, where none are given."""


def terms_of(value: messages.Order) -> Terms:
    """Return the terms of an Order record."""
    return Terms(
        exchange_rate=_exchange_rate(value),
        quotation=bool(value.get("quotation")),
        vat_rate=value.get("vat_rate"),
        vat_included=value.get("vat_included"),
        contract=value.get("contract"),
        discount_percent=value.get("discount_percent"),
        discount_amount=value.get("discount_amount"),
        legal_entity=value.get("legal_entity"),
        site=value.get("site"),
        incoterms=value.get("incoterms"),
        language=value.get("language"),
        valid_until=value.get("valid_until"),
    )


def specification_of(line: messages.OrderLine | messages.PlantOrderLine) -> Specification:
    """Return the specification of an order's or a plant order's line."""
    return Specification(
        serial_numbers=tuple(line.get("serial_numbers") or ()),
        attachments=tuple(_attachment(entry) for entry in line.get("attachments") or ()),
        characteristic=line.get("characteristic"),
        drawing=line.get("drawing"),
        drawing_revision=line.get("drawing_revision"),
    )


class PlantTerms(TypedDict):
    """The fields of a PlantOrder that come from the order's terms."""

    contract: str | None
    legal_entity: str | None
    vat_rate: Decimal | None
    vat_included: bool | None
    incoterms: str | None


def to_plant(terms: Terms) -> PlantTerms:
    """Return the fields of a PlantOrder that come from the terms; a plant does not see discount and exchange rate."""
    return {
        "contract": terms.contract,
        "legal_entity": terms.legal_entity,
        "vat_rate": terms.vat_rate,
        "vat_included": terms.vat_included,
        "incoterms": terms.incoterms,
    }


class LineSpecification(TypedDict):
    """The fields of a PlantOrder's line that come from the order line's specification."""

    characteristic: str | None
    drawing: str | None
    drawing_revision: str | None
    serial_numbers: list[str]
    attachments: list[messages.PlantOrderAttachment]


def line_fields(specification: Specification) -> LineSpecification:
    """Return the fields of a PlantOrder's line that come from the specification."""
    return {
        "characteristic": specification.characteristic,
        "drawing": specification.drawing,
        "drawing_revision": specification.drawing_revision,
        "serial_numbers": list(specification.serial_numbers),
        "attachments": [
            {"uri": entry.uri, "sha256": entry.sha256, "media_type": entry.media_type, "name": entry.name}
            for entry in specification.attachments
        ],
    }


def _exchange_rate(value: messages.Order) -> ExchangeRate | None:
    rate = value.get("exchange_rate")
    if rate is None:
        return None
    nominal = Decimal(rate["nominal"])
    return ExchangeRate(value["currency"], rate["currency"], rate["rate"], nominal, rate["date"], rate["source"])


def _attachment(entry: messages.Attachment | messages.PlantOrderAttachment) -> Attachment:
    return Attachment(entry["uri"], entry["sha256"], entry.get("media_type"), entry.get("name"))
