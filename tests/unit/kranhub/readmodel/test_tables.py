"""The read model: however a topic is cut into batches and whatever is folded again, the rows are those of one fold."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, select, text

from kranhub.errors import Failed, Unavailable
from kranhub.readmodel import tables
from kranhub.readmodel.tables import Stand
from kranhub.settings import Settings
from kranhub.wire.locations import TopicPartition

TOPIC = "t.hub.events"


def row(partition: int, offset: int, order: str = "1") -> Any:
    return {
        "topic": TOPIC,
        "partition": partition,
        "offset": offset,
        "order_key": f"buyer:{order}",
        "order_id": order,
        "event_id": f"{partition}/{offset}",
        "subject": "Order",
        "time": f"2026-11-24T08:00:{offset:02}.000000Z",
        "text_en": "said",
        "text_ru": "сказано",
        "value": "{}",
    }


def fold(engine: Any, rows: Sequence[Any]) -> None:
    reached = {TopicPartition(TOPIC, each["partition"]): Stand(each["offset"] + 1, each["time"]) for each in rows}
    with engine.begin() as connection:
        tables.fold(connection, tables.TIMELINE, rows, reached)


def folded(engine: Any) -> list[str]:
    with engine.connect() as connection:
        return sorted(connection.execute(select(tables.timeline.c.event_id)).scalars())


spans = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(1, 10)), max_size=12)


@given(spans)
def test_batches_that_overlap_fold_to_each_row_once(again: list[tuple[int, int, int]]) -> None:
    engine = create_engine("sqlite://")
    tables.create(engine)
    topic = {partition: [row(partition, offset) for offset in range(40)] for partition in range(3)}
    stood = dict.fromkeys(topic, 0)
    for partition, start, count in again:
        begin = min(start, stood[partition])  # a consumer begins at, or before, where the view stands
        fold(engine, topic[partition][begin : begin + count])
        stood[partition] = max(stood[partition], begin + count)
    for partition, rows in topic.items():
        fold(engine, rows[stood[partition] :])
    assert folded(engine) == sorted(each["event_id"] for rows in topic.values() for each in rows)
    engine.dispose()


def test_a_worker_that_writes_late_does_not_move_the_view_back(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = create_engine("sqlite://")
    tables.create(engine)
    fold(engine, [row(0, 0)])
    with engine.connect() as connection:
        seen_early = tables.stands(connection, tables.TIMELINE)
    fold(engine, [row(0, 9)])
    monkeypatch.setattr(tables, "stands", lambda *_: seen_early)
    with engine.begin() as connection:
        tables.fold(
            connection, tables.TIMELINE, [], {TopicPartition(TOPIC, 0): Stand(5, "2026-11-24T08:00:05.000000Z")}
        )
    monkeypatch.undo()
    with engine.connect() as connection:
        assert tables.stands(connection, tables.TIMELINE)[TopicPartition(TOPIC, 0)].next_offset == 10
    engine.dispose()


def test_a_batch_that_fails_moves_nothing() -> None:
    engine = create_engine("sqlite://")
    tables.create(engine)
    fold(engine, [row(0, 0)])
    broken = {**row(0, 2), "value": None}
    with pytest.raises(Unavailable), tables.errors(engine):
        fold(engine, [row(0, 1), broken])
    with engine.connect() as connection:
        assert tables.stands(connection, tables.TIMELINE)[TopicPartition(TOPIC, 0)].next_offset == 1
    assert folded(engine) == ["0/0"]
    engine.dispose()


def test_an_error_of_the_database_carries_no_payload(tmp_path: Path) -> None:
    engine = tables.open_engine(Settings(data_dir=tmp_path))
    tables.create(engine)
    with pytest.raises(Unavailable) as raised, tables.errors(engine):
        fold(engine, [{**row(0, 0), "value": None, "text_en": "a secret price"}])
    engine.dispose()
    assert "secret" not in str(raised.value)
    assert "secret" not in str(raised.value.__cause__)


def test_a_story_is_told_by_key_oldest_first() -> None:
    engine = create_engine("sqlite://")
    tables.create(engine)
    other = {**row(1, 0), "order_key": "somebody:1"}
    fold(engine, [row(0, 5), other, row(0, 7, "2")])
    with engine.connect() as connection:
        assert [each["event_id"] for each in tables.order_events(connection, TOPIC, "somebody:1")] == ["1/0"]
        assert [each["event_id"] for each in tables.order_events(connection, TOPIC, "buyer:1")] == ["0/5"]
        assert tables.as_of(connection, tables.TIMELINE, TOPIC) == "2026-11-24T08:00:07.000000Z"
        assert tables.as_of(connection, tables.TIMELINE, "another") is None
    engine.dispose()


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        ("1", ["buyer:1", "somebody:1"]),
        ("buyer:1", ["buyer:1"]),
        ("buyer:1/1.2.1", ["buyer:1"]),
        ("ЗП-12/2026", ["buyer:1", "buyer:A/4", "somebody:1"]),
        ("buyer:ЗП-12/2026", ["buyer:1", "buyer:A/4"]),
        ("somebody:ЗП-12/2026", ["somebody:1"]),
        ("A/4", ["buyer:A/4"]),
        ("buyer:A/4", ["buyer:A/4"]),
        ("buyer:A/4/1%2F2.1.1", ["buyer:A/4"]),
        ("buyer:4", []),
        ("buy%:ЗП-12/2026", []),
        ("ЗП-12", []),
    ],
)
def test_an_order_is_found_by_its_id_its_number_and_its_plant_orders(written: str, keys: list[str]) -> None:
    engine = create_engine("sqlite://")
    tables.create(engine)
    numbered = {"order_number": "ЗП-12/2026"}
    other = {**row(1, 0), "order_key": "somebody:1", **numbered}
    fold(engine, [{**row(0, 4), **numbered}, {**row(0, 5), "order_number": None}, other])
    fold(engine, [{**row(0, 6, "A/4"), **numbered}])
    with engine.connect() as connection:
        found = tables.find(connection, TOPIC, written)
    engine.dispose()
    assert found == dict.fromkeys(keys, "ЗП-12/2026")


def test_a_read_model_of_an_earlier_release_learns_the_orders_numbers(tmp_path: Path) -> None:
    engine = tables.open_engine(Settings(data_dir=tmp_path))
    tables.create(engine)
    known = row(0, 1)
    names, places = ", ".join(f'"{name}"' for name in known), ", ".join(f":{name}" for name in known)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX timeline_by_number"))
        connection.execute(text("ALTER TABLE timeline DROP COLUMN order_number"))
        connection.execute(text(f"INSERT INTO timeline ({names}) VALUES ({places})"), known)
    tables.create(engine)
    tables.create(engine)
    fold(engine, [{**row(0, 2), "order_number": "№ 7"}])
    with engine.connect() as connection:
        assert tables.find(connection, TOPIC, "№ 7") == {"buyer:1": "№ 7"}
        assert len([*tables.order_events(connection, TOPIC, "buyer:1")]) == 2
    engine.dispose()


def test_what_is_missing_and_what_is_away_are_told_apart(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    engine = tables.open_engine(settings)
    with pytest.raises(Failed, match="views run"):
        tables.require(engine)
    tables.create(engine)
    tables.require(engine)
    engine.dispose()
    (tmp_path / "file").write_text("no folder")
    with pytest.raises((Unavailable, OSError)):
        tables.create(tables.open_engine(Settings(data_dir=tmp_path / "file")))
