"""What a plant order's new revision changes in comparison with the previous one, as a sentence. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kranhub.readmodel.rows import StoredRow
from kranhub.text import Text
from kranhub.wire.messages import PlantOrderDocumentStatus, Subject
from kranhub.wire.plain_json import plain

PlantOrderJson = Mapping[str, Any]
"""A PlantOrder decoded or as JSON (`plain_json`), of any release: its fields are compared by name."""

_OWN = {
    "plant_order_id",
    "order_key",
    "order_id",
    "plant",
    "document_status",
    "revision",
    "issued_at",
    "lines",
}
"""Fields that identify the plant order or its revision."""

_LABELS: Mapping[str, Text] = {
    "quantity": Text(en="quantity", ru="количество"),
    "requested_date": Text(en="wanted by", ru="срок"),
    "consignee": Text(en="consignee", ru="получатель"),
    "feeds_into": Text(en="goes into plant order", ru="входит в заказ заводу"),
    "buyer": Text(en="buyer", ru="заказчик"),
    "order_number": Text(en="order number", ru="номер заказа"),
    "payer": Text(en="payer", ru="плательщик"),
    "kind": Text(en="kind", ru="вид"),
    "programme": Text(en="programme", ru="программа"),
    "currency": Text(en="currency", ru="валюта"),
    "contract": Text(en="contract", ru="договор"),
    "legal_entity": Text(en="legal entity", ru="юридическое лицо"),
    "vat_rate": Text(en="VAT rate", ru="ставка НДС"),
    "vat_included": Text(en="VAT included", ru="НДС в цене"),
    "incoterms": Text(en="Incoterms", ru="Incoterms"),
    "item_code": Text(en="item code", ru="код позиции"),
    "description": Text(en="description", ru="описание"),
    "price": Text(en="price", ru="цена"),
    "characteristic": Text(en="characteristic", ru="характеристика"),
    "drawing": Text(en="drawing", ru="чертёж"),
    "drawing_revision": Text(en="drawing revision", ru="изменение чертежа"),
    "serial_numbers": Text(en="serial numbers", ru="серийные номера"),
    "attachments": Text(en="attachments", ru="вложения"),
}
"""The labels of the fields, those that matter most to a plant first; a field without one is shown by its name."""

_LONG = {"description", "characteristic", "attachments", "serial_numbers"}
"""Fields of which a change is reported without the values."""

_SAME = Text(en="sent again, nothing has changed", ru="отправлен повторно, изменений нет")


def changes(before: PlantOrderJson, after: PlantOrderJson) -> Text:
    """Return the differences between two PlantOrder values of one line each, decoded or as JSON."""
    old, new = _fields(before), _fields(after)
    ranked = sorted(old.keys() | new.keys(), key=_rank)
    found = [_change(name, old.get(name), new.get(name)) for name in ranked if old.get(name) != new.get(name)]
    if not found:
        return _SAME
    return Text(en="; ".join(text.en for text in found), ru="; ".join(text.ru for text in found))


def with_changes(rows: Iterable[StoredRow], known: dict[str, PlantOrderJson]) -> Iterator[StoredRow]:
    """Yield rows of the timeline; those of a plant order's later revision also say what it changes.

    Args:
        rows: The rows, oldest first.
        known: The last revision of each plant order by its id; it is brought up to date.
    """
    for row in rows:
        yield _with_change(row, known) if row["subject"] == Subject.PLANT_ORDER else row


def _with_change(row: StoredRow, known: dict[str, PlantOrderJson]) -> StoredRow:
    value: PlantOrderJson = json.loads(row["value"])
    before = known.get(value["plant_order_id"])
    known[value["plant_order_id"]] = value
    if before is None or value["document_status"] == PlantOrderDocumentStatus.CANCELLED:
        return row
    more = changes(before, value)
    return {**row, "text_en": f"{row['text_en']}: {more.en}", "text_ru": f"{row['text_ru']}: {more.ru}"}


def _fields(value: PlantOrderJson) -> dict[str, Any]:
    """Return what a plant sees: the fields of the header and of the line, and the quantity with its unit."""
    header = {name: plain(field) for name, field in value.items() if name not in _OWN}
    for line in value["lines"]:
        header |= {name: plain(field) for name, field in line.items() if field is not None and name in _LABELS}
        header["quantity"] = f"{plain(line['quantity'])} {line['unit']}"
    return header


def _rank(name: str) -> tuple[int, str]:
    return list(_LABELS).index(name) if name in _LABELS else len(_LABELS), name


def _change(name: str, before: Any, after: Any) -> Text:
    label = _LABELS.get(name) or Text(en=name, ru=name)
    if name in _LONG:
        return Text(en=f"{label.en} changed", ru=f"изменено: {label.ru}")
    shown = f"{_shown(before)} -> {_shown(after)}"
    return Text(en=f"{label.en} {shown}", ru=f"{label.ru} {shown}")


def _shown(field: Any) -> str:
    return "-" if field is None else str(field)
