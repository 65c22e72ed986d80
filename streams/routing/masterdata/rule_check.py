"""What a person should look at in valid rules: never deciding, leaving nobody, lines without one, missing data.

Every kind of line that the master data know is tried: order kinds, items, buyers and programmes that rules name, and
one of each that no rule names. Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import NamedTuple, get_args

from kranhub.parties.members import Member
from kranhub.text import Text
from streams.routing.masterdata.items import Supply
from streams.routing.masterdata.masterdata import MasterData, gaps
from streams.routing.masterdata.rules import OrderKind, Rule

ANY = "*"
"""Stands for every buyer or programme that no rule names."""

NAMED = 3
"""How many items a finding names."""


class Kind(NamedTuple):
    """One kind of line: what `rules.When` looks at.

    Attributes:
        order: The order's kind.
        item: An item of such an OKPD2 code.
        buyer: The buyer; `ANY` for one that no rule names.
        programme: The programme; None for an order without one.
    """

    order: str
    item: str
    buyer: str
    programme: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at.

    Attributes:
        code: A stable code.
        subject: The rule, the item or the currency; empty where the text has it.
        text: What is to be looked at, and the remedy.
    """

    code: str
    subject: str
    text: Text


def findings(master: MasterData) -> list[Finding]:
    """Return what to look at.

    These are items that nobody makes, rules that never decide or leave nobody, gaps, costs without rates, and makers
    without a declared capacity.
    """
    decided: dict[str | None, list[Kind]] = {}
    for kind in _kinds(master):
        decided.setdefault(_first(kind, master), []).append(kind)
    return [
        *(Finding("nobody-makes", "", text) for text in gaps(master)),
        *(_never(rule, master) for rule in master.rules.rules if rule.rule not in decided),
        *_nobody(master, decided),
        *_no_rule(decided.get(None, [])),
        *_no_rates(master),
        *_no_capacity(master),
    ]


def _kinds(master: MasterData) -> Iterator[Kind]:
    rules = master.rules.rules
    buyers = sorted({buyer for rule in rules for buyer in rule.when.buyer})
    programmes = sorted({programme for rule in rules for programme in rule.when.programme})
    items = {item.okpd2: item.item for item in reversed(master.nomenclature.items)}
    for order, item in product(get_args(OrderKind), sorted(items.values())):
        yield from (Kind(order, item, *who) for who in product([*buyers, ANY], [*programmes, None]))


def _first(kind: Kind, master: MasterData) -> str | None:
    rule = master.rule_for(kind.order, master.items[kind.item].okpd2, kind.buyer, kind.programme)
    return rule.rule if rule else None


def _never(rule: Rule, master: MasterData) -> Finding:
    matching = [kind for kind in _kinds(master) if _matches(rule, kind, master)]
    before = list(dict.fromkeys(str(_first(kind, master)) for kind in matching))
    return Finding("never-decides", rule.rule, _shadowed(rule, before) if before else _no_item(rule))


def _matches(rule: Rule, kind: Kind, master: MasterData) -> bool:
    return rule.when.matches(kind.order, master.items[kind.item].okpd2, kind.buyer, kind.programme)


def _nobody(master: MasterData, decided: dict[str | None, list[Kind]]) -> Iterator[Finding]:
    for rule in master.rules.rules:
        items = sorted({kind.item for kind in decided.get(rule.rule, [])})
        left = [item for item in items if _makes_sense(item, master) and not allowed(rule, item, master)]
        if left:
            yield Finding("leaves-nobody", rule.rule, _leaves_nobody(rule, left))


def _makes_sense(item: str, master: MasterData) -> bool:
    return master.items[item].supply is Supply.MAKE and bool(master.makers(item))


def allowed(rule: Rule, item: str, master: MasterData) -> list[str]:
    """Return the makers of the item that the rule leaves for an order of some currency and of any quantity.

    Args:
        rule: The rule.
        item: The item's id.
        master: The master data.
    """
    makers = (master.members.by_id[maker.member] for maker in master.makers(item))
    return [member.id for member in makers if _may(rule, member)]


def _may(rule: Rule, member: Member) -> bool:
    return (
        member.id not in rule.deny
        and (not rule.allow or member.id in rule.allow)
        and (not rule.regions or member.region in rule.regions)
        and (not rule.currencies or bool({*rule.currencies} & {*member.currencies}))
    )


def _no_rule(kinds: Sequence[Kind]) -> Iterator[Finding]:
    if kinds:
        yield Finding("no-rule", "", _uncovered(kinds[0], len({kind.item for kind in kinds})))


def _no_rates(master: MasterData) -> Iterator[Finding]:
    """Where a rule compares costs, yield each currency of a cost that has no rate, of any day, to an order's."""
    if all(rule.rank != "lowest-cost" for rule in master.rules.rules):
        return
    members = master.members.members
    costs = {member.id: {*_currencies(member, master)} for member in members}
    asked = sorted({currency for member in members if costs[member.id] for currency in member.currencies})
    for source in sorted(set().union(*costs.values())):
        missing = [target for target in asked if target != source and not master.rates.on(source, target, date.max)]
        if missing:
            named = [member for member, currencies in costs.items() if source in currencies]
            yield Finding("no-rate", source, _without_rate(source, named, missing))


def _currencies(member: Member, master: MasterData) -> Iterator[str]:
    """Yield the currencies of the member's costs, and of those of its ways where it names a cost itself."""
    named = [money.currency for entry in member.capabilities for money in (entry.cost, entry.lot_cost) if money]
    yield from named
    for leg in master.members.transport.days if named else ():
        if member.id in (leg.origin, leg.destination) and leg.cost:
            yield from (money.currency for money in (leg.cost.per_shipment, leg.cost.per_quantity) if money)


def _no_capacity(master: MasterData) -> Iterator[Finding]:
    """Yield each maker of items for which it declares no capacity that can be measured in them."""
    unlimited: dict[str, list[str]] = {}
    for item in master.nomenclature.items:
        for maker in master.makers(item.item):
            capacity = maker.capability.capacity
            if capacity is None or item.in_base(capacity.quantity, capacity.unit) is None:
                unlimited.setdefault(maker.member, []).append(item.item)
    for member, items in sorted(unlimited.items()):
        yield Finding("no-capacity-declared", member, _without_capacity(member, items))


def _listed(items: Iterable[str]) -> str:
    names = list(items)
    return ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")


def _shadowed(rule: Rule, before: Sequence[str]) -> Text:
    names = _listed(before)
    return Text(
        en=f"Rule {rule.rule} never decides: whatever it is for is taken by rules before it ({names}). Move it up, or "
        "take it away.",
        ru=f"Правило {rule.rule} никогда не решает: всё, для чего оно написано, забирают правила выше ({names}). "
        "Поднимите его или удалите.",
    )


def _no_item(rule: Rule) -> Text:
    codes = ", ".join(rule.when.okpd2)
    return Text(
        en=f"Rule {rule.rule} never decides: no item of the nomenclature has an OKPD2 code {codes}. Correct the code.",
        ru=f"Правило {rule.rule} никогда не решает: в номенклатуре нет позиций с кодом ОКПД2 {codes}. Исправьте код.",
    )


def _leaves_nobody(rule: Rule, items: Sequence[str]) -> Text:
    names = _listed(items)
    return Text(
        en=f"Rule {rule.rule} leaves nobody who could make {names}: their makers are all outside its allow, deny, "
        "regions and currencies. Such lines would be held.",
        ru=f"Правило {rule.rule} не оставляет никого, кто мог бы изготовить {names}: все изготовители исключены его "
        "allow, deny, regions и currencies. Такие строки будут остановлены.",
    )


def _without_rate(source: str, members: Sequence[str], missing: Sequence[str]) -> Text:
    names, currencies = _listed(members), _listed(missing)
    return Text(
        en=f"Costs in {source} ({names}) cannot be compared in orders in {currencies}: no exchange rate says how. Such "
        "plants stand last by lowest-cost. Add a rate.",
        ru=f"Цены в {source} ({names}) не сравнить в заказах в {currencies}: нет курса. По lowest-cost такие "
        "заводы стоят последними. Добавьте курс.",
    )


def _without_capacity(member: str, items: Sequence[str]) -> Text:
    names = _listed(items)
    return Text(
        en=f"{member} declares no capacity for {names}: it counts as able to make any quantity at once. Add "
        "`capacity`, in a unit that converts to the item's.",
        ru=f"{member} не объявил мощность для {names}: считается, что любое количество он сделает "
        "сразу. Добавьте `capacity` в единице, которая пересчитывается в единицу позиции.",
    )


def _uncovered(kind: Kind, items: int) -> Text:
    buyer = "" if kind.buyer == ANY else f", {kind.buyer}"
    programme = f", {kind.programme}" if kind.programme else ""
    example = f"{kind.order}, {kind.item}{buyer}{programme}"
    return Text(
        en=f"No rule matches lines of {items} kinds of item, such as {example}: they would be held. Add a last rule "
        "without `when`.",
        ru=f"Для строк с позициями {items} видов нет правила, например: {example}. Они будут остановлены. Добавьте "
        "последнее правило без `when`.",
    )
