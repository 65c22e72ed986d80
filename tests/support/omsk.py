"""The Omsk cluster's master data, and the same with another version, rule or item."""

from pathlib import Path
from typing import Any

from streams.routing.masterdata import masterdata
from streams.routing.masterdata.items import Nomenclature
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.rules import Rule, Rules
from streams.routing.model.copying import replace
from tests.support.plants import MASTER

DEPLOY = Path("deploy")
FILES = ("members", "nomenclature", "rules", "calendars", "rates")
OMSK = masterdata.load(*(DEPLOY / kind / "omsk.yaml" for kind in FILES))


def bumped(master: MasterData, version: int) -> MasterData:
    """Return the same under another version."""
    nomenclature = master.nomenclature.model_copy(update={"version": version})
    return replace(master, nomenclature=nomenclature)


def renumbered(master: MasterData, version: int) -> MasterData:
    """Return the same with every rule, and the whole, under this version."""
    rules = Rules(rules=tuple(rule.model_copy(update={"version": version}) for rule in master.rules.rules))
    return replace(bumped(master, version), rules=rules)


def ruled(**rule: Any) -> MasterData:
    """Return Omsk's members and nomenclature, and this one rule."""
    return replace(MASTER, rules=Rules(rules=(Rule(rule="new", version=2, **rule),)))


def with_item(item: str, **changes: Any) -> MasterData:
    """Return Omsk's members and nomenclature with these fields of one item, as the next version."""
    items = tuple(
        known.model_copy(update=changes) if known.item == item else known for known in MASTER.nomenclature.items
    )
    return replace(MASTER, nomenclature=Nomenclature(version=2, items=items))
