"""What a plant's database says is still to come into stock."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.sql import SqlConfig, mapping
from connectors.sql.checkpoint import Memory
from connectors.sql.events import Item, RowComparison
from connectors.sql.mapping import Snapshot
from connectors.sql.values import Values
from kranhub.connector import Event, Unreadable
from kranhub.wire.messages import Subject
from streams.routing.validation.validate import validate
from tests.support.sql_plant import member, settings

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
VALUES = Values(ZoneInfo("Asia/Omsk"), {"шт": "H87", "т": "TNE"})
TABLE = {
    "table": "postuplenie",
    "key": "id",
    "number": "nomer",
    "item_code": "kod",
    "quantity": "ostalos",
    "unit": "ed",
    "expected_date": "srok",
    "site": "sklad",
    "sites": {"Склад металла": "zmk-most-works"},
    "source": "vid",
    "sources": {"закупка": "PURCHASE", "производство": "PRODUCTION"},
    "status": "status",
    "statuses": {"идёт": "active", "отменено": "cancelled", "закрыто": "closed", "черновик": "none"},
}


def row(**changes: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "nomer": "ЗП-7/1",
        "kod": "К",
        "ostalos": 6,
        "ed": "шт",
        "srok": "2026-12-10",
        "sklad": "Склад металла",
        "vid": "закупка",
        "status": "идёт",
        **changes,
    }


class Reading:
    """The table, read whole a minute apart."""

    def __init__(self, **changes: Any) -> None:
        config = SqlConfig.model_validate(settings(Path("plant.db"), planned_receipts={**TABLE, **changes}))
        streams = {stream.name: stream for stream in mapping.streams(config, member(), VALUES)}
        self.names, self.stream = list(streams), streams["planned_receipts"]
        self.comparison, self.now = RowComparison(self.stream, Memory("stream", {}), 1, None), NOW

    def read(self, *rows: Mapping[str, Any]) -> list[Item]:
        self.now += timedelta(minutes=1)
        self.comparison.begin()
        found = list(self.comparison.learn([Snapshot(dict(each)) for each in rows], self.now, paged=True))
        return [*found, *self.comparison.finish(self.now), *self.comparison.due(self.now, 120)]


def values(items: Sequence[Item]) -> list[Any]:
    return [item.value for item in items if isinstance(item, Event)]


def test_a_row_is_a_planned_receipt() -> None:
    (item,) = Reading().read(row())
    assert isinstance(item, Event)
    assert (item.key, item.subject) == ("ЗП-7/1", Subject.PLANNED_RECEIPT)
    assert item.value == {
        "company": "zmk-most",
        "site": "zmk-most-works",
        "receipt_id": "ЗП-7/1",
        "source": "PURCHASE",
        "item_code": "К",
        "item": None,
        "quantity": Decimal(6),
        "unit": "H87",
        "expected_date": date(2026, 12, 10),
        "document_status": "ACTIVE",
        "as_of": NOW + timedelta(minutes=1),
    }
    validate(Subject.PLANNED_RECEIPT, item.value, "zmk-most")


@pytest.mark.parametrize(
    ("changes", "quantity", "status"),
    [
        ({"ostalos": 2}, 2, "ACTIVE"),
        ({"status": "закрыто"}, 0, "ACTIVE"),
        ({"status": "отменено"}, 6, "CANCELLED"),
    ],
)
def test_what_changes_is_said_again(changes: Any, quantity: int, status: str) -> None:
    reading = Reading()
    reading.read(row())
    assert reading.read(row()) == []
    (value,) = values(reading.read(row(**changes)))
    assert (value["quantity"], value["document_status"]) == (quantity, status)


def test_a_draft_is_nothing_yet() -> None:
    assert Reading().read(row(status="черновик")) == []


def test_without_a_source_all_is_of_one_kind() -> None:
    reading = Reading(source=None, sources={}, kind="PRODUCTION", status=None, statuses={}, site=None)
    (value,) = values(reading.read(row()))
    assert (value["source"], value["document_status"], value["site"]) == ("PRODUCTION", "ACTIVE", "zmk-most-works")


def test_a_row_that_leaves_has_nothing_more_to_come() -> None:
    reading = Reading()
    reading.read(row())
    assert reading.read() == []
    assert reading.read() == []
    (value,) = values(reading.read())
    assert (value["quantity"], value["document_status"], value["site"]) == (0, "ACTIVE", "zmk-most-works")
    assert (value["item_code"], value["expected_date"]) == ("К", date(2026, 12, 10))
    validate(Subject.PLANNED_RECEIPT, value, "zmk-most")
    (value,) = values(reading.read(row()))
    assert value["quantity"] == 6, "it is back"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"srok": None}, "missing-value"),
        ({"ostalos": -1}, "negative-quantity"),
        ({"ed": "?"}, "unmapped-unit"),
        ({"vid": "?"}, "unmapped-value"),
        ({"sklad": "?"}, "unmapped-value"),
    ],
)
def test_a_bad_row_is_a_dead_letter_and_the_next_follows(changes: Any, code: str) -> None:
    letter, event = Reading().read(row(**changes), row(id=2, nomer="ЗП-8/1"))
    assert isinstance(letter, Unreadable)
    assert letter.code == code
    assert isinstance(event, Event)


def test_stock_is_read_before_what_is_to_come() -> None:
    names = Reading().names
    assert names.index("inventory") < names.index("planned_receipts")
