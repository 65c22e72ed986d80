"""Why a plant's or a customer's Tryton refuses a document: the business reasons, in both languages."""

from collections.abc import Sequence

from kranhub.errors import Failed
from kranhub.text import Text
from kranhub.wire import messages


class Rejected(Failed):
    """This document cannot be taken as it is; the text is the receipt's reason. Never leaves the sink."""


def unknown_product(code: str) -> Rejected:
    """The ordered product code does not exist here."""
    return Rejected(
        Text(
            en=f"Tryton has no product with the code {code!r}. Create it, or correct the code in the nomenclature.",
            ru=f"В Tryton нет товара с кодом {code!r}. Создайте его или исправьте код в номенклатуре.",
        )
    )


def unknown_unit(unit: str) -> Rejected:
    """The unit does not exist here, or not for this product."""
    return Rejected(
        Text(
            en=f"The unit {unit} fits none of the product's units in Tryton. Add it to `units` of the connector, or "
            "to Tryton in the product's category.",
            ru=f"Единица {unit} не подходит ни к одной единице товара в Tryton. Добавьте её в `units` коннектора или "
            "в категорию единиц товара в Tryton.",
        )
    )


def unknown_party(code: str) -> Rejected:
    """The buyer's party does not exist here."""
    return Rejected(
        Text(
            en=f"Tryton has no party with the code {code!r}. Create it, or correct `parties` of the connector.",
            ru=f"В Tryton нет контрагента с кодом {code!r}. Создайте его или исправьте `parties` коннектора.",
        )
    )


def unknown_currency(code: str) -> Rejected:
    """The order's currency does not exist here."""
    return Rejected(
        Text(
            en=f"Tryton has no currency {code}. Create it with a rate.",
            ru=f"В Tryton нет валюты {code}. Создайте её и задайте курс.",
        )
    )


def in_work(number: str) -> Rejected:
    """The plant already works on it."""
    return Rejected(
        Text(
            en=f"The sale {number} is in work already and can no longer be changed here. Call the plant.",
            ru=f"Продажа {number} уже в работе, изменить её здесь нельзя. Свяжитесь с заводом.",
        )
    )


def cancelled_by_plant(number: str | None) -> Rejected:
    """The plant itself has cancelled it."""
    return Rejected(
        Text(
            en=f"The plant has cancelled the sale {number or ''}. Ask the plant, or order anew.",
            ru=f"Завод отменил продажу {number or ''}. Уточните у завода или закажите заново.",
        )
    )


def gone(sale: int) -> Rejected:
    """Somebody has deleted it in this moment."""
    return Rejected(
        Text(
            en=f"The sale with the id {sale} was deleted in Tryton while it was being written. Ask the plant.",
            ru=f"Продажа с номером записи {sale} удалена в Tryton, пока её записывали. Уточните у завода.",
        )
    )


def not_as_written(fields: Sequence[str]) -> Rejected:
    """Tryton holds something else than what was sent."""
    names = ", ".join(fields)
    return Rejected(
        Text(
            en=f"Tryton holds other values than were sent: {names}. Check its rules for these fields.",
            ru=f"Tryton сохранил не то, что было передано: {names}. Проверьте правила для этих полей.",
        )
    )


def unknown_purchase(status: messages.OrderStatus) -> Rejected:
    """Return that the order of a status does not exist here."""
    order_id, number = status["order_id"], status.get("order_number")
    name = f"{number} (id {order_id})" if number else order_id
    return Rejected(
        Text(
            en=f"Tryton has no purchase {name} from the hub. Check that this is the right database, and whether the "
            "purchase was deleted or given to another supplier.",
            ru=f"В Tryton нет закупки {name} у центра. Проверьте, что это нужная база, и не удалена ли закупка и не "
            "передана ли другому поставщику.",
        )
    )
