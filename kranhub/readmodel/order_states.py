"""The read model's table of open orders: the state of each, and since when it is in it; for metrics.

It is folded from the timeline's rows and can be filled from them again at any time.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import NamedTuple, TypedDict

from sqlalchemy import Column, Connection, MetaData, String, Table, bindparam, delete, func, insert, select, update

from kranhub.readmodel.rows import TimelineRow
from kranhub.wire import messages
from kranhub.wire.messages import OrderLineState, OrderState, Subject

OVER = frozenset({OrderState.DELIVERED, OrderState.CLOSED, OrderState.CANCELLED, OrderState.REJECTED})
"""The states of an order that waits for nothing any more."""

HELD = OrderLineState.ON_HOLD

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
"""One row per order, by the latest status sent to its buyer. ``held_since`` is NULL where no line is on hold. Times as
in the timeline."""


class Count(NamedTuple):
    """A number of orders.

    Attributes:
        orders: How many there are.
        since: Since when the first of them is in this state; None where there are none.
    """

    orders: int
    since: str | None


AT_ONCE = 500
"""How many rows are folded with one query of the table."""

Key = tuple[str, str]
"""Topic and order key."""


class State(TypedDict):
    """The columns of `order_states` beside the key."""

    state: str
    since: str
    held_since: str | None


def fold(connection: Connection, rows: Iterable[TimelineRow]) -> None:
    """Fold timeline rows, in their order, into the orders' states; only the statuses that the buyer gets count."""
    statuses = (
        (row, value)
        for row in rows
        if row["subject"] == Subject.ORDER_STATUS and (value := json.loads(row["value"])).get("role") in (None, "buyer")
    )
    while portion := list(islice(statuses, AT_ONCE)):
        _fold(connection, portion)


def _fold(connection: Connection, statuses: Sequence[tuple[TimelineRow, messages.OrderStatus]]) -> None:
    known = _known(connection, {_key(row) for row, _ in statuses})
    now = dict(known)
    for row, value in statuses:
        if value["state"] in OVER:
            now.pop(_key(row), None)
        else:
            now[_key(row)] = _after(now.get(_key(row)), row, value)
    gone = [_place(key) for key in known.keys() - now.keys()]
    changed = [{**_place(key), **now[key]} for key in known.keys() & now.keys() if now[key] != known[key]]
    new = [{"topic": key[0], "order_key": key[1], **now[key]} for key in now.keys() - known.keys()]
    row_of_order = order_states.c.topic == bindparam("at_topic"), order_states.c.order_key == bindparam("at_key")
    for statement, values in (
        (delete(order_states).where(*row_of_order), gone),
        (update(order_states).where(*row_of_order), changed),
        (insert(order_states), new),
    ):
        if values:
            connection.execute(statement, values)


def _known(connection: Connection, keys: Collection[Key]) -> dict[Key, State]:
    table = order_states.c
    wanted = select(order_states).where(
        table.topic.in_({topic for topic, _ in keys}), table.order_key.in_({key for _, key in keys})
    )
    return {
        (row.topic, row.order_key): {"state": row.state, "since": row.since, "held_since": row.held_since}
        for row in connection.execute(wanted)
    }


def _after(known: State | None, row: TimelineRow, value: messages.OrderStatus) -> State:
    """Return the order's row after a status that its buyer got."""
    held = any(line["state"] == HELD for line in value["lines"])
    return {
        "state": value["state"],
        "since": known["since"] if known and known["state"] == value["state"] else row["time"],
        "held_since": ((known and known["held_since"]) or row["time"]) if held else None,
    }


def _key(row: TimelineRow) -> Key:
    return row["topic"], row["order_key"]


def _place(key: Key) -> dict[str, str]:
    return {"at_topic": key[0], "at_key": key[1]}


def by_state(connection: Connection, topic: str) -> dict[str, Count]:
    """Return the number of open orders by state."""
    table = order_states.c
    counted = select(table.state, func.count(), func.min(table.since)).where(table.topic == topic).group_by(table.state)
    return {state: Count(orders, since) for state, orders, since in connection.execute(counted)}


def held(connection: Connection, topic: str) -> Count:
    """Return the number of orders that have a line on hold."""
    table = order_states.c
    counted = select(func.count(), func.min(table.held_since)).where(
        table.topic == topic, table.held_since.is_not(None)
    )
    return Count(*connection.execute(counted).one())
