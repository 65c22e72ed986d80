"""Where the day happens: a namespace of its own, plants as large as the day needs, and topics with the day's clock."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from benchmarks.cluster import PATIENCE_S, Cluster
from deploy.embedded import stack
from kranhub.broker import topics
from kranhub.parties import members
from kranhub.settings import Settings
from tools.simulation.behaviour import BEHAVIOURS

ORDERS_PER_SCALE = 125
"""How many orders a day take the capacities of deploy/members/omsk.yaml some weeks: more orders, larger plants."""

QUICKER = 5
"""By how much lead times are shorter than in deploy/members/omsk.yaml, so that promises are due in weeks."""

RULES = Path(__file__).parent / "rules.yaml"

_FOR_EVER = str(2**63 - 1)
_CLOCK = {
    "message.timestamp.type": "CreateTime",
    "message.timestamp.after.max.ms": _FOR_EVER,
    "message.timestamp.before.max.ms": _FOR_EVER,
    "retention.ms": "-1",
}
"""The setting of members' topics by which the writer's time counts, whatever the broker's clock is, so that hours pass
in minutes."""


def scale(orders: int) -> int:
    """Return by how much the capacities are multiplied for so many orders."""
    return max(1, orders // ORDERS_PER_SCALE)


def scaled(companies: dict[str, Any], factor: int) -> dict[str, Any]:
    """Return a members file for the simulation: all capacities multiplied, lead times short, and what plants report."""
    return {**companies, "members": [_scaled(member, factor) for member in companies["members"]]}


def _scaled(member: dict[str, Any], factor: int) -> dict[str, Any]:
    if "capabilities" in member:
        member = {**member, "capabilities": [_capability(one, factor) for one in member["capabilities"]]}
    behaviour = BEHAVIOURS.get(member["id"])
    return {**member, "reports": [*behaviour.reports]} if behaviour and behaviour.reports else member


def _capability(capability: Any, factor: int) -> Any:
    if isinstance(capability, str):
        return capability
    if "working_days" in capability:
        capability = {**capability, "working_days": -(-capability["working_days"] // QUICKER)}
    if "capacity" in capability:
        capacity = capability["capacity"]
        capability = {**capability, "capacity": {**capacity, "quantity": capacity["quantity"] * factor}}
    return capability


def with_stores(companies: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a members file in which every plant has the store whose levels its ERP reports.

    What is reserved there contains the hub's orders: the plants' ERPs reserve what they have taken (`StockItem`).
    """
    changed = [
        {**member, "sites": [*member.get("sites", ()), _store(member)]} if "capabilities" in member else member
        for member in companies["members"]
    ]
    return {**companies, "members": changed}


def _store(member: dict[str, Any]) -> dict[str, Any]:
    store = {"id": f"{member['id']}-store", "name": member["name"], "time_zone": member["time_zone"]}
    return {**store, "reserved_contains_hub_orders": True}


@contextmanager
def environment(cluster: Cluster, orders: int, folder: Path) -> Iterator[Settings]:
    """Create the topics of a day's own namespace, and delete them at the end.

    Args:
        cluster: The running brokers and registry.
        orders: How many orders the day has: the plants are as large as these need.
        folder: Where the day's own files are written.

    Yields:
        The day's settings.
    """
    settings = _settings(cluster, orders, folder)
    companies = members.load(settings.required("members_file"))
    cluster.made += stack.prepare(settings, companies)[0]
    try:
        _by_the_days_clock(cluster, settings, companies)
        yield settings
    finally:
        cluster.delete([name for name in cluster.made if name.startswith(settings.namespace)])


def _settings(cluster: Cluster, orders: int, folder: Path) -> Settings:
    given = yaml.safe_load(cluster.settings.required("members_file").read_text(encoding="utf-8"))
    file = folder / "members.yaml"
    text = yaml.safe_dump(with_stores(scaled(given, scale(orders))), allow_unicode=True, sort_keys=False)
    file.write_text(text, encoding="utf-8")
    own = {"namespace": f"simulate-{uuid.uuid4().hex[:6]}.", "members_file": file, "rules_file": RULES}
    return cluster.settings.model_copy(update=own)


def _by_the_days_clock(cluster: Cluster, settings: Settings, companies: members.Members) -> None:
    kinds = [kind for kind in topics.OUT_KINDS if kind != "dead-letters"]
    names = [topics.out(settings.namespace, member.id, kind) for member in companies.members for kind in kinds]
    entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in _CLOCK.items()]
    resources = [ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries) for name in names]
    for answer in cluster.admin.incremental_alter_configs(resources).values():
        answer.result(PATIENCE_S)
