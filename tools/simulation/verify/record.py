"""The topics' records after the day, sorted for the checks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from tools.simulation.consumer import ConsumedRecord, Decoder

Value = Mapping[str, Any]

WAITING = ("unmapped-item", "unmapped-unit")
"""The codes of dead letters whose documents the hub keeps all the same, and takes up by itself later."""

OUT_KINDS = ("orders", "responses", "inventory", "production", "shipments", "receipts", "items")
HUB = ("work", "allocation", "decisions", "alerts", "dead-letters")


@dataclass(frozen=True)
class DayRecord:
    """The committed records by topic, each partition in its order, decoded where a check needs it.

    Attributes:
        out: Members' documents by the topic's last part (``orders``, ``statuses``, …).
        addressed: The hub's documents to members, by the topic's last part.
        work: hub.work, not decoded but for the allocators' results.
        allocation: hub.allocation, not decoded but for ticks.
        decisions: The decisions.
        alerts: The alerts.
        dead_letters: The dead letters.
        members: The members.
    """

    out: Mapping[str, Sequence[ConsumedRecord]]
    addressed: Mapping[str, Sequence[ConsumedRecord]]
    work: Sequence[ConsumedRecord] = ()
    allocation: Sequence[ConsumedRecord] = ()
    decisions: Sequence[ConsumedRecord] = ()
    alerts: Sequence[ConsumedRecord] = ()
    dead_letters: Sequence[ConsumedRecord] = ()
    members: Sequence[Value] = field(default=())

    @cached_property
    def refused(self) -> frozenset[str]:
        """The ids of the documents that the hub has not taken."""
        return frozenset(seen.value["event_id"] for seen in self.dead_letters if seen.value["code"] not in WAITING)

    @cached_property
    def results(self) -> Sequence[ConsumedRecord]:
        """The allocators' results."""
        return [seen for seen in self.work if seen.kind == "AllocationResult"]

    @cached_property
    def end(self) -> datetime:
        """The hub's last time."""
        return max(seen.recorded for seen in (*self.work, *self.allocation) if seen.recorded is not None)

    @cached_property
    def last_status(self) -> dict[str, Value]:
        """The last status that each order's buyer was sent, by the order's key."""
        return {value["order_key"]: value for value in self.told_buyers}

    @cached_property
    def told_buyers(self) -> Sequence[Value]:
        """The statuses that buyers were sent, in the order of their revisions."""
        statuses = [seen.value for seen in self.addressed["statuses"] if seen.value["addressee"] == seen.value["buyer"]]
        return sorted(statuses, key=lambda value: int(value["revision"]))


def names(members: Iterable[str]) -> list[str]:
    """Return the topics to read, without the namespace."""
    ids = list(members)
    out = [f"out.{member}.{kind}" for member in ids for kind in OUT_KINDS]
    addressed = [f"in.{member}.{kind}" for member in ids for kind in ("orders", "statuses")]
    return [*out, *addressed, *(f"hub.{name}" for name in HUB)]


def sorted_out(found: Mapping[str, Sequence[ConsumedRecord]], decoder: Decoder) -> DayRecord:
    """Return what was read, decoded as far as the checks and the figures need it."""

    def of(prefix: str, kind: str) -> list[ConsumedRecord]:
        topics = [topic for topic in sorted(found) if topic.startswith(prefix) and topic.endswith(f".{kind}")]
        return [seen for topic in topics for seen in found[topic]]

    def decoded(records: Iterable[ConsumedRecord], *kinds: str) -> list[ConsumedRecord]:
        wanted = frozenset(kinds)
        return [
            seen._replace(value=decoder.value(seen.data), data=b"")
            if seen.data and (not wanted or seen.kind in wanted)
            else seen._replace(data=b"")
            for seen in records
        ]

    out = {kind: of("out.", kind) for kind in OUT_KINDS}
    for kind in ("orders", "responses", "production", "shipments", "items"):
        out[kind] = decoded(out[kind])
    return DayRecord(
        out=out,
        addressed={kind: decoded(of("in.", kind)) for kind in ("orders", "statuses")},
        work=decoded(found["hub.work"], "AllocationResult"),
        allocation=decoded(found["hub.allocation"], "AllocationRequest", "InventoryLevel"),
        decisions=decoded(found["hub.decisions"]),
        alerts=decoded(found["hub.alerts"]),
        dead_letters=decoded(found["hub.dead-letters"]),
    )
