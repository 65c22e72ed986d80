"""The orders that are not over: as their buyers were last told, since when, and filled from an older timeline."""

import json
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from sqlalchemy import create_engine, delete

from kranhub.readmodel import order_states, tables
from kranhub.readmodel.order_states import Count
from kranhub.readmodel.tables import Stand
from kranhub.wire.locations import TopicPartition
from streams.views.order_metrics import OrderMetrics

TOPIC = "t.hub.events"


def told(offset: int, order: str, state: str, *lines: str, role: str | None = "buyer") -> Any:
    value = {"state": state, "role": role, "lines": [{"line_id": "1", "state": line} for line in lines or (state,)]}
    return {
        "topic": TOPIC,
        "partition": 0,
        "offset": offset,
        "order_key": f"buyer:{order}",
        "order_id": order,
        "event_id": f"{offset}",
        "subject": "OrderStatus",
        "time": f"2026-11-24T08:00:{offset:02}.000000Z",
        "text_en": "said",
        "text_ru": "сказано",
        "value": json.dumps(value),
    }


ROWS = [
    told(0, "1", "PLANNED"),
    told(1, "1", "PLANNED", "PLANNED", "ON_HOLD"),
    told(2, "2", "ON_HOLD", role=None),
    told(3, "2", "CLOSED", role="payer"),
    told(4, "3", "PLANNED"),
    told(5, "3", "CANCELLED"),
    told(6, "1", "CONFIRMED", "CONFIRMED", "ON_HOLD"),
    told(7, "4", "CONFIRMED"),
    {**told(8, "5", "PLANNED"), "subject": "Order", "value": "{}"},
]


def engine(folder: Path) -> Any:
    made = create_engine(f"sqlite:///{folder / 'model.sqlite'}")
    tables.create(made)
    return made


def fold(made: Any, rows: list[Any]) -> None:
    with made.begin() as connection:
        reached = {TopicPartition(TOPIC, 0): Stand(rows[-1]["offset"] + 1, rows[-1]["time"])}
        tables.fold(connection, tables.TIMELINE, rows, reached)


def counts(made: Any) -> tuple[dict[str, Count], Count]:
    with made.connect() as connection:
        return order_states.by_state(connection, TOPIC), order_states.held(connection, TOPIC)


EXPECTED = (
    {"CONFIRMED": Count(2, ROWS[6]["time"]), "ON_HOLD": Count(1, ROWS[2]["time"])},
    Count(2, ROWS[1]["time"]),
)


def test_each_order_is_in_the_state_that_its_buyer_was_told_since_it_was_first_told(tmp_path: Path) -> None:
    made = engine(tmp_path)
    fold(made, ROWS[:3])
    fold(made, ROWS[3:])
    fold(made, ROWS)  # again: nothing changes
    assert counts(made) == EXPECTED
    fold(made, [told(9, "1", "CONFIRMED")])
    assert counts(made)[1] == Count(1, ROWS[2]["time"])
    made.dispose()


def test_a_timeline_of_an_earlier_release_is_taken_up_once(tmp_path: Path) -> None:
    made = engine(tmp_path)
    fold(made, ROWS)
    with made.begin() as connection:
        connection.execute(delete(order_states.order_states))
    tables.create(made)
    assert counts(made) == ({}, Count(0, None))
    with made.begin() as connection:
        connection.execute(delete(tables.offsets).where(tables.offsets.c.view == "order_states"))
    tables.create(made)
    assert counts(made) == EXPECTED
    made.dispose()


def test_the_metrics_tell_every_state_and_nothing_without_the_database(tmp_path: Path) -> None:
    made = engine(tmp_path)
    fold(made, ROWS)
    registry = CollectorRegistry()
    registry.register(OrderMetrics(made, TOPIC))
    assert registry.get_sample_value("kranhub_orders", {"state": "CONFIRMED"}) == 2
    assert registry.get_sample_value("kranhub_orders", {"state": "RECEIVED"}) == 0
    assert registry.get_sample_value("kranhub_orders_on_hold") == 2
    assert (registry.get_sample_value("kranhub_orders_on_hold_oldest_seconds") or 0) > 0
    made.dispose()
    away = CollectorRegistry()
    away.register(OrderMetrics(create_engine(f"sqlite:///{tmp_path}/no/folder.sqlite"), TOPIC))
    assert list(away.collect()) == []
