"""The members file: the companies, their roles, capabilities, sites and contacts. Topics and rights follow."""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_serializer, model_validator

from kranhub.configuration import yaml_file
from kranhub.configuration.checks import Mistake
from kranhub.parties import units
from kranhub.parties.codes import Gln, Inn, Kpp, Ogrn
from kranhub.text import Text

MemberId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$", description="used in topic names")]
Okpd2 = Annotated[str, Field(pattern=r"^\d{2}(\.\d{1,3}){0,4}$", description="OK 034-2014, whole or a prefix")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217")]
Positive = Annotated[Decimal, Field(gt=0, max_digits=28, decimal_places=6)]


class Role(StrEnum):
    """What a company does in the cluster; one company may have several roles."""

    PLANT = "plant"
    CUSTOMER = "customer"
    LESSOR = "lessor"
    SERVICE = "service"
    CARRIER = "carrier"
    PROGRAMME = "programme"
    PARTNER = "partner"


class CutoverMode(StrEnum):
    """What the hub does with plant orders for a member: docs/cutover.md."""

    LIVE = "live"
    SHADOW = "shadow"
    STOPPED = "stopped"


class Reported(StrEnum):
    """What a member reports of each plant order without being asked."""

    PRODUCTION = "production"
    """That the work begins: where it does not, that is missed by the latest day on which it has to."""
    ARRIVALS = "arrivals"
    """That goods arrive; a carrier does so anyway. Where nobody does, the arrival is assumed."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError):
        raise Mistake(
            Text(
                en=f"{name!r} is no IANA time zone; use one such as Asia/Omsk",
                ru=f"{name!r} не часовой пояс IANA; возьмите, например, Asia/Omsk",
            )
        ) from None
    return name


def _known_unit(code: str) -> str:
    if code not in units.UNITS:
        raise Mistake(
            Text(
                en=f"unit {code!r} is not in the table of UN/CEFACT Recommendation 20; use a code such as KGM",
                ru=f"единицы {code!r} нет в таблице Рекомендации 20 ЕЭК ООН; возьмите код, например KGM",
            )
        )
    return code


TimeZone = Annotated[str, AfterValidator(_known_zone)]
UnitCode = Annotated[str, AfterValidator(_known_unit)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Name(_Model):
    """A company's or a site's name in both languages."""

    en: str = Field(min_length=1)
    ru: str = Field(min_length=1)

    @property
    def text(self) -> Text:
        """The name as a `Text`."""
        return Text(en=self.en, ru=self.ru)


class Site(_Model):
    """A place where a member makes, stores or receives goods.

    Attributes:
        time_zone: An IANA name.
        reserved_contains_hub_orders: Whether ``reserved`` of the site's stock levels contains what its ERP has promised
            to orders of the hub, from the receipt of the plant order until it is shipped; None where nobody has said
            so. Unless it does, the hub counts these promises itself until they are shipped.
    """

    id: MemberId
    name: Name
    time_zone: TimeZone
    reserved_contains_hub_orders: bool | None = None


class Contact(_Model):
    """A role that can be written to; events carry only its id."""

    id: str
    name: str
    email: str | None = None


class Quantity(_Model):
    """A quantity in a unit of UN/CEFACT Recommendation 20."""

    quantity: Positive
    unit: UnitCode


class Money(_Model):
    """An amount in a currency (ISO 4217)."""

    amount: Annotated[Decimal, Field(ge=0, max_digits=28, decimal_places=4)]
    currency: Currency


class VatBasis(_Model):
    """How costs are to be read; costs are compared without value added tax.

    Attributes:
        vat_included: Whether they include the tax.
        vat_rate: Its rate in percent; needed where they do.
    """

    vat_included: bool = False
    vat_rate: Annotated[Decimal, Field(ge=0, le=100, max_digits=28, decimal_places=6)] | None = None

    @model_validator(mode="after")
    def _rate_if_included(self) -> Self:
        if self.vat_included and self.vat_rate is None:
            raise Mistake(
                Text(
                    en="costs include VAT, but vat_rate is missing; give it in percent, such as 22",
                    ru="стоимость включает НДС, но vat_rate не указан; укажите его в процентах, например 22",
                )
            )
        return self


class WorkCentre(_Model):
    """What several capabilities share, such as a paint booth or welders: a work centre of ISA-95.

    Attributes:
        id: Its own among the member's.
        capacity: How much of it there is in one ISO week, such as 200 HUR.
    """

    id: MemberId
    capacity: Quantity


class Quota(_Model):
    """How much of a capability's weekly capacity some orders take at most, so that others find some as well.

    Attributes:
        buyer: The buyers whose orders it is for, together; empty for all.
        programme: The programmes whose orders it is for, together; empty for all.
        percent: The share of each week's capacity in percent.
    """

    buyer: tuple[MemberId, ...] = ()
    programme: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    percent: int = Field(ge=1, le=100)

    def matches(self, buyer: str, programme: str | None) -> bool:
        """Return whether the quota is for an order of this buyer and programme."""
        return (not self.buyer or buyer in self.buyer) and (not self.programme or programme in self.programme)


class Capability(VatBasis):
    """What a member can make: every item whose OKPD2 code begins with ``okpd2``. In a file the code alone is enough.

    Attributes:
        okpd2: The code, whole or a prefix.
        working_days: How many working days an order takes, where neither ``rate`` nor ``lot`` says it.
        setup_days: How many working days are needed before the first piece, beside ``rate`` or ``lot``.
        rate: How much is made in one working day, after ``setup_days``.
        lot: How much is made at a time.
        lot_days: How many working days one lot takes, one lot after the other, after ``setup_days``.
        work_centre: The work centre that limits it, in place of ``capacity``.
        usage: How much of the work centre, in its own unit, one base unit of the item takes.
        capacity: How much can be made in one ISO week; None for no limit.
        minimum_lot: The smallest quantity that is worth starting; None for no minimum.
        cost: The cost of one base unit of the item; None where none is given.
        lot_cost: The cost of one plant order whatever its quantity, such as setting up; None for none.
        quotas: What orders of some customers or programmes take of the capacity at most; the first that matches counts.
        vat_included: As in `VatBasis`.
        vat_rate: As in `VatBasis`.
    """

    okpd2: Okpd2
    working_days: int = Field(5, ge=0, le=999)
    setup_days: int = Field(0, ge=0, le=999)
    rate: Quantity | None = None
    lot: Quantity | None = None
    lot_days: int | None = Field(None, ge=1, le=999)
    work_centre: MemberId | None = None
    usage: Positive | None = None
    capacity: Quantity | None = None
    minimum_lot: Quantity | None = None
    cost: Money | None = None
    lot_cost: Money | None = None
    quotas: tuple[Quota, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _code_alone(cls, value: Any) -> Any:
        return {"okpd2": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_lead_time(self) -> Self:
        if self.rate is not None and self.lot is not None:
            raise _mistake(
                f"capability {self.okpd2!r} has a rate and a lot; leave one of them",
                f"у возможности {self.okpd2!r} есть и rate, и lot; оставьте одно из двух",
            )
        if (self.lot is None) != (self.lot_days is None):
            raise _mistake(
                f"capability {self.okpd2!r} has only one of lot and lot_days; give both: so much in so many days",
                f"у возможности {self.okpd2!r} есть только lot или только lot_days; укажите оба: сколько и за сколько "
                "дней",
            )
        if self.setup_days and self.rate is None and self.lot is None:
            raise _mistake(
                f"capability {self.okpd2!r} has setup_days without a rate or a lot; add one, or count these days among "
                "its working_days",
                f"у возможности {self.okpd2!r} есть setup_days без rate и lot; добавьте одно из них или включите эти "
                "дни в working_days",
            )
        return self

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.work_centre is None) != (self.usage is None):
            raise _mistake(
                f"capability {self.okpd2!r} has only one of work_centre and usage; give both: which, and how much of "
                "it one base unit of the item takes",
                f"у возможности {self.okpd2!r} есть только work_centre или только usage; укажите оба: какой и сколько "
                "его единиц уходит на базовую единицу позиции",
            )
        if self.work_centre is not None and self.capacity is not None:
            raise _mistake(
                f"capability {self.okpd2!r} has a capacity and a work_centre; leave one of them",
                f"у возможности {self.okpd2!r} есть и capacity, и work_centre; оставьте одно из двух",
            )
        return self

    def covers(self, okpd2: str) -> bool:
        """Return whether the member makes items of this OKPD2 code; whole groups of digits are compared."""
        return covers(self.okpd2, okpd2)


def _mistake(en: str, ru: str) -> Mistake:
    return Mistake(Text(en=en, ru=ru))


def covers(prefix: str, okpd2: str) -> bool:
    """Return whether an OKPD2 code begins with the prefix, group by group: 28.22 covers 28.22.14, but not 28.221."""
    return okpd2 == prefix or okpd2.startswith(f"{prefix}.")


class Member(_Model):
    """One company.

    Attributes:
        country: ISO 3166-1 alpha-2.
        region: ISO 3166-2.
        language: BCP 47.
        calendar: The id of a working calendar.
        capabilities: What a plant, partner or service organisation can make or do, best first.
        work_centres: What several of these share.
        currencies: Those in which it takes orders.
        programmes: Programmes about which it is informed, besides the one with its own id.
        cutover: What the hub does with plant orders for this member.
        reports: What it reports of each plant order beside readiness and shipments, so that its silence is noticed.
        inn: Russia's taxpayer number of the legal entity.
        kpp: Russia's code of the legal entity's tax registration.
        ogrn: Russia's registration number of the legal entity.
        gln: GS1's location number.
    """

    id: MemberId
    name: Name
    roles: frozenset[Role] = Field(min_length=1)
    country: str = Field(pattern="^[A-Z]{2}$")
    region: str | None = Field(None, pattern="^[A-Z]{2}-[A-Z0-9]{1,3}$")
    language: str = Field("ru", pattern="^[a-z]{2}$")
    time_zone: TimeZone
    calendar: str = "ru-5x2"
    sites: tuple[Site, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    work_centres: tuple[WorkCentre, ...] = ()
    currencies: tuple[Currency, ...] = Field(("RUB",), min_length=1)
    programmes: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    cutover: CutoverMode = CutoverMode.LIVE
    reports: frozenset[Reported] = frozenset()
    contacts: tuple[Contact, ...] = ()
    legal_name: str | None = None
    inn: Inn | None = None
    kpp: Kpp | None = None
    ogrn: Ogrn | None = None
    gln: Gln | None = None

    @field_serializer("roles", "reports")
    def _in_order(self, names: frozenset[str]) -> list[str]:
        return sorted(names)

    @property
    def makes(self) -> bool:
        """Whether plant orders may go to this member."""
        return bool(self.roles & {Role.PLANT, Role.PARTNER, Role.SERVICE})

    @model_validator(mode="after")
    def _programmes_if_programme(self) -> Self:
        if self.programmes and Role.PROGRAMME not in self.roles:
            raise Mistake(
                Text(
                    en=f"{self.id!r} has programmes but not the role programme; add it to roles",
                    ru=f"у {self.id!r} есть programmes, но нет роли programme; добавьте её в roles",
                )
            )
        return self

    @model_validator(mode="after")
    def _known_work_centres(self) -> Self:
        known = [centre.id for centre in self.work_centres]
        _refuse_repeats(
            known,
            Text(
                en=f"work centre {{!r}} of {self.id!r} stands twice; leave one entry",
                ru=f"рабочий центр {{!r}} участника {self.id!r} указан дважды; оставьте одну запись",
            ),
        )
        for capability in self.capabilities:
            if capability.work_centre is not None and capability.work_centre not in known:
                raise _mistake(
                    f"capability {capability.okpd2!r} of {self.id!r} names work centre {capability.work_centre!r}, "
                    "which is not among its work_centres; add it there or correct the id",
                    f"возможность {capability.okpd2!r} участника {self.id!r} называет рабочий центр "
                    f"{capability.work_centre!r}, которого нет в work_centres; добавьте его туда или исправьте имя",
                )
        return self

    @model_validator(mode="after")
    def _capable_if_plant(self) -> Self:
        if Role.PLANT in self.roles and not self.capabilities:
            raise Mistake(
                Text(
                    en=f"plant {self.id!r} has no capabilities; list the OKPD2 prefixes it makes",
                    ru=f"у завода {self.id!r} нет capabilities; перечислите коды ОКПД2, которые он делает",
                )
            )
        if Role.PLANT in self.roles and not self.sites:
            raise Mistake(
                Text(
                    en=f"plant {self.id!r} has no sites; list at least one with its time zone",
                    ru=f"у завода {self.id!r} нет площадок (sites); укажите хотя бы одну с часовым поясом",
                )
            )
        return self


class QuantityRate(Money):
    """An amount for one unit of UN/CEFACT Recommendation 20, such as a tonne."""

    unit: UnitCode


class FreightCost(VatBasis):
    """What a way costs, the parts added up.

    Attributes:
        per_shipment: For one plant order, whatever its quantity; None for none.
        per_quantity: For each unit of the goods; None for none.
        vat_included: As in `VatBasis`.
        vat_rate: As in `VatBasis`.
    """

    per_shipment: Money | None = None
    per_quantity: QuantityRate | None = None


class Leg(_Model):
    """How goods travel from one member to another, and back unless the way back has an entry of its own.

    Attributes:
        days: How many calendar days it takes.
        cost: What it costs; None where that is not known.
    """

    origin: MemberId = Field(alias="from")
    destination: MemberId = Field(alias="to")
    days: int = Field(ge=0, le=999)
    cost: FreightCost | None = None


class Duty(_Model):
    """What customs take of goods that go from one country to another, one way.

    Attributes:
        origin: ISO 3166-1 alpha-2.
        destination: ISO 3166-1 alpha-2.
        percent: Of the goods' cost and their transport, without VAT.
        okpd2: The goods, as an OKPD2 code or its prefix; None for all.
    """

    origin: str = Field(alias="from", pattern="^[A-Z]{2}$")
    destination: str = Field(alias="to", pattern="^[A-Z]{2}$")
    percent: Annotated[Decimal, Field(ge=0, le=1000, max_digits=28, decimal_places=6)]
    okpd2: Okpd2 | None = None


class Transport(_Model):
    """The ways between members.

    Attributes:
        default_days: The calendar days between two members for whom ``days`` has no entry.
        days: The ways.
        customs: The duties between countries; none where there is no entry. Of several the longest ``okpd2`` counts.
    """

    default_days: int = Field(1, ge=0, le=999)
    days: tuple[Leg, ...] = ()
    customs: tuple[Duty, ...] = ()

    @cached_property
    def _by_way(self) -> dict[tuple[str, str], Leg]:
        there = {(leg.origin, leg.destination): leg for leg in self.days}
        return {(leg.destination, leg.origin): leg for leg in self.days} | there

    def between(self, origin: str, destination: str) -> int:
        """Return the calendar days of transport from one member to another; 0 within one member."""
        leg = self._by_way.get((origin, destination))
        return 0 if origin == destination else leg.days if leg else self.default_days

    def cost(self, origin: str, destination: str) -> FreightCost | None:
        """Return what goods cost on their way from one member to another; None within one, or where it is not known."""
        leg = self._by_way.get((origin, destination))
        return leg.cost if leg and origin != destination else None

    def duty(self, origin: str, destination: str, okpd2: str) -> Decimal:
        """Return the duty on goods between two countries, in percent.

        Args:
            origin: ISO 3166-1 alpha-2.
            destination: ISO 3166-1 alpha-2.
            okpd2: The OKPD2 code of the goods.
        """
        found = [
            duty
            for duty in self.customs
            if (duty.origin, duty.destination) == (origin, destination)
            and (not duty.okpd2 or covers(duty.okpd2, okpd2))
        ]
        return max(found, key=lambda duty: len(duty.okpd2 or "")).percent if found else Decimal(0)


class Members(_Model):
    """All companies of the hub, and the transport days between them."""

    members: tuple[Member, ...] = Field(min_length=1)
    transport: Transport = Transport()

    @model_validator(mode="after")
    def _unique(self) -> Self:
        _refuse_repeats(
            [member.id for member in self.members],
            Text(
                en="member {!r} stands twice; give every company one entry",
                ru="участник {!r} указан дважды; оставьте одну запись на компанию",
            ),
        )
        ways = [f"{leg.origin} to {leg.destination}" for leg in self.transport.days]
        _refuse_repeats(
            ways,
            Text(en="the way from {} stands twice; leave one entry", ru="путь {} указан дважды; оставьте одну запись"),
        )
        for end in (end for leg in self.transport.days for end in (leg.origin, leg.destination)):
            if end not in self.by_id:
                raise Mistake(
                    Text(
                        en=f"transport names {end!r}, who is no member; correct the id",
                        ru=f"transport называет {end!r}, а такого участника нет; исправьте имя",
                    )
                )
        return self

    @cached_property
    def by_id(self) -> dict[str, Member]:
        """The members by their id."""
        return {member.id: member for member in self.members}


def _refuse_repeats(names: Iterable[str], text: Text) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Mistake(Text(en=text.en.format(name), ru=text.ru.format(name)))
        seen.add(name)


def load(path: Path) -> Members:
    """Read and validate a members file.

    Raises:
        Misconfigured: The file cannot be read or is wrong. The text names file, line and remedy.
    """
    return yaml_file.load(path, Members, "KRANHUB_MEMBERS_FILE")
