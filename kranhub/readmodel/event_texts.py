"""What one record means for an order, as a sentence. Pure: takes values, returns `Text`."""

from decimal import Decimal

from kranhub.readmodel import decision_texts
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.messages import AnyDecoded, OrderDocumentStatus, OrderResponseCode, PlantOrderDocumentStatus, Subject
from kranhub.wire.plain_json import plain


def describe(message: AnyDecoded) -> Text:  # noqa: C901, PLR0911  (one line for each record)
    """Return the sentence for a record; the sentence for one that concerns no order is its name."""
    match message.subject:
        case Subject.ORDER:
            return _order(message.value)
        case Subject.ROUTING_DECISION:
            return _decision(message.value)
        case Subject.PLANT_ORDER:
            return _plant_order(message.value)
        case Subject.ORDER_RESPONSE:
            return _response(message.value)
        case Subject.ORDER_STATUS:
            return _status(message.value)
        case Subject.ORDER_PLAN:
            return _plan(message.value)
        case Subject.PRODUCTION_STATUS:
            return _production(message.value)
        case Subject.RECEIPT:
            return _receipt(message.value)
        case Subject.DEAD_LETTER:
            return _dead_letter(message.value)
        case Subject.ALERT:
            return _alert(message.value)
    return Text(en=message.subject, ru=message.subject)


def _amount(line: messages.OrderLine | messages.RoutingDecision) -> str:
    return f"{plain(line['quantity'])} {line['unit']}"


def _order(value: messages.Order) -> Text:
    wanted = ", ".join(f"{line['item_code']} {_amount(line)}" for line in value["lines"])
    if value["document_status"] == OrderDocumentStatus.CANCELLED:
        return Text(en=f"{value['buyer']} cancelled the order", ru=f"{value['buyer']} отменяет заказ")
    return Text(
        en=f"{value['buyer']} orders: {wanted}, wanted by {value['requested_date']}",
        ru=f"{value['buyer']} заказывает: {wanted}, срок {value['requested_date']}",
    )


def _decision(value: messages.RoutingDecision) -> Text:
    en, ru = _why(value)
    if value["chosen"] is None:
        return Text(en=f"nobody can take {value['item']} ({en})", ru=f"некому взять {value['item']} ({ru})")
    return Text(
        en=f"{value['item']} {_amount(value)} goes to {value['chosen']} ({en})",
        ru=f"{value['item']} {_amount(value)} направлено в {value['chosen']} ({ru})",
    )


def _why(value: messages.RoutingDecision) -> tuple[str, str]:
    """Return, in English and Russian, the rule, how much is from stock, and why others were not chosen."""
    rule, version = value["rule"], value["rule_version"]
    en = ["no rule" if rule == NO_RULE else f"rule {rule}, version {version}"]
    ru = ["без правила" if rule == NO_RULE else f"правило {rule}, версия {version}"]
    if value["from_stock"] and Decimal(value["from_stock"]):
        stock = f"{plain(value['from_stock'])} {value['unit']}"
        en, ru = [*en, f"{stock} from stock"], [*ru, f"со склада {stock}"]
    for other in value["alternatives"]:
        if other["why_not"]:
            text = decision_texts.why_not(other["why_not"])
            en, ru = [*en, f"{other['member']} {text.en}"], [*ru, f"{other['member']}: {text.ru}"]
    return "; ".join(en), "; ".join(ru)


NO_RULE = "none"
"""The rule's name in a decision for which no rule was found."""


def _plant_order(value: messages.PlantOrder) -> Text:
    if value["document_status"] == PlantOrderDocumentStatus.CANCELLED:
        return Text(
            en=f"plant order {value['plant_order_id']} to {value['plant']} is cancelled",
            ru=f"заказ заводу {value['plant_order_id']} ({value['plant']}) отменён",
        )
    return Text(
        en=f"plant order {value['plant_order_id']} revision {value['revision']} to {value['plant']}",
        ru=f"заказ заводу {value['plant_order_id']} ревизия {value['revision']} для {value['plant']}",
    )


_RESPONSES = {
    OrderResponseCode.AB: Text(en="received", ru="получил"),
    OrderResponseCode.AP: Text(en="accepted", ru="принял"),
    OrderResponseCode.RE: Text(en="rejected", ru="отклонил"),
    OrderResponseCode.CA: Text(en="accepted with changes", ru="принял с изменениями"),
}


def _response(value: messages.OrderResponse) -> Text:
    code = value["response_code"]
    text = _RESPONSES.get(code) or Text(en=code, ru=code)
    dates = [line["promised_date"] for line in value["lines"] if line["promised_date"]]
    promise = f" ({max(dates)})" if dates else ""
    reason = f": {value['reason']}" if value["reason"] else ""
    return Text(
        en=f"{value['plant']} {text.en} {value['plant_order_id']}{promise}{reason}",
        ru=f"{value['plant']} {text.ru} {value['plant_order_id']}{promise}{reason}",
    )


def _status(value: messages.OrderStatus) -> Text:
    promise = f", {value['promised_date']}" if value["promised_date"] else ""
    who = _addressee(value)
    return Text(
        en=f"{who.en} is told: {value['state']}{promise}. {value['reason'].get('en', '')}".rstrip(),
        ru=f"{who.ru} сообщено: {value['state']}{promise}. {value['reason'].get('ru', '')}".rstrip(),
    )


def _plan(value: messages.OrderPlan) -> Text:
    day, slack = value["promised_date"] or value["earliest_date"], value["slack"]
    en, ru = f"plan {value['revision']}: {day or 'no day yet'}", f"план {value['revision']}: {day or 'дня пока нет'}"
    if slack is not None:
        en, ru = f"{en}, slack {slack} days", f"{ru}, запас дней: {slack}"
    if value["critical_path"]:
        decides = ", ".join(value["critical_path"])
        en, ru = f"{en}; decided by {decides}", f"{ru}; решает {decides}"
    return Text(en=en, ru=ru)


def _addressee(value: messages.OrderStatus) -> Text:
    """Return for whom a status is: the customer, or another member by role and id."""
    member, role = value.get("addressee"), value.get("role") or ""
    if member in (None, value["buyer"]):
        return Text(en="customer", ru="заказчику")
    return Text(en=f"{role} {member}".lstrip(), ru=f"{_ROLES_RU.get(role, role)} {member}".lstrip())


_ROLES_RU = {
    "payer": "плательщику",
    "user": "пользователю",
    "consignee": "грузополучателю",
    "programme": "программе",
}


def _production(value: messages.ProductionStatus) -> Text:
    return Text(
        en=f"{value['plant']} makes {value['item_code']}: {value['state']}, {plain(value['completed'])} of "
        f"{plain(value['planned'])} {value['unit']}",
        ru=f"{value['plant']} изготавливает {value['item_code']}: {value['state']}, {plain(value['completed'])} из "
        f"{plain(value['planned'])} {value['unit']}",
    )


def _receipt(value: messages.Receipt) -> Text:
    number = f" ({value['erp_reference']})" if value["erp_reference"] else ""
    return Text(
        en=f"the ERP of {value['member']} answered {value['outcome']} to {value['subject']} {value['key']}{number}",
        ru=f"система {value['member']} ответила {value['outcome']} на {value['subject']} {value['key']}{number}",
    )


def _dead_letter(value: messages.DeadLetter) -> Text:
    reason = value["reason"]
    return Text(
        en=f"dead letter at {value['stage']}, {value['code']}: {reason.get('en', '')}",
        ru=f"недоставленное на этапе {value['stage']}, {value['code']}: {reason.get('ru', '')}",
    )


def _alert(value: messages.Alert) -> Text:
    return Text(
        en=f"alert for {value['owner']}: {value['text'].get('en', '')}",
        ru=f"оповещение для {value['owner']}: {value['text'].get('ru', '')}",
    )
