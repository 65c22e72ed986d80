"""The plan is sent when the buyer is told something or a day changes, and not otherwise."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given

from streams.routing.model.copying import replace
from streams.routing.notify import plan as plans
from tests.support.order_lines import CRANE, MOTORS, PAINT, lines
from tests.support.plants import KEY, START, Event, Value, full_production, full_response
from tests.support.recorded_events import Recorder, accepting, recorded


def sent(recorder: Recorder) -> list[Value]:
    return recorder.subjects("OrderPlan")


def test_the_plan_has_the_order_and_its_parts() -> None:
    found = sent(recorded(PAINT, answers=lambda asked: []))[-1]
    (part,) = found["parts"]
    assert (found["order_key"], found["buyer"], found["state"]) == (KEY, "sibir-terminal", "PLANNED")
    assert (found["requested_date"], found["promised_date"]) == (date(2027, 3, 1), None)
    assert part["plant_order_id"] == f"{KEY}/1.1.1"
    assert (part["plant"], part["state"], part["date_basis"]) == ("tsvetnoy-bulvar", "PLANNED", "COUNT")
    assert (part["item"], part["quantity"], part["unit"]) == ("coating-girders", Decimal(100), "MTK")
    assert (part["place"], part["on_critical_path"], found["critical_path"]) == ("1.1", True, ["1.1"])
    assert found["slack"] == (found["requested_date"] - found["earliest_date"]).days


def test_a_promise_is_a_new_plan_and_a_repeat_is_none() -> None:
    recorder = recorded(PAINT, answers=lambda asked: [])
    before = sent(recorder)
    asked = recorder.subjects("PlantOrder")[-1]
    for number in (1, 2):
        recorder.take(Event(f"r{number}", "OrderResponse", full_response(asked, "AP", START)))
    *old, new = sent(recorder)
    assert old == before
    assert (new["promised_date"], new["slack"], new["state"]) == (date(2027, 2, 2), 27, "CONFIRMED")
    assert new["revision"] == before[-1]["revision"] + 1


def test_a_part_that_begins_is_a_new_plan_although_the_buyer_is_told_nothing() -> None:
    recorder = recorded(CRANE)
    told, before = len(recorder.subjects("OrderStatus")), len(sent(recorder))
    asked = [value for value in recorder.subjects("PlantOrder") if value["plant"] == "oetz"][-1]
    recorder.take(Event("p0", "ProductionStatus", full_production(asked, "RUNNING", START)))
    other = [value for value in recorder.subjects("PlantOrder") if value["plant"] == "oemz"][-1]
    told, before = len(recorder.subjects("OrderStatus")), len(sent(recorder))
    recorder.take(Event("p1", "ProductionStatus", full_production(other, "RUNNING", START)))
    assert len(recorder.subjects("OrderStatus")) == told
    assert len(sent(recorder)) == before + 1
    assert {part["plant"] for part in sent(recorder)[-1]["parts"] if part["state"] == "IN_PRODUCTION"} == {
        "oemz",
        "oetz",
    }


def test_of_a_large_order_no_more_plans_than_statuses_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "SMALL", 2)
    recorder = recorded(CRANE)
    assert sent(recorder)[-1]["promised_date"] == date(2027, 2, 25)
    for asked in recorder.subjects("PlantOrder"):
        recorder.take(Event(f"p{recorder.clock}", "ProductionStatus", full_production(asked, "RUNNING", START)))
    assert len(sent(recorder)) <= len(recorder.subjects("OrderStatus"))


def test_a_part_on_hold_says_why_and_has_no_day() -> None:
    found = sent(recorded(PAINT, answers=accepting(refusing=frozenset({"tsvetnoy-bulvar", "zmk-most", "ruskran"}))))[-1]
    (part,) = found["parts"]
    assert (part["state"], part["hold_reason"], part["plant"]) == ("ON_HOLD", "no-candidate", None)
    assert (part["finish"], part["latest_finish"], part["slack"], part["date_basis"]) == (None, None, None, "UNKNOWN")
    assert (found["slack"], found["critical_path"]) == (None, ["1.1"])


def test_of_very_many_parts_those_that_decide_are_never_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MAX_PARTS", 2)
    motors = [{**MOTORS, "line_id": str(number)} for number in range(1, 4)]
    motors[2]["requested_date"] = date(2027, 1, 1)
    found = sent(recorded(*motors))[-1]
    assert ([part["place"] for part in found["parts"]], found["parts_left_out"]) == (["1.1", "3.1"], 1)
    assert found["critical_path"] == ["3.1"]


def test_a_cancelled_order_says_so() -> None:
    recorder = recorded(PAINT)
    recorder.order(PAINT, document_status="CANCELLED")
    assert (sent(recorder)[-1]["state"], sent(recorder)[-1]["parts"]) == ("CANCELLED", [])


def test_time_that_passes_without_news_is_no_new_plan() -> None:
    recorder = recorded(PAINT)
    before = len(sent(recorder))
    recorder.today += timedelta(days=3)
    recorder.wake()
    assert len(sent(recorder)) == before


def test_an_order_of_the_release_before_gets_its_plan_with_the_next_news() -> None:
    recorder = recorded(PAINT)
    assert recorder.state is not None
    recorder.state = replace(recorder.state, plan_revision=0, plan_digest="")
    recorder.wake()
    assert sent(recorder)[-1]["revision"] == 1


@given(lines)
def test_revisions_rise_by_one_and_ids_differ(wanted: list[Value]) -> None:
    recorder = recorded(*wanted)
    messages = [message for message in recorder.sent if message.subject == "OrderPlan"]
    assert [message.value["revision"] for message in messages] == list(range(1, len(messages) + 1))  # type: ignore[typeddict-item]
    assert len({message.id for message in messages}) == len(messages)
    final = messages[-1].value
    assert recorder.state is not None
    assert recorder.state.plan_revision == len(messages)
    assert {part["place"] for part in final["parts"]} == {  # type: ignore[typeddict-item]
        portion.place for portion in recorder.state.portions if not portion.cancelled
    }
