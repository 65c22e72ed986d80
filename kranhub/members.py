"""The members file: the companies, their roles, capabilities, sites and contacts. Topics and rights follow from it."""

from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from kranhub import yamlfile
from kranhub.text import Text

MemberId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$", description="used in topic names")]


class Role(StrEnum):
    """What a company does in the cluster; one company may have several roles."""

    PLANT = "plant"
    CUSTOMER = "customer"
    LESSOR = "lessor"
    SERVICE = "service"
    CARRIER = "carrier"
    PROGRAMME = "programme"
    PARTNER = "partner"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError):
        raise ValueError(f"{name!r} is no IANA time zone; use one such as Asia/Omsk") from None
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


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
    """A place where a member makes, stores or receives goods. ``time_zone`` is an IANA name."""

    id: MemberId
    name: Name
    time_zone: TimeZone


class Contact(_Model):
    """A role to write to; events carry only its id."""

    id: str
    name: str
    email: str | None = None


class Member(_Model):
    """One company.

    ``capabilities`` are OKPD2 code prefixes that a plant or partner can make, best first. ``country`` is ISO 3166-1
    alpha-2, ``language`` BCP 47.
    """

    id: MemberId
    name: Name
    roles: frozenset[Role] = Field(min_length=1)
    country: str = Field(pattern="^[A-Z]{2}$")
    language: str = Field("ru", pattern="^[a-z]{2}$")
    time_zone: TimeZone
    sites: tuple[Site, ...] = ()
    capabilities: tuple[Annotated[str, Field(pattern=r"^\d{2}(\.\d{1,3}){0,4}$")], ...] = ()
    contacts: tuple[Contact, ...] = ()

    @property
    def makes(self) -> bool:
        """Whether plant orders may go to this member."""
        return bool(self.roles & {Role.PLANT, Role.PARTNER})

    @model_validator(mode="after")
    def _capable_if_plant(self) -> Self:
        if Role.PLANT in self.roles and not self.capabilities:
            raise ValueError(f"plant {self.id!r} has no capabilities; list the OKPD2 prefixes it makes")
        if Role.PLANT in self.roles and not self.sites:
            raise ValueError(f"plant {self.id!r} has no sites; list at least one with its time zone")
        return self


class Members(_Model):
    """All companies of the hub."""

    members: tuple[Member, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _unique(self) -> Self:
        seen: set[str] = set()
        for member in self.members:
            if member.id in seen:
                raise ValueError(f"member {member.id!r} stands twice; give every company one entry")
            seen.add(member.id)
        return self

    @cached_property
    def by_id(self) -> dict[str, Member]:
        """The members by their id."""
        return {member.id: member for member in self.members}


def load(path: Path) -> Members:
    """Read and validate a members file. Raises `Misconfigured` naming file, line and remedy."""
    return yamlfile.load(path, Members)
