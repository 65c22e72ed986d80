"""What a document must satisfy before the hub takes it: its author, numbers, quantities, dates, currency, members."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.parties.currencies import currency_problem
from kranhub.parties.members import Members
from kranhub.text import Text
from kranhub.values import confusables
from kranhub.values.times import FIRST_YEAR, LAST_YEAR
from kranhub.wire import messages
from kranhub.wire.messages import LineStatus, Message, OrderDocumentStatus, ShipmentDocumentStatus, Subject
from streams.routing.validation import terms, texts

MAX_NUMBER = 200
"""The most characters of a document's number: it becomes a key and an external reference."""

_AUTHOR = {
    Subject.ORDER: "buyer",
    Subject.ORDER_RESPONSE: "plant",
    Subject.INVENTORY_LEVEL: "company",
    Subject.PLANNED_RECEIPT: "company",
    Subject.PRODUCTION_STATUS: "plant",
    Subject.SHIPMENT: "shipper",
    Subject.RECEIPT: "member",
    Subject.DISRUPTION: "member",
    Subject.ITEM_MAPPING: "member",
}
_NUMBER = {
    Subject.ORDER: "order_id",
    Subject.ORDER_RESPONSE: "plant_order_id",
    Subject.INVENTORY_LEVEL: "item_code",
    Subject.PLANNED_RECEIPT: "receipt_id",
    Subject.PRODUCTION_STATUS: "production_order_id",
    Subject.SHIPMENT: "shipment_id",
    Subject.RECEIPT: "key",
    Subject.DISRUPTION: "disruption_id",
    Subject.ITEM_MAPPING: "item_code",
}


def validate(subject: Subject, value: Message, owner: str) -> None:
    """Check a document by itself: its author, number, texts, dates, and what its type demands.

    Args:
        subject: The type of the document.
        value: The document.
        owner: The member by whose topic it came.

    Raises:
        InvalidDocument: ``foreign-author``, ``bad-number``, ``bad-text``, ``absurd-date``, ``bad-currency``,
            ``no-lines``, ``bad-line-number``, ``bad-quantity``, or as `terms.check` does.
    """
    _author(subject, value, owner)
    _number(subject, value)
    for path, leaf in _leaves(value):
        if isinstance(leaf, str):
            texts.check(subject, path, leaf)
        elif not FIRST_YEAR <= leaf.year <= LAST_YEAR:
            raise _absurd_date(path, leaf)
    check = _CHECKS.get(subject)
    if check:
        check(value)


def number_of(subject: Subject, value: Message) -> str:
    """Return the document's own number."""
    return str(_field(value, _NUMBER[subject]))


def _field(value: Message, name: str) -> Any:
    """Return a field by its name: which one it is depends on the record."""
    fields: Mapping[str, Any] = value
    return fields[name]


def first_unknown_member(value: messages.Order, members: Members) -> str | None:
    """Return the first member that an Order names although the hub does not know it, or None.

    It looks at buyer, payer, user and, of an opening order, the plants of the lines.
    """
    plants = [line.get("opening_plant") for line in value["lines"]] if value.get("opening") else []
    named = (value["buyer"], value["payer"], value["user"], *plants)
    return next((member for member in named if member is not None and member not in members.by_id), None)


def unknown_member(member: str, members: Members) -> InvalidDocument:
    """Return the refusal of a document that waits for a member; it names what a person cannot see in the name."""
    text = Text(
        en=f"{member!r} is no member of the hub. Add the company to the members file and publish it: the document "
        "is then taken up by itself.",
        ru=f"{member!r} не является участником. Добавьте предприятие в файл участников и опубликуйте его: документ "
        "будет принят сам.",
    )
    looks = confusables.hint(member, confusables.skeletons(members.by_id))
    return InvalidDocument(DocumentCode.UNKNOWN_MEMBER, text.then(looks) if looks else text)


def _author(subject: Subject, value: Message, owner: str) -> None:
    field = _AUTHOR[subject]
    author = _field(value, field)
    if author != owner:
        raise InvalidDocument(
            DocumentCode.FOREIGN_AUTHOR,
            Text(
                en=f"{field} is {author!r}, but the document came from {owner!r}. "
                "A company writes in its own name only: correct the connector's member id.",
                ru=f"В поле {field} указан {author!r}, но документ прислал {owner!r}. "
                "Предприятие пишет только от своего имени: исправьте имя участника в коннекторе.",
            ),
        )


def _number(subject: Subject, value: Message) -> None:
    number = _field(value, _NUMBER[subject])
    if not texts.is_name(number, MAX_NUMBER):
        raise InvalidDocument(DocumentCode.BAD_NUMBER, _bad_number(_NUMBER[subject], number))


def _bad_number(field: str, number: str) -> Text:
    return Text(
        en=f"{field} must have 1 to {MAX_NUMBER} characters that can be seen, and not only spaces; it has "
        f"{len(number)}. Correct it in the ERP.",
        ru=f"{field}: нужно от 1 до {MAX_NUMBER} видимых знаков, не одни пробелы, а сейчас знаков {len(number)}. "
        "Исправьте в учётной системе.",
    )


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str | date | datetime]]:
    """Yield every text and date of a document with its place in it."""
    if isinstance(value, str | date):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if inner is not None:
                yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{place}]")


def _absurd_date(path: str, when: date) -> InvalidDocument:
    return InvalidDocument(
        DocumentCode.ABSURD_DATE,
        Text(
            en=f"{path} is {when.isoformat()}, outside the years {FIRST_YEAR} to {LAST_YEAR}. Fill it in the ERP.",
            ru=f"{path}: дата {when.isoformat()} вне {FIRST_YEAR}-{LAST_YEAR} годов. Заполните дату в учётной системе.",
        ),
    )


def _order(value: messages.Order) -> None:
    if problem := currency_problem(value["currency"]):
        raise InvalidDocument(DocumentCode.BAD_CURRENCY, problem)
    _lines(value)
    for line in value["lines"]:
        _positive(f"lines[{line['line_id']}].quantity", line["quantity"])
        _not_negative(f"lines[{line['line_id']}].price", line["price"])
        _schedule(line)
    terms.check(value)


def _schedule(line: messages.OrderLine) -> None:
    """Check that the parts of a delivery schedule sum up to the line's quantity, each on a day of its own."""
    parts = line.get("deliveries") or []
    for part in parts:
        _positive(
            f"lines[{line['line_id']}].deliveries[{part['requested_date'].isoformat()}].quantity", part["quantity"]
        )
    total = sum((part["quantity"] for part in parts), Decimal(0))
    days = {part["requested_date"] for part in parts}
    if parts and (total != line["quantity"] or len(days) < len(parts)):
        raise InvalidDocument(
            DocumentCode.BAD_QUANTITY,
            Text(
                en=f"lines[{line['line_id']}].deliveries sum up to {total:f}, the line's quantity is "
                f"{line['quantity']:f}. Let them be equal, and give every delivery a date of its own.",
                ru=f"lines[{line['line_id']}].deliveries: в сумме {total:f}, а в строке {line['quantity']:f}. "
                "Количества должны совпадать, у каждой поставки должна быть своя дата.",
            ),
        )


def _lines(value: messages.Order | messages.Shipment) -> None:
    names = [line["line_id"] for line in value["lines"]]
    cancelled = value["document_status"] in (OrderDocumentStatus.CANCELLED, ShipmentDocumentStatus.CANCELLED)
    if not names and not cancelled:
        raise InvalidDocument(
            DocumentCode.NO_LINES,
            Text(
                en="The document has no lines. Add at least one, or cancel the document.",
                ru="В документе нет строк. Добавьте хотя бы одну или отмените документ.",
            ),
        )
    if len(set(names)) != len(names) or not all(texts.is_name(name, 50) for name in names):
        raise InvalidDocument(
            DocumentCode.BAD_LINE_NUMBER,
            Text(
                en="Every line needs a number of its own, of 1 to 50 characters that can be seen.",
                ru="У каждой строки должен быть свой номер из 1-50 видимых знаков.",
            ),
        )


def _positive(path: str, quantity: Decimal) -> None:
    if quantity <= 0:
        raise InvalidDocument(
            DocumentCode.BAD_QUANTITY,
            Text(
                en=f"{path} is {quantity:f}; it must be above zero. Correct the document, or cancel it.",
                ru=f"{path}: {quantity:f}, а нужно больше нуля. Исправьте документ или отмените его.",
            ),
        )


def _not_negative(path: str, quantity: Decimal | None) -> None:
    if quantity is not None and quantity < 0:
        raise InvalidDocument(
            DocumentCode.BAD_QUANTITY,
            Text(
                en=f"{path} is {quantity:f}; it must not be negative. Correct it in the ERP.",
                ru=f"{path}: {quantity:f}, отрицательного значения быть не может. Исправьте в учётной системе.",
            ),
        )


def _response(value: messages.OrderResponse) -> None:
    for line in value["lines"]:
        check = _not_negative if line["status"] == LineStatus.NOT_ACCEPTED else _positive
        check(f"lines[{line['line_id']}].quantity", line["quantity"])


def _inventory(value: messages.InventoryLevel) -> None:
    _not_negative("reserved", value["reserved"])
    _not_negative("blocked", value["blocked"])


def _planned_receipt(value: messages.PlannedReceipt) -> None:
    if not texts.is_name(value["item_code"], MAX_NUMBER):
        raise InvalidDocument(DocumentCode.BAD_NUMBER, _bad_number("item_code", value["item_code"]))
    _not_negative("quantity", value["quantity"])


def _production(value: messages.ProductionStatus) -> None:
    _not_negative("planned", value["planned"])
    _not_negative("completed", value["completed"])
    _not_negative("scrapped", value["scrapped"])


def _mapping(value: messages.ItemMapping) -> None:
    if not texts.is_name(value["item"], MAX_NUMBER):
        raise InvalidDocument(DocumentCode.BAD_NUMBER, _bad_number("item", value["item"]))


def _shipment(value: messages.Shipment) -> None:
    _lines(value)
    for line in value["lines"]:
        _positive(f"lines[{line['line_id']}].quantity", line["quantity"])


_CHECKS: Mapping[Subject, Callable[[Any], None]] = {
    Subject.ORDER: _order,
    Subject.ORDER_RESPONSE: _response,
    Subject.INVENTORY_LEVEL: _inventory,
    Subject.PLANNED_RECEIPT: _planned_receipt,
    Subject.PRODUCTION_STATUS: _production,
    Subject.SHIPMENT: _shipment,
    Subject.ITEM_MAPPING: _mapping,
}
