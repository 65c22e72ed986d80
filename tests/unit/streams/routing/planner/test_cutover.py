"""Members are taken over one by one: what is decided, what is delivered, and what stands from before the hub."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.errors import Misconfigured
from kranhub.parties import members
from kranhub.parties.members import CutoverMode
from kranhub.settings import Settings
from kranhub.wire.messages import Subject
from streams.routing.masterdata import difference, entries
from streams.routing.masterdata.cutover import Cutover
from streams.routing.masterdata.difference import Change, Field, What
from streams.routing.masterdata.entries import Kind
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.copying import replace
from streams.routing.planner import cutover
from streams.routing.validation.validate import first_unknown_member
from streams.stages.dispatch import Dispatch
from tests.support.batches import CODEC, batch, record, sent_records
from tests.support.fields import fields
from tests.support.order_lines import CRANE, MOTORS, PAINT
from tests.support.placed_orders import FIRST, Plants, accepts, placed, send
from tests.support.planner_stage import PlannerStage
from tests.support.plants import (
    BUYER,
    KEY,
    MASTER,
    START,
    Cluster,
    Event,
    Value,
    full_action,
    full_order,
    full_production,
    full_response,
)


def world(**modes: str) -> MasterData:
    """The cluster of Omsk with a mode for some members."""
    named = {member.replace("_", "-"): CutoverMode(mode) for member, mode in modes.items()}
    found = (member.model_copy(update={"cutover": named.get(member.id, "live")}) for member in MASTER.members.members)
    return replace(MASTER, members=MASTER.members.model_copy(update={"members": tuple(found)}))


def becomes(cluster: Cluster, **modes: str) -> None:
    """Publish other modes; who has waited for them is woken up."""
    cluster.master = world(**modes)
    cluster.wake()


# --- shadow


def test_a_member_in_shadow_is_decided_for_but_told_nothing() -> None:
    cluster = placed(MOTORS, master=world(oemz="shadow"))
    (asked,) = cluster.subjects("PlantOrder")
    assert (asked["plant"], asked["plant_order_id"], cluster.delivered("oemz")) == ("oemz", FIRST, [])
    (decision,) = cluster.subjects("RoutingDecision")
    assert (decision["chosen"], decision["inputs"]["cutover"]) == ("oemz", "shadow")
    assert cluster.status()["state"] == "PLANNED"


def test_nobody_waits_for_an_answer_in_shadow() -> None:
    cluster = placed(MOTORS, master=world(oemz="shadow"))
    assert cluster.state is not None
    assert cluster.state.due is None
    cluster.today += timedelta(days=90)
    cluster.wake()
    assert [value["plant"] for value in cluster.subjects("PlantOrder")] == ["oemz"]


def test_what_people_place_in_the_old_way_is_not_held_twice() -> None:
    cluster = placed(MOTORS, master=world(oemz="shadow"))
    requests = cluster.subjects("AllocationRequest")
    assert [value["action"] for value in requests] == ["RESERVE", "DELIVERED", "SHIPPED"]
    assert requests[-1]["at"] is not None
    assert requests[-1]["quantity"] == 4
    send(cluster, "o2", {**MOTORS, "quantity": Decimal(6)})
    later = cluster.subjects("AllocationRequest")[3:]
    told = [("RESERVE", 2), ("DELIVERED", 2), ("SHIPPED", 2)]
    assert [(value["action"], value["generation"]) for value in later] == told


def test_what_began_in_shadow_stays_there_and_what_begins_later_is_delivered() -> None:
    cluster = placed(MOTORS, master=world(oemz="shadow"))
    becomes(cluster)
    send(cluster, "o2", {**MOTORS, "quantity": Decimal(6)}, {**PAINT, "line_id": "2"})
    assert cluster.delivered("oemz") == []
    assert cluster.subjects("PlantOrder")[-2]["revision"] == 2
    assert len(cluster.delivered("tsvetnoy-bulvar")) == 1


def test_an_order_that_the_plant_has_got_is_kept_back_in_shadow() -> None:
    cluster = placed(MOTORS, master=world())
    cluster.master = world(oemz="shadow")
    send(cluster, "o2", {**MOTORS, "quantity": Decimal(6)})
    assert len(cluster.delivered("oemz")) == 1
    becomes(cluster)
    assert [value["lines"][0]["quantity"] for value in cluster.delivered("oemz")] == [4, 6]


def test_the_other_parts_of_an_order_go_out_as_ever() -> None:
    cluster = placed(CRANE, master=world(oemz="shadow"))
    assert cluster.delivered("oemz") == []
    assert len(cluster.delivered("zmk-most")) == 1
    assert cluster.status()["state"] == "PLANNED"


def test_dispatch_delivers_nothing_of_what_is_in_shadow() -> None:
    live, shadow = placed(MOTORS, master=world()), placed(MOTORS, master=world(oemz="shadow"))
    assert [_dispatched(cluster) for cluster in (live, shadow)] == [["t.in.oemz.orders"], []]


def _dispatched(cluster: Cluster) -> list[str]:
    (message,) = [message for message in cluster.sent if message.subject == "PlantOrder"]
    headers = [("ce_type", b"kranhub.PlantOrder"), ("ce_id", message.id.encode()), *message.headers]
    of = batch(Dispatch(Settings(namespace="t."), CODEC))
    of.process([record(0, KEY, CODEC.encode(Subject.PLANT_ORDER, fields(message)), headers=headers)])
    return [one.topic for one in sent_records(of)]


# --- stopped


def test_a_stopped_member_gets_no_new_portion() -> None:
    cluster = placed(PAINT, master=world(tsvetnoy_bulvar="stopped"))
    assert [value["plant"] for value in cluster.subjects("PlantOrder")] == ["zmk-most"]
    (decision,) = cluster.subjects("RoutingDecision")
    assert [(other["member"], other["why_not"]) for other in decision["alternatives"]] == [
        ("tsvetnoy-bulvar", "stopped"),
        ("zmk-most", None),
    ]


def test_a_portion_that_only_a_stopped_member_could_take_goes_on_with_it() -> None:
    cluster = placed(MOTORS, master=world(oemz="stopped"))
    assert (cluster.status()["state"], cluster.status()["cause"]) == ("ON_HOLD", "no-candidate")
    assert cluster.state is not None
    assert list(cluster.state.awaited_members) == ["oemz"]
    becomes(cluster, oemz="stopped")
    assert cluster.status()["state"] == "ON_HOLD"
    becomes(cluster)
    assert cluster.status()["state"] == "CONFIRMED"
    assert not cluster.state.awaited_members


def test_what_changes_while_a_member_is_stopped_reaches_it_once_as_it_is_by_then() -> None:
    cluster = placed(MOTORS, master=world())
    cluster.master = world(oemz="stopped")
    for quantity in (6, 8, 5):
        send(cluster, f"o{quantity}", {**MOTORS, "quantity": Decimal(quantity)})
    assert len(cluster.delivered("oemz")) == 1
    becomes(cluster)
    told = cluster.delivered("oemz")
    assert [(value["revision"], value["lines"][0]["quantity"]) for value in told] == [(1, 4), (2, 5)]
    assert cluster.status()["state"] == "CONFIRMED"


def test_a_change_that_was_taken_back_meanwhile_is_never_told() -> None:
    cluster = placed(MOTORS, master=world())
    cluster.master = world(oemz="stopped")
    send(cluster, "o2", {**MOTORS, "quantity": Decimal(6)})
    send(cluster, "o3", MOTORS)
    becomes(cluster)
    assert len(cluster.delivered("oemz")) == 1
    assert cluster.status()["state"] == "CONFIRMED"


def test_a_cancel_waits_for_the_stopped_member_as_well() -> None:
    cluster = placed(MOTORS, master=world())
    cluster.master = world(oemz="stopped")
    send(cluster, "o2", MOTORS, document_status="CANCELLED")
    assert [value["document_status"] for value in cluster.delivered("oemz")] == ["ACTIVE"]
    becomes(cluster)
    assert [value["document_status"] for value in cluster.delivered("oemz")] == ["ACTIVE", "CANCELLED"]


def test_a_stopped_member_that_does_not_answer_loses_the_portion_and_learns_it_later() -> None:
    cluster = Plants(lambda asked: [], world())
    send(cluster, "o1", PAINT)
    cluster.master = world(tsvetnoy_bulvar="stopped")
    cluster.today += timedelta(days=10)
    cluster.wake()
    assert [plant for _, plant in cluster.at_plants()][-1] == "zmk-most"
    becomes(cluster)
    told = [(value["revision"], value["document_status"]) for value in cluster.delivered("tsvetnoy-bulvar")]
    assert told == [(1, "ACTIVE"), (2, "CANCELLED")]


def test_a_person_may_choose_a_stopped_member_and_it_is_told_when_it_is_live() -> None:
    cluster = placed(PAINT, master=world(tsvetnoy_bulvar="stopped"))
    action = full_action("OVERRIDE_PLANT", plant="tsvetnoy-bulvar")
    cluster.take(Event("by-hand", "PlannerAction", action))
    cluster.run()
    assert cluster.delivered("tsvetnoy-bulvar") == []
    becomes(cluster)
    assert len(cluster.delivered("tsvetnoy-bulvar")) == 1


# --- opening orders


def opening(line: Value, plant: str | None, **changes: Any) -> Any:
    return {"opening": True, "lines": [{**line, "opening_plant": plant}], **changes}


def opened(line: Value, plant: str | None, master: MasterData = MASTER) -> Plants:
    cluster = Plants(accepts, master)
    take_over(cluster, "o1", line, plant)
    return cluster


def take_over(cluster: Cluster, event_id: str, line: Value, plant: str | None) -> None:
    value = full_order("17", [{**line, "opening_plant": plant}], opening=True)
    cluster.take(Event(event_id, "Order", value))
    cluster.run()


def test_an_opening_order_is_confirmed_at_its_plant_and_nothing_is_sent() -> None:
    cluster = opened(CRANE, "ruskran")
    assert {message.subject for message in cluster.sent} == {"OrderStatus", "OrderPlan"}
    assert (cluster.status()["state"], cluster.status()["promised_date"]) == ("CONFIRMED", date(2027, 3, 1))


def test_an_opening_orders_plant_is_followed_as_if_the_hub_had_sent_it() -> None:
    cluster = opened(MOTORS, "oemz")
    asked = {"plant_order_id": FIRST, "plant": "oemz", "revision": 1, "lines": [{**MOTORS, "quantity": Decimal(4)}]}
    late = full_response(asked, "CA", START - timedelta(days=40), promised_date=date(2027, 4, 1))
    cluster.take(Event("late", "OrderResponse", late))
    assert cluster.status()["promised_date"] == date(2027, 4, 2)
    cluster.take(Event("made", "ProductionStatus", full_production(asked, "COMPLETED", START)))
    assert cluster.status()["state"] == "READY"
    assert cluster.refused == []


def test_a_later_revision_of_an_opening_order_reaches_its_plant() -> None:
    cluster = opened(MOTORS, "oemz")
    take_over(cluster, "o2", {**MOTORS, "quantity": Decimal(6)}, "oemz")
    (told,) = cluster.delivered("oemz")
    assert (told["plant_order_id"], told["revision"], told["lines"][0]["quantity"]) == (FIRST, 2, 6)


def test_a_line_that_stood_at_no_plant_is_routed_as_ever() -> None:
    cluster = opened(MOTORS, None)
    assert [value["plant"] for value in cluster.delivered("oemz")] == ["oemz"]


def test_an_opening_plant_that_says_no_gives_way_to_the_next() -> None:
    cluster = opened(PAINT, "zmk-most")
    asked = {"plant_order_id": FIRST, "plant": "zmk-most", "revision": 1, "lines": [PAINT]}
    cluster.take(Event("no", "OrderResponse", full_response(asked, "RE", START)))
    cluster.run()
    assert len(cluster.delivered("tsvetnoy-bulvar")) == 1


def test_the_opening_snapshot_replaces_what_was_decided_in_shadow() -> None:
    cluster = placed(PAINT, master=world(tsvetnoy_bulvar="shadow"))
    cluster.master = world()
    take_over(cluster, "o2", PAINT, "zmk-most")
    assert (cluster.delivered("tsvetnoy-bulvar"), cluster.delivered("zmk-most")) == ([], [])
    assert cluster.status()["state"] == "CONFIRMED"
    assert cluster.subjects("AllocationRequest")[-1]["action"] == "RELEASE"
    take_over(cluster, "o3", {**PAINT, "quantity": Decimal(90)}, "zmk-most")
    assert [value["plant_order_id"] for value in cluster.delivered("zmk-most")] == [f"{KEY}/1.1.2"]


def test_parts_that_are_with_plants_stay_when_their_crane_is_taken_over_from_shadow() -> None:
    cluster = placed(CRANE, master=world(ruskran="shadow"))
    parts = {place for place in cluster.at_plants() if place[1] != "ruskran"}
    cluster.master = world()
    take_over(cluster, "o2", CRANE, "ruskran")
    assert len(parts) == 4
    assert parts <= set(cluster.at_plants())
    assert all(value["document_status"] == "ACTIVE" for value in cluster.subjects("PlantOrder"))


def test_an_opening_plant_must_be_a_member() -> None:
    value: Any = {"buyer": BUYER, "payer": None, "user": None, **opening(MOTORS, "nowhere")}
    assert first_unknown_member(value, MASTER.members) == "nowhere"
    assert first_unknown_member(value | {"opening": False}, MASTER.members) is None


# --- the setting


def test_an_order_that_waits_for_a_member_goes_on_once_that_it_is_live_is_published() -> None:
    stage = PlannerStage()
    assert stage.publish(world(oemz="stopped")) == []
    assert "AllocationRequest" not in dict(stage.come("Order", full_order("17", [MOTORS])))
    ((subject, wake),) = stage.publish(world())
    assert (subject, wake["order_key"]) == ("Wake", KEY)
    asked = dict(stage.come(subject, wake))["AllocationRequest"]
    assert (asked["plant"], asked["action"]) == ("oemz", "RESERVE")


def test_each_publication_of_a_members_mode_wakes_up_who_waits_for_it_once() -> None:
    stage = PlannerStage()
    stage.publish(world(oemz="stopped"))
    stage.come("Order", full_order("17", [MOTORS]))
    ((subject, wake),) = stage.publish(world(oemz="shadow"))
    assert stage.publish(world(oemz="stopped")) == []
    stage.come(subject, wake)
    assert stage.publish(world(oemz="stopped", zmk_most="stopped")) == []
    assert [kind for kind, _ in stage.publish(world(zmk_most="stopped"))] == ["Wake"]


def test_a_change_of_its_mode_is_an_entry_of_its_own_and_not_of_the_member() -> None:
    before, stopped, live = (entries.entries(world(**modes)) for modes in ({}, {"oemz": "stopped"}, {}))
    assert before == live
    (new,) = [entry for entry in stopped if entry not in before]
    assert entries.parse(new) == Cutover(member="oemz", mode=CutoverMode.STOPPED)
    assert new.place == (Kind.CUTOVER, "oemz")
    assert dict(entries.of(stopped).cutover) == {"oemz": CutoverMode.STOPPED}


def test_what_publishing_a_mode_would_change_names_the_modes() -> None:
    before, after = entries.entries(world()), entries.entries(world(oemz="stopped"))
    there, back = difference.differences(before, after), difference.differences(after, before)
    assert there == [Change("CUTOVER", "oemz", What.CHANGED, (Field("mode", None, "stopped"),))]
    assert back == [Change("CUTOVER", "oemz", What.CHANGED, (Field("mode", "stopped", None),))]


def test_the_members_file_says_how_far_a_member_is_taken_over(tmp_path: Path) -> None:
    text = Path("deploy/members/omsk.yaml").read_text("utf-8")
    file, field = tmp_path / "members.yaml", "    roles: [plant]\n"
    file.write_text(text.replace(field, f"{field}    cutover: shadow\n", 1), "utf-8")
    assert [member.id for member in members.load(file).members if member.cutover is CutoverMode.SHADOW] == ["ruskran"]
    file.write_text(text.replace(field, f"{field}    cutover: off\n", 1), "utf-8")
    with pytest.raises(Misconfigured, match=r"cutover.*live.*shadow.*stopped"):
        members.load(file)


def test_a_member_of_whom_nothing_is_said_is_live() -> None:
    assert cutover.mode("oemz", MASTER) is CutoverMode.LIVE
    assert cutover.mode("oemz", world(oemz="stopped")) is CutoverMode.STOPPED


def test_the_entry_has_a_member_and_a_mode() -> None:
    assert entries.content(Cutover(member="oemz", mode=CutoverMode.SHADOW)) == '{"member":"oemz","mode":"shadow"}'
    with pytest.raises(ValueError, match="mode"):
        Cutover.model_validate({"member": "oemz", "mode": "off"})


modes = st.dictionaries(st.sampled_from(["oemz", "zmk_most", "tsvetnoy_bulvar"]), st.sampled_from([*CutoverMode]))
quantities = st.integers(1, 9).map(Decimal)
steps = st.lists(st.one_of(modes, quantities, st.just("cancel")), max_size=7)


@given(modes, steps)
def test_once_all_are_live_every_plant_knows_what_it_should_and_nothing_of_the_shadow(first: Any, rest: Any) -> None:
    lines = [MOTORS, {**PAINT, "line_id": "2"}]
    cluster = placed(*lines, master=world(**first))
    for number, step in enumerate(rest, 2):
        if isinstance(step, dict):
            becomes(cluster, **step)
            continue
        cancelled = {"document_status": "CANCELLED"} if step == "cancel" else {}
        changed = lines if step == "cancel" else [{**line, "quantity": step} for line in lines]
        send(cluster, f"o{number}", *changed, **cancelled)
    becomes(cluster)
    assert cluster.state is not None
    assert cluster.state.awaited_members == ()
    ids = [
        message.id for message in cluster.sent if message.subject in ("PlantOrder", "OrderStatus", "AllocationRequest")
    ]
    assert len(ids) == len(set(ids))
    for portion in cluster.state.portions:
        for attempt in portion.attempts:
            told = [
                value
                for value in cluster.delivered(attempt.plant)
                if value["plant_order_id"] == portion.id_of(cluster.state.key, attempt)
            ]
            if attempt.shadow:
                assert told == []
                continue
            assert [value["revision"] for value in told] == list(range(1, len(told) + 1))
            ended = portion.cancelled or attempt.close_reason is not None
            assert told == [] or told[-1]["document_status"] == ("CANCELLED" if ended else "ACTIVE")
            assert ended or told[-1]["lines"][0]["quantity"] == portion.quantity
