"""Routing rules as data: which orders a rule is for, how it ranks the members, and whom it allows."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kranhub.configuration import yaml_file
from kranhub.configuration.checks import Mistake, mistake
from kranhub.parties.members import Currency, MemberId, Okpd2, covers
from kranhub.text import Text

RuleId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
OrderKind = Literal["SALE", "SPARE_PART", "SERVICE", "LEASE"]
"""The values of `Order.kind`."""


class Rank(StrEnum):
    """By what the members who can make an item are put in order."""

    CAPABILITY = "capability"
    EARLIEST_PROMISE = "earliest-promise"
    LOWEST_COST = "lowest-cost"
    BALANCED_LOAD = "balanced-load"


class Mode(StrEnum):
    """Whether plant orders go out by themselves, or wait for a person."""

    AUTO = "auto"
    APPROVE = "approve"


class AlternativeItems(StrEnum):
    """When an alternative item is tried in place of the ordered one."""

    NEVER = "never"
    WHERE_NONE = "where-none"
    """Where no plant can deliver the ordered item."""
    WHERE_LATE = "where-late"
    """There, and where the ordered item comes after its requested date."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class When(_Model):
    """Which order lines a rule is for; an empty list matches all.

    Attributes:
        kind: Kinds of orders.
        okpd2: Prefixes of the OKPD2 code of the line's item.
        buyer: Buyers.
        programme: Programmes of orders.
    """

    kind: tuple[OrderKind, ...] = ()
    okpd2: tuple[Okpd2, ...] = ()
    buyer: tuple[MemberId, ...] = ()
    programme: tuple[str, ...] = ()

    def matches(self, kind: str, okpd2: str, buyer: str, programme: str | None) -> bool:
        """Return whether the rule is for such a line.

        Args:
            kind: The order's kind.
            okpd2: The OKPD2 code of the line's item.
            buyer: The member who ordered.
            programme: The order's programme; None where it has none.
        """
        return (
            (not self.kind or kind in self.kind)
            and (not self.okpd2 or any(covers(prefix, okpd2) for prefix in self.okpd2))
            and (not self.buyer or buyer in self.buyer)
            and (not self.programme or programme in self.programme)
        )


class Rule(_Model):
    """One rule.

    Attributes:
        rule: Its id.
        version: A change of the rule needs a new one: decisions name the one they were made by.
        when: Which lines it is for.
        rank: How it ranks the members.
        mode: Whether plant orders go out by themselves, or wait for a person.
        allow: The only members that may be asked; empty for all.
        deny: Members that are not asked.
        regions: The only regions whose members may be asked; empty for all.
        currencies: The only currencies of orders; empty for all.
        answer_within_working_days: A plant's time to answer.
        maximum_portions: How many portions a line is split into at most.
        quotation_valid_days: How many days a quotation that names no day is valid after the day on which it comes.
        maximum_quotation_valid_days: How many days any quotation is valid at most.
        priority: The class of the orders: of those that wait for stock or capacity the lower number goes first.
        report_within_working_days: How long after a promised day a plant may take to report that it was kept.
        ship_within_working_days: How long goods may wait at the plant once they are made and promised.
        arrival_margin_days: Calendar days after the expected arrival until it is missed, or assumed.
        date_tolerance_days: A change of the earliest day by more than that is news to the buyer.
        frozen_zone_working_days: A plant order whose work begins within so many working days gets no later date by
            itself: a person is asked.
        alternative_items: When an alternative item is tried in place of the ordered one.
        alternatives_need_consent: An order that does not say whether alternatives are allowed gets none.
        maximum_asked: How many members are asked for an offer at a time; where none of them can, the next are asked.
    """

    rule: RuleId
    version: int = Field(1, ge=1)
    when: When = When()
    rank: Rank = Rank.CAPABILITY
    mode: Mode = Mode.AUTO
    allow: tuple[MemberId, ...] = ()
    deny: tuple[MemberId, ...] = ()
    regions: tuple[str, ...] = ()
    currencies: tuple[Currency, ...] = ()
    answer_within_working_days: int = Field(2, ge=1, le=99)
    maximum_portions: int = Field(4, ge=1, le=99)
    quotation_valid_days: int = Field(14, ge=0, le=999)
    maximum_quotation_valid_days: int = Field(60, ge=0, le=999)
    priority: int = Field(5, ge=0, le=9)
    report_within_working_days: int = Field(1, ge=0, le=99)
    ship_within_working_days: int = Field(3, ge=0, le=99)
    arrival_margin_days: int = Field(2, ge=0, le=99)
    date_tolerance_days: int = Field(3, ge=0, le=999)
    frozen_zone_working_days: int = Field(5, ge=0, le=999)
    maximum_asked: int = Field(10, ge=1, le=999)
    alternative_items: AlternativeItems = AlternativeItems.NEVER
    alternatives_need_consent: bool = True

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if both := sorted({*self.allow} & {*self.deny}):
            raise Mistake(
                Text(
                    en=f"rule {self.rule!r} allows and denies {both[0]!r}; leave it in one of the lists",
                    ru=f"правило {self.rule!r} и разрешает, и запрещает {both[0]!r}; оставьте его в одном списке",
                )
            )
        return self

    def names(self) -> set[str]:
        """Return the members that the rule names."""
        return {*self.when.buyer, *self.allow, *self.deny}


DEFAULTS = Rule(rule="none")
"""The settings where no rule matches: those of a rule that leaves everything out."""


class Rules(_Model):
    """All rules in their order: the first that matches decides."""

    rules: tuple[Rule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        mistakes = []
        seen: set[str] = set()
        for at, rule in enumerate(self.rules):
            if rule.rule in seen:
                twice = Text(
                    en=f"rule {rule.rule!r} stands twice; give every rule one entry",
                    ru=f"правило {rule.rule!r} указано дважды; оставьте одну запись",
                )
                mistakes.append(mistake(("rules", at, "rule"), twice))
            if at and self.rules[at - 1].when == When():
                mistakes.append(mistake(("rules", at, "rule"), _HIDDEN))
            seen.add(rule.rule)
        if mistakes:
            raise ValidationError.from_exception_data("Rules", mistakes)
        return self

    def first(self, kind: str, okpd2: str, buyer: str, programme: str | None) -> Rule | None:
        """Return the first rule for such a line, or None where none matches.

        Args:
            kind: The order's kind.
            okpd2: The OKPD2 code of the line's item.
            buyer: The member who ordered.
            programme: The order's programme; None where it has none.
        """
        return next((rule for rule in self.rules if rule.when.matches(kind, okpd2, buyer, programme)), None)


_HIDDEN = Text(
    en="the rule before matches everything; move it to the end",
    ru="предыдущее правило подходит ко всему; перенесите его в конец",
)


PLAIN = Rules(rules=(Rule(rule="capability-rank"),))
"""The rules where there is no rules file: the best capability first, without approval."""


def load(path: Path) -> Rules:
    """Read and validate a file of rules.

    Raises:
        Misconfigured: The file cannot be used; it names file, line and remedy.
    """
    return yaml_file.load(path, Rules, "KRANHUB_RULES_FILE")
