"""The read model's table of orders that are not over: in which state each is, and since when; for metrics.

It is folded from the timeline's rows and can be filled from them again at any time.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, MetaData, String, Table, delete, func, insert, select, update

OVER = frozenset({"DELIVERED", "CLOSED", "CANCELLED", "REJECTED"})
"""States of an order about which nothing waits any more."""

HELD = "ON_HOLD"

metadata = MetaData()

order_states = Table(
    "order_states",
    metadata,
    Column("topic", String(249), primary_key=True),
    Column("order_key", String(500), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("since", String(32), nullable=False),
    Column("held_since", String(32)),
)
"""One row per order, as its buyer was last told. ``held_since`` is NULL where no line is on hold. Times as in the
timeline."""


class Count(NamedTuple):
    """So many orders, and the time since when the first of them is so; None without any."""

    orders: int
    since: str | None


def fold(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Take timeline rows, in their order; only what the buyer is told counts."""
    for row in rows:
        if row["subject"] == "OrderStatus" and (value := json.loads(row["value"])).get("role") in (None, "buyer"):
            _take(connection, row, value)


def _take(connection: Connection, row: Mapping[str, Any], value: Mapping[str, Any]) -> None:
    mine = order_states.c.topic == row["topic"], order_states.c.order_key == row["order_key"]
    if value["state"] in OVER:
        connection.execute(delete(order_states).where(*mine))
        return
    known = connection.execute(select(order_states).where(*mine)).one_or_none()
    held = any(line["state"] == HELD for line in value["lines"])
    now = {
        "state": value["state"],
        "since": known.since if known and known.state == value["state"] else row["time"],
        "held_since": ((known and known.held_since) or row["time"]) if held else None,
    }
    if known is None:
        connection.execute(insert(order_states).values(topic=row["topic"], order_key=row["order_key"], **now))
    else:
        connection.execute(update(order_states).where(*mine).values(**now))


def by_state(connection: Connection, topic: str) -> dict[str, Count]:
    """Return the orders that are not over, by state."""
    table = order_states.c
    counted = select(table.state, func.count(), func.min(table.since)).where(table.topic == topic).group_by(table.state)
    return {state: Count(orders, since) for state, orders, since in connection.execute(counted)}


def held(connection: Connection, topic: str) -> Count:
    """Return the orders of which a line is on hold."""
    table = order_states.c
    counted = select(func.count(), func.min(table.held_since)).where(
        table.topic == topic, table.held_since.is_not(None)
    )
    return Count(*connection.execute(counted).one())
