"""What is said of stock under codes or units without a mapping: kept until there is one, counted for operators."""

import base64
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, TypedDict, cast

from kranhub.wire.messages import InventoryLevel, PlannedReceipt
from streams.processor import State
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.validation.normalise import UNMAPPED_ITEM
from streams.stages.support.queues import RecordQueue

MAX_CODES, MAX_SITES = 100_000, 100
"""How many codes of one member, and how many sites and planned receipts of one code, have their latest record kept."""

PORTION = 200
"""How many codes are looked at with one record."""

EXAMPLES = 5
"""How many codes an alert names."""

PAUSE = timedelta(minutes=10)
"""The shortest time between two alerts about a member's codes."""

_NEWS = "unmapped/news"
"""The state's key of the members whose codes an alert is due for."""


class Kept(NamedTuple):
    """Whether a level is kept, and whether the reason is new for its code."""

    is_kept: bool
    is_new: bool


class Count(NamedTuple):
    """The codes of a member that the nomenclature does not have.

    Attributes:
        member: The member.
        codes: How many there are.
        examples: Some of them.
        is_full: Whether there is no room for more.
    """

    member: str
    codes: int
    examples: tuple[str, ...]
    is_full: bool


class UnmappedStock:
    """The latest level of every site, and every planned receipt, by member and code; the codes that were named since.

    ``unmapped/code/<member>/<code>`` are the levels, ``unmapped/count/<member>`` is how many codes are kept,
    ``unmapped/report/<member>`` what operators are alerted to of those that the nomenclature does not have.
    """

    def __init__(self) -> None:
        """Nothing is kept here: all of it is in the state, under ``unmapped``."""
        self._named = RecordQueue("unmapped/named")

    def keep(self, state: State, value: InventoryLevel | PlannedReceipt, data: bytes, why: str) -> Kept:
        """Keep a level or a planned receipt for later, where there is room.

        Args:
            state: The state of the partition.
            value: The InventoryLevel or the PlannedReceipt.
            data: The bytes that are kept of it.
            why: The code of its refusal.
        """
        member, code = value["company"], value["item_code"]
        number = value.get("receipt_id")  # only a receipt has one; no site's id contains a line feed
        site = value["site"] if number is None else f"receipt\n{number}"
        known = _known(state, member, code)
        sites = known["sites"]
        if not (sites or _count(state, member, 1)) or not (site in sites or len(sites) < MAX_SITES):
            return Kept(is_kept=False, is_new=True)
        sites[site] = [value["as_of"].isoformat(), base64.b64encode(data).decode()]
        state.put(_key(member, code), json.dumps({"reason": why, "sites": sites}).encode())
        if known["reason"] != why:
            _recount(state, member, code, (why == UNMAPPED_ITEM) - (known["reason"] == UNMAPPED_ITEM))
        return Kept(is_kept=True, is_new=known["reason"] != why)

    def name(self, state: State, codes: Iterable[tuple[str, str]]) -> None:
        """Note that a publication names these codes (member, code)."""
        for member, code in codes:
            if state.get(_key(member, code)) is not None:
                self._named.put(state, json.dumps([member, code]).encode())

    def mapped(self, state: State, master: MasterData) -> list[bytes]:
        """Return what was kept of the next codes that mean an item now, and forget it."""
        found = []
        for named in self._named.take(state, PORTION):
            member, code = json.loads(named)
            known = _known(state, member, code)
            sites = known["sites"]
            if sites and master.item_of(member, code) is not None:
                found += [base64.b64decode(data) for _, data in sites.values()]
                if known["reason"] == UNMAPPED_ITEM:
                    _recount(state, member, code, -1)
                state.delete(_key(member, code))
                _count(state, member, -1)
        return found

    def due_counts(self, state: State, now: datetime) -> list[Count]:
        """Return the counts that operators are to be alerted to now, and note that they are."""
        waiting = json.loads(state.get(_NEWS) or b"[]")
        due = [member for member in waiting if _is_due(_report_of(state, member), now)]
        if due:
            state.put(_NEWS, json.dumps([member for member in waiting if member not in due]).encode())
        return [_report(state, member, now) for member in due]


def _key(member: str, code: str) -> str:
    return f"unmapped/code/{member}/{code}"


class _Known(TypedDict):
    """What is kept of a code: why it was refused last, and each site's timestamp and level in base64."""

    reason: str
    sites: dict[str, list[str]]


def _known(state: State, member: str, code: str) -> _Known:
    data = state.get(_key(member, code))
    return cast(_Known, json.loads(data)) if data else {"reason": "", "sites": {}}


class _Report(TypedDict):
    """What operators are alerted to of a member's codes without an item.

    Attributes:
        codes: How many there are.
        examples: Some of them.
        at: When the last alert was sent; None before the first.
    """

    codes: int
    examples: list[str]
    at: str | None


def _report_of(state: State, member: str) -> _Report:
    data = state.get(f"unmapped/report/{member}")
    return cast(_Report, json.loads(data)) if data else {"codes": 0, "examples": [], "at": None}


def _recount(state: State, member: str, code: str, more: int) -> None:
    """Count a code in or out, and note that this is to be reported."""
    report = _report_of(state, member)
    report["codes"] += more
    if more > 0 and len(report["examples"]) < EXAMPLES:
        report["examples"].append(code)
    elif more < 0 and code in report["examples"]:
        report["examples"].remove(code)
    state.put(f"unmapped/report/{member}", json.dumps(report).encode())
    waiting = json.loads(state.get(_NEWS) or b"[]")
    if more and member not in waiting:
        state.put(_NEWS, json.dumps([*waiting, member]).encode())


def _is_due(report: _Report, now: datetime) -> bool:
    return report["at"] is None or now - datetime.fromisoformat(report["at"]) >= PAUSE


def _report(state: State, member: str, now: datetime) -> Count:
    report = _report_of(state, member)
    state.put(f"unmapped/report/{member}", json.dumps({**report, "at": now.isoformat()}).encode())
    kept = int(state.get(f"unmapped/count/{member}") or b"0")
    return Count(member, report["codes"], tuple(report["examples"]), kept >= MAX_CODES)


def _count(state: State, member: str, more: int) -> bool:
    """Add to how many codes of the member are kept; return False, and add nothing, where there is no room."""
    key = f"unmapped/count/{member}"
    count = int(state.get(key) or b"0") + more
    if count > MAX_CODES:
        return False
    state.put(key, b"%d" % count)
    return True
