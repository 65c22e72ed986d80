"""An order's story: what each record says, what a plant order's later revision changes, in both languages."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kranhub.cli.main import cli
from kranhub.readmodel import event_texts, order_changes, tables
from kranhub.readmodel.rows import TimelineRow
from kranhub.readmodel.tables import Stand
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire.locations import TopicPartition
from kranhub.wire.messages import Subject
from kranhub.wire.plain_json import plain
from tests.support.fields import decoded
from tests.support.order_lines import CRANE, MOTORS, PAINT
from tests.support.plants import START, Cluster, Event, Value, full_order, full_response
from tests.support.recorded_events import recorded

DECISION: Any = {
    "item": "motor-crane-7kw5",
    "quantity": Decimal(6),
    "unit": "H87",
    "rule": "capability-rank",
    "rule_version": "1",
    "chosen": "oemz",
    "from_stock": Decimal(2),
    "alternatives": [{"member": "oemz", "why_not": None}, {"member": "oetz", "why_not": "no-answer"}],
}


def test_a_decision_names_its_rule_what_is_from_stock_and_why_others_were_passed_by() -> None:
    assert event_texts.describe(decoded(Subject.ROUTING_DECISION, DECISION)) == Text(
        en="motor-crane-7kw5 6 H87 goes to oemz (rule capability-rank, version 1; 2 H87 from stock; oetz did not "
        "answer in time)",
        ru="motor-crane-7kw5 6 H87 направлено в oemz (правило capability-rank, версия 1; со склада 2 H87; oetz: не "
        "ответил в срок)",
    )
    nobody: Any = {**DECISION, "chosen": None, "rule": "none", "from_stock": None, "alternatives": []}
    assert (
        event_texts.describe(decoded(Subject.ROUTING_DECISION, nobody)).en
        == "nobody can take motor-crane-7kw5 (no rule)"
    )


def rows(cluster: Cluster) -> list[Any]:
    """The plant orders that were said, as the timeline has them."""
    told = [
        (value, event_texts.describe(decoded(Subject.PLANT_ORDER, value)))
        for value in cluster.subjects(Subject.PLANT_ORDER)
    ]
    return [
        {
            "subject": "PlantOrder",
            "value": json.dumps(plain(value), ensure_ascii=False),
            "text_en": text.en,
            "text_ru": text.ru,
        }
        for value, text in told
    ]


def last(cluster: Cluster) -> Text:
    told = list(order_changes.with_changes(rows(cluster), {}))[-1]
    return Text(en=told["text_en"], ru=told["text_ru"])


def ordered(*lines: Value, **changes: Any) -> Cluster:
    cluster = Cluster(lambda asked: [])
    cluster.take(Event("o1", "Order", full_order("17", lines, **changes)))
    cluster.run()
    return cluster


def test_a_first_revision_is_told_as_it_is() -> None:
    assert last(ordered(MOTORS)).en == "plant order sibir-terminal:17/1.1.1 revision 1 to oemz"


def test_a_later_revision_says_quantity_and_date_before_and_after() -> None:
    cluster = ordered(MOTORS, requested_date=START.date().replace(year=2028))
    again = full_order("17", [{**MOTORS, "quantity": Decimal(6)}], requested_date=START.date().replace(year=2029))
    cluster.take(Event("o2", "Order", again))
    cluster.run()
    said = last(cluster)
    assert said.en.startswith("plant order sibir-terminal:17/1.1.1 revision 2 to oemz: quantity 4 H87 -> 6 H87; wanted")
    assert "количество 4 H87 -> 6 H87; срок 202" in said.ru


def test_a_plant_whose_goods_go_elsewhere_is_told_where_and_into_what() -> None:
    def answers(asked: Value) -> list[Event]:
        refused = asked["plant"] == "tsvetnoy-bulvar" and asked["document_status"] == "ACTIVE"
        value = full_response(asked, "RE" if refused else "AP", START)
        number = f"{asked['plant_order_id']}/{asked['revision']}"
        return [Event(number, "OrderResponse", value)] if asked["document_status"] == "ACTIVE" else []

    cluster = Cluster(answers)
    cluster.take(Event("o1", "Order", full_order("17", [CRANE])))
    cluster.run()
    told = [row["text_en"] for row in order_changes.with_changes(rows(cluster), {}) if "17/1.2.1 rev" in row["text_en"]]
    moved = "consignee tsvetnoy-bulvar -> zmk-most; goes into plant order sibir-terminal:17/1.3.1 -> "
    assert any(moved in text for text in told), told


def test_an_equal_revision_and_a_field_without_words_are_told() -> None:
    value = ordered(MOTORS).subjects("PlantOrder")[-1]
    assert order_changes.changes(value, {**value, "revision": 9}).en == "sent again, nothing has changed"
    assert order_changes.changes(value, {**value, "new_field": 1}) == Text(en="new_field - -> 1", ru="new_field - -> 1")


def test_every_field_of_a_plant_order_that_may_change_has_words() -> None:
    schema = json.loads(Path("schemas/PlantOrder.avsc").read_text(encoding="utf-8"))
    lines = next(field for field in schema["fields"] if field["name"] == "lines")["type"]["items"]["fields"]
    fixed = order_changes._OWN | {"line_id", "order_line_id", "item", "unit"}
    names = {field["name"] for field in [*schema["fields"], *lines]} - fixed
    assert names == set(order_changes._LABELS)


@pytest.fixture
def traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A read model in which a later record has an earlier time: the broker's clock went back."""
    monkeypatch.setenv("KRANHUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("KRANHUB_NAMESPACE", "demo.")
    monkeypatch.setenv("KRANHUB_LANG", "en")
    engine = tables.open_engine(Settings())
    tables.create(engine)
    told: list[TimelineRow] = [
        {
            "topic": "demo.hub.events",
            "partition": 0,
            "offset": offset,
            "order_key": "sibir-terminal:1",
            "order_id": "1",
            "event_id": str(offset),
            "subject": "Order",
            "time": f"2026-11-24T19:48:{second}.000000Z",
            "text_en": text,
            "text_ru": text,
            "value": "{}",
            "order_number": "ЗП-12/2026" if text == "first" else None,
        }
        for offset, second, text in ((0, 41, "first"), (1, 37, "[then]"), (2, 50, "last"))
    ]
    with engine.begin() as connection:
        reached = {TopicPartition("demo.hub.events", 0): Stand(3, "2026-11-24T19:48:50.000000Z")}
        tables.fold(connection, tables.TIMELINE, told, reached)
    engine.dispose()
    return lambda *words: CliRunner().invoke(cli, words)


def test_a_trace_is_in_the_order_of_recording_and_every_time_names_its_zone(traced: Any) -> None:
    shown = [line for line in traced("trace", "1").output.splitlines() if "Order " in line and "UTC" in line]
    assert [line.split("│")[1].strip() for line in shown] == [
        "2026-11-24 19:48:41 UTC",
        "2026-11-24 19:48:37 UTC",
        "2026-11-24 19:48:50 UTC",
    ]
    assert [line.split("│")[3].strip() for line in shown] == ["first", "[then]", "last"]
    assert traced("tail", "--order", "1", "--no-follow").output.startswith("2026-11-24 19:48:41 UTC Order first\n")


@pytest.mark.parametrize("order", ["1", "sibir-terminal:1", "ЗП-12/2026", "sibir-terminal:ЗП-12/2026"])
def test_a_trace_takes_the_number_and_the_erps_key_with_the_buyer_or_without(traced: Any, order: str) -> None:
    found = json.loads(traced("trace", order, "-o", "json").output)
    assert [told["order"] for told in found] == ["sibir-terminal:1"] * 3
    assert len(traced("tail", "--order", order, "--no-follow").output.splitlines()) == 3


def test_an_order_that_is_not_found_is_told_with_the_namespace(traced: Any) -> None:
    error = traced("trace", "2").exception
    assert "in the namespace demo. (KRANHUB_NAMESPACE)" in str(error)
    assert "until 2026-11-24 19:48:50 UTC" in str(error)


def test_a_plan_says_the_day_the_slack_and_what_decides() -> None:
    cluster = recorded(PAINT)
    told = [event_texts.describe(decoded(Subject.ORDER_PLAN, value)) for value in cluster.subjects("OrderPlan")]
    assert told[-1].en == "plan 2: 2027-02-02, slack 27 days; decided by 1.1"
    assert told[-1].ru == "план 2: 2027-02-02, запас дней: 27; решает 1.1"
