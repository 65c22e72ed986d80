"""Small master data of a test's own: a few plants, a few items, a rule; five working days a week, a day's transport."""

from collections.abc import Iterable, Mapping
from typing import Any

from kranhub.parties.members import Member, Members, Transport
from streams.routing.masterdata.calendars import Calendar, Calendars
from streams.routing.masterdata.items import Item, Nomenclature
from streams.routing.masterdata.masterdata import FIVE_DAYS, MasterData
from streams.routing.masterdata.rates import Rates
from streams.routing.masterdata.rules import Rule, Rules

CUSTOMER = "sibir-terminal"


def plant(name: str, *capabilities: Any, contains: bool | None = None, **changes: Any) -> Member:
    """A plant in Omsk; a capability is an OKPD2 code, or a mapping with more.

    ``contains`` says whether what its ERP has reserved contains the hub's orders.
    """
    site = {"id": f"{name}-works", "name": _name(name), "time_zone": "Asia/Omsk"}
    return _member(
        name,
        roles=["plant"],
        sites=[{**site, "reserved_contains_hub_orders": contains}],
        capabilities=list(capabilities),
        **changes,
    )


def other(name: str, role: str, **changes: Any) -> Member:
    """A member who makes nothing: a customer, a carrier."""
    return _member(name, roles=[role], **changes)


def _member(name: str, **fields: Any) -> Member:
    plain = {"id": name, "name": _name(name), "country": "RU", "region": "RU-OMS", "time_zone": "Asia/Omsk"}
    return Member.model_validate({**plain, "calendar": "five-days", **fields})


def item(name: str, okpd2: str, bill: Mapping[str, Any] | None = None, **changes: Any) -> Item:
    """An item that the customer calls by its own name. In the bill: quantity, or quantity and what it feeds."""
    components = [
        {"item": part, **(entry if isinstance(entry, dict) else {"quantity": entry})}
        for part, entry in (bill or {}).items()
    ]
    plain = {"item": name, "okpd2": okpd2, "name": _name(name), "unit": "H87", "codes": {CUSTOMER: name}}
    return Item.model_validate({**plain, "components": components, **changes})


def master(
    members: Iterable[Member],
    items: Iterable[Item],
    *rules: Mapping[str, Any],
    days: Iterable[tuple[str, str, int]] = (),
    default_days: int = 1,
    calendars: Iterable[Calendar] = (FIVE_DAYS,),
    rates: Iterable[Any] = (),
) -> MasterData:
    """The master data of these and of one customer; without a rule the best capability is asked first."""
    customer = other(CUSTOMER, "customer")
    ways = [{"from": origin, "to": destination, "days": number} for origin, destination, number in days]
    transport = Transport.model_validate({"default_days": default_days, "days": ways})
    named = [{"rule": f"rule-{number}", **fields} for number, fields in enumerate(rules or ({},), 1)]
    return MasterData(
        Members(members=(*members, customer), transport=transport),
        Nomenclature(version=1, items=tuple(items)),
        Rules(rules=tuple(Rule.model_validate(fields) for fields in named)),
        Calendars(calendars=tuple(calendars)),
        Rates.model_validate({"rates": [*rates]}),
    )


def _name(name: str) -> dict[str, str]:
    return {"en": name.capitalize(), "ru": f"«{name}»"}
