"""Stock levels whose code or unit has no mapping yet: kept until a publication brings one."""

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from streams.exactly_once import State
from streams.router.masterdata import MasterData
from streams.stages.backlog import Backlog

MAX_CODES, MAX_SITES = 10_000, 100
"""Codes of one member, and sites of one code, of which the latest level is kept."""

PORTION = 200
"""Codes that are looked at with one record."""


class Unmapped:
    """The latest level of every site by member and code, and the codes of which a publication has spoken since."""

    def __init__(self) -> None:
        """Nothing is kept here: all of it is in the state, under ``unmapped``."""
        self._named = Backlog("unmapped/named")

    def keep(self, state: State, value: Mapping[str, Any], data: bytes, why: str) -> bool:
        """Keep ``data`` of an InventoryLevel for later; return whether people are yet to be told ``why`` (a code)."""
        member, code, site = value["company"], value["item_code"], value["site"]
        known = _known(state, member, code)
        sites = known["sites"]
        if (sites or _count(state, member, 1)) and (site in sites or len(sites) < MAX_SITES):
            if site not in sites or datetime.fromisoformat(sites[site][0]) <= value["as_of"]:
                sites[site] = [value["as_of"].isoformat(), base64.b64encode(data).decode()]
            state.put(_key(member, code), json.dumps({"told": why, "sites": sites}).encode())
        return bool(known["told"] != why)

    def name(self, state: State, codes: Iterable[tuple[str, str]]) -> None:
        """Take that a publication speaks of these codes (member, code)."""
        for member, code in codes:
            if state.get(_key(member, code)) is not None:
                self._named.put(state, json.dumps([member, code]).encode())

    def mapped(self, state: State, master: MasterData) -> list[bytes]:
        """Return what was kept of the next codes that mean an item now, and forget it."""
        found = []
        for named in self._named.take(state, PORTION):
            member, code = json.loads(named)
            sites = _known(state, member, code)["sites"]
            if sites and master.item_of(member, code) is not None:
                found += [base64.b64decode(data) for _, data in sites.values()]
                state.delete(_key(member, code))
                _count(state, member, -1)
        return found


def _key(member: str, code: str) -> str:
    return f"unmapped/code/{member}/{code}"


def _known(state: State, member: str, code: str) -> dict[str, Any]:
    data = state.get(_key(member, code))
    return json.loads(data) if data else {"told": "", "sites": {}}


def _count(state: State, member: str, more: int) -> bool:
    """Add to how many codes of the member are kept; return False, and add nothing, where there is no room."""
    key = f"unmapped/count/{member}"
    count = int(state.get(key) or b"0") + more
    if count > MAX_CODES:
        return False
    state.put(key, b"%d" % count)
    return True
