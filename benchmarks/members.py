"""The master data under the benchmarks: the deployment's, with plants that never run out of capacity, and with more."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from benchmarks.cluster import REPOSITORY
from kranhub.parties.members import Capability, Member, Members, Quantity
from kranhub.settings import Settings
from streams.routing.masterdata import masterdata
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.rules import Rank, Rules

PLANTS = 5
AMPLE = 1_000_000
"""How many times their real capacity the plants have, so that all orders of a run fit into a week."""


def master(plants: int = PLANTS, rank: Rank = Rank.CAPABILITY) -> MasterData:
    """Return the deployment's master data with so many plants: every copy can make what the plant can that it copies.

    So the makers of an item grow with the members: that is the hardest case. Every rule ranks by ``rank``.
    """
    deploy = REPOSITORY / "deploy"
    folders = ("members", "nomenclature", "rules", "calendars")
    found = masterdata.load(*(deploy / folder / "omsk.yaml" for folder in folders))
    rules = Rules(rules=tuple(rule.model_copy(update={"rank": rank}) for rule in found.rules.rules))
    members = Members(members=tuple(_members(found.members, plants)), transport=found.members.transport)
    return MasterData(members, found.nomenclature, rules, found.calendars)


def makers_of_motors(count: int, rank: Rank) -> MasterData:
    """Return the deployment's master data in which so many plants make motors, all of them as the first does."""
    known = master(rank=rank)
    first = next(member for member in known.members.members if member.id == "oemz")
    copies = tuple(first.model_copy(update={"id": f"oemz-{number}"}) for number in range(2, count + 1))
    members = Members(members=(*known.members.members, *copies), transport=known.members.transport)
    return MasterData(members, known.nomenclature, known.rules, known.calendars)


def written(settings: Settings, folder: Path) -> Settings:
    """Return the settings with a file of `master`'s members, written into the folder."""
    path = folder / "members.yaml"
    document = master().members.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return settings.model_copy(update={"members_file": path})


def _members(known: Members, plants: int) -> Iterator[Member]:
    makers = [_ample(member) for member in known.members if member.makes]
    yield from makers
    yield from (member for member in known.members if not member.makes)
    own = [member for member in makers if "plant" in member.roles]
    for number in range(len(own), plants):
        copied = own[number % len(own)]
        yield copied.model_copy(update={"id": f"{copied.id}-{number // len(own) + 1}"})


def _ample(member: Member) -> Member:
    return member.model_copy(update={"capabilities": tuple(map(_with_room, member.capabilities))})


def _with_room(capability: Capability) -> Capability:
    weekly = capability.capacity
    if weekly is None:
        return capability
    more = Quantity(quantity=weekly.quantity * AMPLE, unit=weekly.unit)
    return capability.model_copy(update={"capacity": more})
