"""The Omsk cluster's master data, and the same with another version or numbers."""

from pathlib import Path

from streams.routing.masterdata import masterdata
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.rules import Rules
from streams.routing.model.copying import replace

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
