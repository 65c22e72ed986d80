"""What one file of the master data names must stand in another, or be in use: mistakes name file, line and remedy."""

from collections.abc import Iterator, Set
from pathlib import Path

from kranhub.configuration import yaml_file
from kranhub.errors import Misconfigured
from kranhub.parties.currencies import currency_problem
from kranhub.parties.members import Members
from kranhub.text import Text
from streams.routing.masterdata.items import Item, Nomenclature
from streams.routing.masterdata.rates import Rates
from streams.routing.masterdata.rules import Rules

YamlPath = tuple[str | int, ...]
"""The keys and positions that lead to a value of a YAML file."""


def codes(nomenclature: Nomenclature, path: Path, members: Members, members_file: Path) -> None:
    """Check that every code is a member's, and every plausible quantity and safety stock for a member too.

    Args:
        nomenclature: The items with their codes.
        path: The nomenclature file.
        members: The members.
        members_file: The members file, for the remedy.

    Raises:
        Misconfigured: A code or a quantity is for no member.
    """
    for at, item in enumerate(nomenclature.items):
        for field, owners in (
            ("codes", item.codes),
            ("more_codes", item.more_codes),
            ("plausible_quantities", item.plausible_quantities),
            ("safety_stock", item.safety_stock),
        ):
            for member in owners:
                if member not in members.by_id:
                    line = line_of(path, ("items", at, field, member))
                    raise Misconfigured(_foreign_code(f"{path}:{line}", item.item, field, member, members_file))


def rules(found: Rules, path: Path, members: Members, members_file: Path) -> None:
    """Check that every rule names members only: one that names another company would silently never match.

    Args:
        found: The rules.
        path: The rules file.
        members: The members.
        members_file: The members file, for the remedy.

    Raises:
        Misconfigured: A rule names what is no member.
    """
    for at, rule in enumerate(found.rules):
        for place, member in _named(at, found):
            if member not in members.by_id:
                where = f"{path}:{line_of(path, place)}"
                raise Misconfigured(_foreign_rule(where, rule.rule, member, members_file))


def _named(at: int, found: Rules) -> Iterator[tuple[YamlPath, str]]:
    rule = found.rules[at]
    yield from ((("rules", at, "when", "buyer", number), name) for number, name in enumerate(rule.when.buyer))
    yield from ((("rules", at, "allow", number), name) for number, name in enumerate(rule.allow))
    yield from ((("rules", at, "deny", number), name) for number, name in enumerate(rule.deny))


def calendars(members: Members, path: Path, known: Set[str], calendars_file: Path) -> None:
    """Check that every member's calendar exists.

    Args:
        members: The members.
        path: The members file.
        known: The ids of the calendars.
        calendars_file: The calendars file, for the remedy.

    Raises:
        Misconfigured: A member has a calendar that does not exist.
    """
    for at, member in enumerate(members.members):
        if member.calendar not in known:
            where = f"{path}:{line_of(path, ('members', at, 'calendar'))}"
            raise Misconfigured(_no_calendar(where, member.id, member.calendar, calendars_file))


def lead_times(members: Members, path: Path, nomenclature: Nomenclature, nomenclature_file: Path) -> None:
    """Check that the unit of each rate and lot converts to the units of the items that it is for.

    Args:
        members: The members.
        path: The members file.
        nomenclature: The items.
        nomenclature_file: The nomenclature file, for the remedy.

    Raises:
        Misconfigured: One does not: how long the item takes would not be known.
    """
    for at, member in enumerate(members.members):
        for number, capability in enumerate(member.capabilities):
            for field, size in (("rate", capability.rate), ("lot", capability.lot)):
                items = (item for item in nomenclature.items if size and capability.covers(item.okpd2))
                for item in items:
                    if size and item.in_base(size.quantity, size.unit) is None:
                        line = line_of(path, ("members", at, "capabilities", number, field))
                        raise Misconfigured(_no_lead_time(f"{path}:{line}", field, size.unit, item, nomenclature_file))


def rates(found: Rates, path: Path) -> None:
    """Check that every currency is in use.

    Only files are checked so: ISO 4217 withdraws currencies, and what was published must be read all the same.

    Args:
        found: The rates.
        path: The rates file.

    Raises:
        Misconfigured: A rate has a currency that is not in use.
    """
    for at, rate in enumerate(found.rates):
        for field, currency in (("source", rate.source), ("target", rate.target)):
            if (problem := currency_problem(currency)) is not None:
                where = f"{path}:{line_of(path, ('rates', at, field))}"
                raise Misconfigured(Text(en=f"{where}: {problem.en}", ru=f"{where}: {problem.ru}"))


def line_of(path: Path, place: YamlPath) -> int:
    """Return the line (from 1) of the place in the file, or of the deepest value on the way to it."""
    root, _ = yaml_file.parse(path)
    return yaml_file.line(root, place)


_OF_A_MEMBER = {
    "plausible_quantities": Text(en="a plausible quantity", ru="обычное количество"),
    "safety_stock": Text(en="a safety stock", ru="страховой запас"),
}
"""What a field of an item holds for each member, where that is no code."""


def _foreign_code(where: str, item: str, field: str, member: str, members_file: Path) -> Text:
    what = _OF_A_MEMBER.get(field, Text(en="a code", ru="код"))
    return Text(
        en=f"{where}: item {item!r} has {what.en} of {member!r}, who is no member. "
        f"Add the member to {members_file} or correct the id.",
        ru=f"{where}: у позиции {item!r} есть {what.ru} участника {member!r}, которого нет. "
        f"Добавьте участника в {members_file} или исправьте имя.",
    )


def _foreign_rule(where: str, rule: str, member: str, members_file: Path) -> Text:
    return Text(
        en=f"{where}: rule {rule!r} names {member!r}, who is no member. "
        f"Add the member to {members_file} or correct the id.",
        ru=f"{where}: правило {rule!r} называет участника {member!r}, которого нет. "
        f"Добавьте участника в {members_file} или исправьте имя.",
    )


def _no_calendar(where: str, member: str, calendar: str, calendars_file: Path) -> Text:
    return Text(
        en=f"{where}: member {member!r} works by calendar {calendar!r}, which does not exist. "
        f"Add the calendar to {calendars_file} or correct the id.",
        ru=f"{where}: участник {member!r} работает по календарю {calendar!r}, которого нет. "
        f"Добавьте календарь в {calendars_file} или исправьте имя.",
    )


def _no_lead_time(where: str, field: str, unit: str, item: Item, nomenclature_file: Path) -> Text:
    return Text(
        en=f"{where}: {field} is in {unit}, and item {item.item!r} is counted in {item.unit}, which does not convert. "
        f"Add {unit} to its conversions in {nomenclature_file}, or give {field} in {item.unit}.",
        ru=f"{where}: {field} указан в {unit}, а позиция {item.item!r} считается в {item.unit}, и пересчёта нет. "
        f"Добавьте {unit} в её conversions в {nomenclature_file} или укажите {field} в {item.unit}.",
    )
