"""Topic names, partitions, retention, and who may write and read them; all are derived from the members file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kranhub.parties.members import Members
from kranhub.wire.messages import Subject

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
TOMBSTONE_DAYS = 90
"""How long a reader of a topic that others read may be stopped and still learn what was deleted (Kafka: 1 day)."""
HUB = "hub"

OUT_KINDS: Mapping[str, tuple[Subject, ...]] = {
    "orders": (Subject.ORDER,),
    "responses": (Subject.ORDER_RESPONSE,),
    "inventory": (Subject.INVENTORY_LEVEL, Subject.PLANNED_RECEIPT),
    "production": (Subject.PRODUCTION_STATUS,),
    "shipments": (Subject.SHIPMENT,),
    "receipts": (Subject.RECEIPT,),
    "disruptions": (Subject.DISRUPTION,),
    "items": (Subject.ITEM_MAPPING,),
    "dead-letters": (Subject.DEAD_LETTER,),
}
"""The records that a member writes, by the topic's last part."""

WRITTEN = tuple(record for records in OUT_KINDS.values() for record in records)
"""The records that a member writes."""

IN_KINDS = {"orders": Subject.PLANT_ORDER, "statuses": Subject.ORDER_STATUS}
"""The records that the hub addresses to a member, by the topic's last part."""


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it must exist.

    Attributes:
        name: Its name, with the namespace.
        partitions: How many partitions it has.
        config: Kafka's settings of the topic.
        writers: Who may write it: member ids, "hub" or "*".
        readers: Who may read it: member ids, "hub" or "*".
    """

    name: str
    partitions: int
    config: dict[str, str]
    writers: frozenset[str] = field(default_factory=frozenset)
    readers: frozenset[str] = field(default_factory=frozenset)


def out(namespace: str, member: str, kind: str) -> str:
    """Return the topic that a member writes, such as ``prod.out.zmk-most.orders``.

    Args:
        namespace: The namespace, with its dot.
        member: The member's id.
        kind: The last part of the name, such as those of `OUT_KINDS`.
    """
    return f"{namespace}out.{member}.{kind}"


def inbound(namespace: str, member: str, kind: str) -> str:
    """Return the topic on which the hub writes to a member, such as ``prod.in.zmk-most.orders``.

    Args:
        namespace: The namespace, with its dot.
        member: The member's id.
        kind: The last part of the name, one of `IN_KINDS`.
    """
    return f"{namespace}in.{member}.{kind}"


def hub(namespace: str, name: str) -> str:
    """Return one of the hub's own topics, such as ``prod.hub.work``."""
    return f"{namespace}hub.{name}"


def kind_of(subject: Subject) -> str:
    """Return the last part of the out topic that carries this record, such as ``orders`` for ``Order``."""
    return next(kind for kind, records in OUT_KINDS.items() if subject in records)


def owner(namespace: str, topic: str) -> str:
    """Return the member whose out topic this is; ingest trusts no other statement of identity."""
    return topic.removeprefix(namespace).split(".")[1]


def out_pattern(namespace: str) -> str:
    """Return the regular expression of all members' document topics that ingest reads."""
    kinds = "|".join(kind for kind in OUT_KINDS if kind != "dead-letters")
    escaped = namespace.replace(".", r"\.")
    return rf"^{escaped}out\.[a-z0-9-]+\.({kinds})$"


def specs(members: Members, namespace: str, *, work_partitions: int = 6) -> list[TopicSpec]:
    """Return every topic that the hub and its members need.

    Args:
        members: The members file.
        namespace: The namespace, with its dot.
        work_partitions: The number of partitions of the core's topics; fixed once the topics exist.
    """
    return [*_hub_specs(namespace, work_partitions), *member_specs(members, namespace)]


def member_specs(members: Members, namespace: str) -> list[TopicSpec]:
    """Return every topic that members write, or on which the hub writes to them."""
    return [spec for member in members.members for spec in _member_specs(namespace, member.id)]


def _kept(days: int = 400) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(days * DAY_MS), "message.timestamp.type": "LogAppendTime"}


def _large() -> dict[str, str]:
    """Return `_kept` for dead letters, which hold originals larger than what other topics take."""
    return {**_kept(), "max.message.bytes": str(4 * 1024 * 1024)}


def _compacted() -> dict[str, str]:
    return {"cleanup.policy": "compact", "message.timestamp.type": "LogAppendTime"}


def _read_by_others() -> dict[str, str]:
    """Return `_compacted` for readers that may be away for long: deletions can be seen for `TOMBSTONE_DAYS` days."""
    return {**_compacted(), "delete.retention.ms": str(TOMBSTONE_DAYS * DAY_MS)}


def _rewritten() -> dict[str, str]:
    """Return `_read_by_others` for records written every half minute: compacted hourly, to be read quickly."""
    return {**_read_by_others(), "segment.ms": str(HOUR_MS)}


def _member_specs(namespace: str, member: str) -> Iterator[TopicSpec]:
    me, centre = frozenset({member}), frozenset({HUB})
    for kind in OUT_KINDS:
        config = _large() if kind == "dead-letters" else _kept(30 if kind == "inventory" else 400)
        yield TopicSpec(out(namespace, member, kind), 1, config, writers=me, readers=centre)
    for kind in IN_KINDS:
        yield TopicSpec(inbound(namespace, member, kind), 1, _kept(), writers=centre, readers=me)
    yield TopicSpec(out(namespace, member, "recovery"), 1, _kept(30), writers=me, readers=centre)
    yield TopicSpec(out(namespace, member, "checkpoints"), 1, _compacted(), writers=me, readers=me)
    yield TopicSpec(out(namespace, member, "connector-status"), 1, _rewritten(), writers=me, readers=me | centre)


def _hub_specs(namespace: str, work_partitions: int) -> Iterator[TopicSpec]:
    centre = frozenset({HUB})
    everyone = frozenset({"*"})
    plan = [
        ("work", work_partitions, _kept(30), centre),
        ("allocation", work_partitions, _kept(30), centre),
        ("outbox", work_partitions, _kept(30), centre),
        ("events", 12, _kept(), centre),
        ("masterdata", 1, _read_by_others(), centre),
        ("items", 1, _read_by_others(), everyone),
        ("parties", 1, _read_by_others(), everyone),
        ("calendars", 1, _read_by_others(), everyone),
        ("boms", 1, _read_by_others(), centre),
        ("rules", 1, _read_by_others(), centre),
        ("rates", 1, _read_by_others(), centre),
        ("decisions", 6, _kept(), centre),
        ("alerts", 6, _kept(), centre),
        ("audit", 6, _kept(), centre),
        ("plans", 6, _read_by_others(), centre),
        ("loads", 1, _read_by_others(), centre),
        ("repromisings", 1, _kept(30), centre),
        ("dead-letters", 1, _large(), centre),
        ("recovery", 1, _compacted(), centre),
        ("clock", 1, _kept(1), centre),
        ("clock-changelog", 1, _compacted(), centre),
        ("masterdata-changelog", 1, _compacted(), centre),
        ("planner-changelog", work_partitions, _compacted(), centre),
        ("allocator-changelog", work_partitions, _compacted(), centre),
        ("dispatch-changelog", work_partitions, _compacted(), centre),
    ]
    for name, partitions, config, readers in plan:
        yield TopicSpec(hub(namespace, name), partitions, config, writers=centre, readers=readers)
