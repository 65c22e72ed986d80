"""A routing decision as text: a sentence for each of its codes, and its parts as lines for a person. Pure."""

from collections.abc import Mapping

from kranhub.readmodel.names import Names
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.plain_json import plain

WHY_NOT: Mapping[str, Text] = {
    "lower-rank": Text(en="stands lower in the ranking", ru="ниже в порядке выбора"),
    "later-date": Text(en="would be ready later", ru="будет готов позже"),
    "higher-cost": Text(en="costs more", ru="дороже"),
    "no-exchange-rate": Text(
        en="no exchange rate makes its cost comparable", ru="нет курса, чтобы сравнить его цену с другими"
    ),
    "higher-load": Text(en="has more of its capacity taken", ru="загружен сильнее"),
    "disrupted": Text(en="a disruption there makes it later or less", ru="из-за сбоя на заводе позже или меньше"),
    "offers-less": Text(en="can give only a part", ru="может дать лишь часть"),
    "not-asked": Text(
        en="was not asked: enough others stood before it", ru="не опрашивался: до него в очереди достаточно других"
    ),
    "no-offer": Text(en="made no offer in time", ru="не дал предложения в срок"),
    "rejected": Text(en="said no", ru="отказался"),
    "delivery-refused": Text(en="its ERP refused the plant order", ru="его учётная система не приняла заказ"),
    "no-answer": Text(en="did not answer in time", ru="не ответил в срок"),
    "no-capacity": Text(en="has no free capacity within the horizon", ru="нет свободной мощности в горизонте плана"),
    "not-allowed": Text(en="the rule does not allow it", ru="не допущен правилом"),
    "region": Text(en="is in no region of the rule", ru="не из регионов, названных правилом"),
    "currency": Text(en="takes no orders in this currency", ru="не принимает заказы в этой валюте"),
    "stopped": Text(en="gets no plant orders from the hub at present", ru="центр сейчас не передаёт ему заказы"),
    "below-minimum-lot": Text(en="the quantity is below its smallest lot", ru="количество меньше минимальной партии"),
    "partly-accepted": Text(en="was asked before the quantity was split", ru="уже опрошен до разделения количества"),
    "overridden-by-hand": Text(en="a person chose another plant", ru="сотрудник выбрал другой завод"),
    "another-by-hand": Text(en="a person chose another plant", ru="сотрудник выбрал другой завод"),
    "rejected-by-hand": Text(en="a person took the order back from it", ru="сотрудник снял с него заказ"),
    "not-approved": Text(en="nobody approved it in time", ru="не утверждён в срок"),
    "expired": Text(en="the quotation is no longer valid", ru="срок предложения истёк"),
    "no-rule": Text(en="no routing rule matches", ru="нет подходящего правила маршрутизации"),
    "plant-gone": Text(en="is no longer a member of the hub", ru="больше не участвует в работе центра"),
    "moved": Text(
        en="another plant was asked since, as the plants' systems show",
        ru="позже передано другому заводу, см. их системы",
    ),
    "withdrawn": Text(en="its ERP holds the plant order as cancelled", ru="в его учётной системе заказ отменён"),
    "not-made": Text(
        en="it has closed its production without making any", ru="закрыло производство, ничего не изготовив"
    ),
    "late-acceptance": Text(
        en="a plant that was asked before accepted after all",
        ru="завод, к которому обращались раньше, всё же согласился",
    ),
    "before-hub": Text(en="the order stood at a plant before the hub", ru="заказ был размещён до подключения к центру"),
}
"""Why a candidate was not chosen, by `RoutingDecision.alternatives.why_not`."""

HELD: Mapping[str, Text] = {
    "no-candidate": Text(en="nobody is left who can make it", ru="больше некому изготовить"),
    "no-rule": Text(en="no routing rule matches", ru="нет подходящего правила маршрутизации"),
    "no-capacity": Text(en="no plant has free capacity within the horizon", ru="ни у кого нет свободной мощности"),
    "no-offer": Text(en="nobody made an offer in time", ru="в срок никто не дал предложения"),
    "too-many-portions": Text(
        en="it would be split over too many plants", ru="пришлось бы делить на слишком много частей"
    ),
    "not-approved": WHY_NOT["not-approved"],
    "expired": WHY_NOT["expired"],
}
"""Why nobody has a portion, by the decision's input ``held``."""

MODES: Mapping[str, Text] = {
    "auto": Text(en="goes out by itself", ru="без участия человека"),
    "approve": Text(en="after a person's approval", ru="после утверждения человеком"),
}

HEADINGS = (
    Text(en="rank", ru="место"),
    Text(en="member", ru="участник"),
    Text(en="offer", ru="предложение"),
    Text(en="cost", ru="цена"),
    Text(en="ready on", ru="готовность"),
    Text(en="why not", ru="почему не выбран"),
)
"""The headings of the columns of `row`."""

CHOSEN = Text(en="chosen", ru="выбран")
NONE = "-"


def why_not(code: str | None) -> Text:
    """Return the sentence for a code; an unknown code is returned as it is, and None means "chosen"."""
    return CHOSEN if code is None else WHY_NOT.get(code) or Text(en=code, ru=code)


def held(code: str) -> Text:
    """Return why nobody has the portion; an unknown code is returned as it is."""
    return HELD.get(code) or why_not(code)


def title(value: messages.RoutingDecision, names: Names) -> Text:
    """Return what the decision is about: line, item, quantity, plant order."""
    what, number = names.item(value["item"]), value["plant_order_id"]
    amount = f"{plain(value['quantity'])} {value['unit']}"
    return Text(
        en=f"Line {value['line_id']}: {what.en}, {amount}" + (f"; plant order {number}" if number else ""),
        ru=f"Строка {value['line_id']}: {what.ru}, {amount}" + (f"; заказ заводу {number}" if number else ""),
    )


def rule(value: messages.RoutingDecision) -> Text:
    """Return when, by which rule and in which mode the decision was made."""
    moment = f"{value['decided_at']:%Y-%m-%d %H:%M:%S} UTC"
    mode = MODES.get(value["mode"]) or Text(en=value["mode"], ru=value["mode"])
    by_hand = value["inputs"].get("by_hand")
    return Text(
        en=f"decided {moment} by rule {value['rule']}, version {value['rule_version']}: "
        + ("by a person's hand" if by_hand else mode.en),
        ru=f"решено {moment}, правило {value['rule']}, версия {value['rule_version']}: "
        + ("вручную, сотрудником" if by_hand else mode.ru),
    )


def outcome(value: messages.RoutingDecision, names: Names) -> Text:
    """Return who got the portion, how much of it is from stock, and the dates; or why nobody could take it."""
    if value["chosen"] is None:
        why = held(value["inputs"].get("held") or "no-candidate")
        return Text(en=f"nobody could take it: {why.en}", ru=f"взять некому: {why.ru}")
    who = names.member(value["chosen"])
    en = [f"goes to {who.en}", *_stock(value, "from stock"), *_days(value, "asked for by", "ready on")]
    ru = [f"исполнитель {who.ru}", *_stock(value, "со склада"), *_days(value, "срок", "готовность")]
    if value["inputs"].get("cutover") == "shadow":
        en.append("in shadow: the hub does not tell the plant")
        ru.append("в теневом режиме: центр не передаёт заказ заводу")
    return Text(en="; ".join(en), ru="; ".join(ru))


def sentence(value: messages.RoutingDecision, names: Names) -> Text:
    """Return the decision in one sentence: `title` and `outcome`."""
    what, then = title(value, names), outcome(value, names)
    return Text(en=f"{what.en}: {then.en}.", ru=f"{what.ru}: {then.ru}.")


def _stock(value: messages.RoutingDecision, label: str) -> list[str]:
    found = value["from_stock"]
    return [] if found is None else [f"{label} {plain(found)} {value['unit']}"]


def _days(value: messages.RoutingDecision, asked: str, ready: str) -> list[str]:
    inputs = value["inputs"]
    days = ((asked, inputs.get("requested_date")), (ready, inputs.get("available_on")))
    return [f"{label} {day}" for label, day in days if day]


_COSTS = {
    "goods": Text(en="goods", ru="товар"),
    "lot": Text(en="lot", ru="партия"),
    "transport": Text(en="transport", ru="перевозка"),
    "customs": Text(en="customs", ru="пошлина"),
}


def landed_cost(other: messages.Alternative, unit: str, names: Names) -> Text | None:
    """Return what an offer costs where the goods go, in its parts; None where that is not known.

    Args:
        other: The alternative.
        unit: The unit of the decision's quantity.
        names: The names of members.
    """
    parts = other.get("landed_cost") or []
    if not parts:
        return None
    who, currency = names.member(other["member"]), parts[0]["currency"]
    amount, total = f"{plain(parts[0]['quantity'])} {unit}", plain(sum(part["amount"] for part in parts))
    kinds = [
        (_COSTS.get(part["kind"], Text(en=part["kind"], ru=part["kind"])), plain(part["amount"])) for part in parts
    ]
    return Text(
        en=f"{who.en}, {amount} at the place of use, without VAT: {total} {currency}"
        f" ({', '.join(f'{kind.en} {cost}' for kind, cost in kinds)})",
        ru=f"{who.ru}, {amount} на месте использования, без НДС: {total} {currency}"
        f" ({', '.join(f'{kind.ru} {cost}' for kind, cost in kinds)})",
    )


def row(other: messages.Alternative, unit: str, names: Names) -> tuple[str, ...]:
    """Return an alternative as cells under `HEADINGS`, in the reader's language; what is not known is a dash.

    Args:
        other: The alternative.
        unit: The unit of the decision's quantity.
        names: The names of members.
    """
    cost = plain(other["cost"]) if other["cost"] is not None else NONE
    return (
        str(other["rank"]),
        str(names.member(other["member"])),
        f"{plain(other['offered'])} {unit}" if other["offered"] is not None else NONE,
        f"{cost} {other.get('cost_currency') or ''}".rstrip(),
        str(other["available_on"] or NONE),
        str(why_not(other["why_not"])),
    )
