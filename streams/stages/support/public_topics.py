"""What everybody may read of the master data: an entry as the Avro record of its public, compacted topic."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from kranhub.parties.members import Member
from kranhub.wire import messages
from kranhub.wire.messages import (
    ItemSupply,
    Message,
    OrderQuantityRounding,
    RoutingAlternativeItems,
    RoutingMode,
    RoutingRank,
    Subject,
)
from streams.routing.masterdata.calendars import Calendar
from streams.routing.masterdata.entries import Bill, Kind
from streams.routing.masterdata.items import Component, Item
from streams.routing.masterdata.rates import Rate
from streams.routing.masterdata.rules import Rule


class PublicTopic(NamedTuple):
    """Where a kind of entry is published.

    Attributes:
        topic: The last part of the topic's name.
        subject: The type of the record.
        make: Returns the record of a value and its version.
    """

    topic: str
    subject: Subject
    make: Callable[[Any, int], Message]


def item(value: Item, version: int) -> messages.Item:
    """Return the Item; its bill stands on hub.boms."""
    return {
        "item": value.item,
        "okpd2": value.okpd2,
        "name": value.name.text.as_map(),
        "unit": value.unit,
        "conversions": dict(value.conversions),
        "codes": dict(value.codes),
        "components": [],
        "version": version,
        "supply": ItemSupply[value.supply.name],
        "more_codes": {member: list(codes) for member, codes in value.more_codes.items()},
        "order_quantity_increment": value.step,
        "minimum_order_quantity": value.order_quantity.minimum,
        "order_quantity_rounding": OrderQuantityRounding[value.order_quantity.rounding.name],
        "alternative_items": [
            {"item": other.item, "valid_from": other.valid_from, "valid_until": other.valid_until}
            for other in value.alternative_items
        ],
    }


def bill(value: Bill, version: int) -> messages.Bill:
    """Return the Bill."""
    alternatives: list[messages.BillAlternative] = [
        {
            "bill": other.bill,
            "valid_from": other.valid_from,
            "valid_until": other.valid_until,
            "characteristics": list(other.characteristics),
            "drawings": list(other.drawings),
            "drawing_revisions": list(other.drawing_revisions),
            "components": _components(other.components),
        }
        for other in value.bills
    ]
    return {
        "item": value.item,
        "components": _components(value.components),
        "version": version,
        "alternatives": alternatives,
    }


def _components(components: Iterable[Component]) -> list[messages.BillComponent]:
    return [{"item": part.item, "quantity": part.quantity, "feeds": part.feeds} for part in components]


def party(value: Member, _version: int) -> messages.Party:
    """Return the Party: who it is. What it can make, and at what cost, is not for everybody."""
    return {
        "party": value.id,
        "name": value.name.text.as_map(),
        "roles": sorted(value.roles),
        "country": value.country,
        "language": value.language,
        "time_zone": value.time_zone,
        "contact_ids": [contact.id for contact in value.contacts],
        "legal_name": value.legal_name,
        "inn": value.inn,
        "kpp": value.kpp,
        "ogrn": value.ogrn,
        "gln": value.gln,
        "region": value.region,
        "calendar": value.calendar,
        "currencies": list(value.currencies),
    }


def calendar(value: Calendar, _version: int) -> messages.Calendar:
    """Return the Calendar."""
    return {
        "calendar": value.calendar,
        "name": value.name.text.as_map(),
        "first_year": value.covers.first_year,
        "last_year": value.covers.last_year,
        "weekdays": list(value.weekdays),
        "dates_off": [day.isoformat() for day in value.days_off],
        "dates_worked": [day.isoformat() for day in value.working_days],
        "fixed_days_off": list(value.fixed_days_off),
    }


def rule(value: Rule, _version: int) -> messages.RoutingRule:
    """Return the RoutingRule."""
    when = value.when
    return {
        "rule": value.rule,
        "version": value.version,
        "when": {
            "kind": list(when.kind),
            "okpd2": list(when.okpd2),
            "buyer": list(when.buyer),
            "programme": list(when.programme),
        },
        "rank": RoutingRank[value.rank.name],
        "mode": RoutingMode[value.mode.name],
        "allow": list(value.allow),
        "deny": list(value.deny),
        "regions": list(value.regions),
        "currencies": list(value.currencies),
        "answer_within_working_days": value.answer_within_working_days,
        "maximum_portions": value.maximum_portions,
        "quotation_valid_days": value.quotation_valid_days,
        "maximum_quotation_valid_days": value.maximum_quotation_valid_days,
        "priority": value.priority,
        "report_within_working_days": value.report_within_working_days,
        "ship_within_working_days": value.ship_within_working_days,
        "arrival_margin_days": value.arrival_margin_days,
        "date_tolerance_days": value.date_tolerance_days,
        "frozen_zone_working_days": value.frozen_zone_working_days,
        "maximum_asked": value.maximum_asked,
        "alternative_items": RoutingAlternativeItems[value.alternative_items.name],
        "alternatives_need_consent": value.alternatives_need_consent,
    }


def rate(value: Rate, version: int) -> messages.ExchangeRateEntry:
    """Return the ExchangeRateEntry."""
    return {
        "source_currency": value.source,
        "target_currency": value.target,
        "rate": value.rate,
        "nominal": value.nominal,
        "valid_on": value.valid_on,
        "published_by": value.published_by,
        "version": version,
    }


PUBLIC_TOPICS: Mapping[str, PublicTopic] = {
    Kind.CALENDAR: PublicTopic("calendars", Subject.CALENDAR, calendar),
    Kind.PARTY: PublicTopic("parties", Subject.PARTY, party),
    Kind.ITEM: PublicTopic("items", Subject.ITEM, item),
    Kind.BILL: PublicTopic("boms", Subject.BILL, bill),
    Kind.RULE: PublicTopic("rules", Subject.ROUTING_RULE, rule),
    Kind.RATE: PublicTopic("rates", Subject.EXCHANGE_RATE_ENTRY, rate),
}
"""The topic of each kind of entry that is published; the other kinds are internal to the core."""
