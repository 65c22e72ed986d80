"""What-if: the same master data make no difference; other ones move just what they concern."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.parties.members import Capability, Members
from kranhub.wire.messages import Subject
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.rules import Mode, Rank, When
from streams.routing.replay import what_if
from streams.routing.replay.what_if import Differences, LineOutcome, Placement, RecordedEvent, compare, replay
from streams.routing.schedule import dates
from tests.support.allocation import disruption
from tests.support.omsk import ruled, with_item
from tests.support.order_lines import CODES, CRANE, PAINT
from tests.support.plants import BUYER, KEY, MASTER, START, Event, Value, full_action
from tests.support.recorded_events import Recorder, accepting, recorded

MOTORS = {"line_id": "2", "item_code": "ДВ-7.5", "quantity": Decimal(4), "unit": "H87"}


def differences(recorder: Recorder, after: MasterData, before: MasterData = MASTER) -> Differences:
    return compare(replay(recorder.events, before), replay(recorder.events, after))


def with_member(member: str, **changes: Any) -> MasterData:
    members = tuple(
        known.model_copy(update=changes) if known.id == member else known for known in MASTER.members.members
    )
    return replace(MASTER, members=Members(members=members, transport=MASTER.members.transport))


def test_a_plant_that_is_denied_loses_its_orders_and_only_those() -> None:
    found = differences(recorded(PAINT, MOTORS), ruled(deny=("tsvetnoy-bulvar",)))
    (moved,) = found.moved
    assert (moved.order_key, moved.line_id, moved.item) == (KEY, "1", "coating-girders")
    assert [place.plant for place in moved.before] == ["tsvetnoy-bulvar"]
    assert [(place.plant, place.rule, place.quantity) for place in moved.after] == [("zmk-most", "new", Decimal(100))]
    assert (found.orders, found.lines, found.orders_moved, found.newly_held) == (1, 2, 1, 0)


def test_a_rule_of_another_name_that_leads_to_the_same_place_is_no_difference() -> None:
    found = differences(recorded(CRANE), ruled())
    assert (found.moved, found.shifted) == ((), ())


def test_a_part_of_a_crane_moves_alone() -> None:
    found = differences(recorded(CRANE), ruled(deny=("tsvetnoy-bulvar",)))
    assert [(moved.item, moved.node) for moved in found.moved] == [("coating-girders", "coating-girders")]


def test_where_nobody_is_left_the_part_is_held() -> None:
    found = differences(recorded(PAINT), ruled(allow=("oemz",)))
    assert [place.held for place in found.moved[0].after] == ["no-candidate"]
    assert found.newly_held == 1
    assert [(change.before, change.after) for change in found.shifted] == [(date(2027, 2, 2), None)]
    assert (found.later, found.earlier) == (1, 0)


def test_where_no_rule_matches_the_part_is_held() -> None:
    found = differences(recorded(PAINT), ruled(when=When(kind=("LEASE",))))
    assert [place.held for place in found.moved[0].after] == ["no-rule"]


def test_a_rule_that_wants_an_approval_makes_plant_orders_wait() -> None:
    found = differences(recorded(PAINT), ruled(mode=Mode.APPROVE))
    (moved,) = found.moved
    assert [(place.plant, place.waits) for place in moved.before] == [("tsvetnoy-bulvar", False)]
    assert [(place.plant, place.waits) for place in moved.after] == [("tsvetnoy-bulvar", True)]


def test_a_recorded_approval_counts() -> None:
    recorder = recorded(PAINT, master=ruled(mode=Mode.APPROVE))
    recorder.take(Event("a1", "PlannerAction", full_action("APPROVE")))
    recorder.run()
    found = differences(recorder, ruled(mode=Mode.APPROVE))
    assert found.moved == ()


def test_an_item_that_loses_its_code_is_held() -> None:
    found = differences(recorded(PAINT), with_item("coating-girders", codes={}))
    assert {place.held for moved in found.moved for place in moved.after} == {"unmapped-item"}


def test_a_bill_that_needs_more_is_made_where_it_was() -> None:
    crane = MASTER.items["crane-bridge-10t-22m5"]
    bill = tuple(
        part.model_copy(update={"quantity": Decimal(8)}) if part.item == "motor-crane-7kw5" else part
        for part in crane.components
    )
    recorder = Recorder(accepting(), stock={("oemz", "motor-crane-7kw5"): Decimal(100)})
    recorder.order(CRANE)
    (moved,) = differences(recorder, with_item(crane.item, components=bill)).moved
    assert [(place.plant, place.quantity) for place in moved.before] == [("oemz", Decimal(6))]
    assert [(place.plant, place.quantity) for place in moved.after] == [("oemz", Decimal(8))]


def test_a_plant_that_needs_more_days_makes_an_offer_later() -> None:
    slow = with_member("tsvetnoy-bulvar", capabilities=(Capability(okpd2="25.61.22.111", working_days=200),))
    (change,) = differences(recorded(PAINT, answers=lambda asked: []), slow).shifted
    assert change.before == date(2026, 12, 1)  # begun on Tuesday, 24 November, five days, a day on the way
    assert change.after is not None
    assert change.after > date(2027, 8, 1)
    assert differences(recorded(PAINT), slow).shifted == ()  # what the plant has promised is its own word


def test_stock_that_was_promised_is_promised_again() -> None:
    recorder = Recorder(stock={("oemz", "motor-crane-7kw5"): Decimal(4)})
    recorder.order(MOTORS)
    slow = with_member("oemz", capabilities=(Capability(okpd2="27.11.24", working_days=200),))
    for master in (MASTER, slow):
        outcome = replay(recorder.events, master)[KEY, "2"]
        assert [place.plant for place in outcome.placements] == ["oemz"]
        assert outcome.day == START.date() + timedelta(days=MASTER.transport_days("oemz", BUYER))


def request(plant: str, item: str, quantity: int, **changes: Any) -> Any:
    """Return another order's request."""
    return {
        "request_id": "irtysh-stroy:9/1.1.1",
        "order_key": "irtysh-stroy:9",
        "plant": plant,
        "item": item,
        "quantity": Decimal(quantity),
        "action": "RESERVE",
        "generation": 1,
        "not_before": None,
        "at": None,
        "expires_at": None,
        **changes,
    }


def of_another_order(recorder: Recorder, value: Value) -> Recorder:
    """Let another order, which is not replayed, have asked a moment before this one."""
    at = next(at for at, event in enumerate(recorder.events) if event.subject is Subject.ORDER)
    time = recorder.events[at].time
    recorder.events.insert(at, RecordedEvent(value["order_key"], "other", Subject.ALLOCATION_REQUEST, value, time))
    return recorder


def unanswered() -> Recorder:
    return recorded(PAINT, answers=lambda asked: [])


def test_where_an_order_moves_to_it_waits_behind_what_others_have_reserved() -> None:
    """ZMK-Most paints 800 m2 a week, each for 8 days, and another order has 3,200.

    1,600 of these until 3 December, 1,280 from the 7th on and 320 from the 14th on; beside those there is room for 100
    until the 23rd. Three days later they are there.
    """
    narrow = ruled(deny=("tsvetnoy-bulvar",))
    free = replay(unanswered().events, narrow)[KEY, "1"]
    full = replay(of_another_order(unanswered(), request("zmk-most", "coating-girders", 3200)).events, narrow)[KEY, "1"]
    assert [place.plant for place in free.placements] == [place.plant for place in full.placements] == ["zmk-most"]
    assert (free.day, full.day) == (date(2026, 12, 6), date(2026, 12, 26))


def test_where_an_order_moves_to_it_has_the_stock_that_a_level_shows_less_what_others_have() -> None:
    narrow = ruled(deny=("tsvetnoy-bulvar",))

    def day(recorder: Recorder) -> date | None:
        return replay(recorder.events, narrow)[KEY, "1"].day

    def stocked() -> Recorder:
        recorder = Recorder(lambda asked: [], stock={("zmk-most", "coating-girders"): Decimal(150)})
        recorder.order(PAINT)
        return recorder

    at_once = START.date() + timedelta(days=MASTER.transport_days("zmk-most", BUYER))
    assert day(stocked()) == at_once
    assert day(of_another_order(stocked(), request("zmk-most", "coating-girders", 50))) == at_once
    assert day(of_another_order(stocked(), request("zmk-most", "coating-girders", 51))) != at_once
    assert day(unanswered()) != at_once


def test_a_disruption_that_the_record_has_moves_what_is_reserved_there_and_nothing_elsewhere() -> None:
    recorder = unanswered()
    stop: Any = {"begins": START.date(), "ends": date(2027, 6, 30), "as_of": START + timedelta(minutes=1)}
    recorder.disrupt(disruption(member="tsvetnoy-bulvar", **stop))
    outcome = replay(recorder.events, MASTER)[KEY, "1"]
    assert ([place.plant for place in outcome.placements], outcome.day) == (["tsvetnoy-bulvar"], date(2027, 7, 8))
    elsewhere = replay(recorder.events, ruled(deny=("tsvetnoy-bulvar",)))[KEY, "1"]
    assert [place.plant for place in elsewhere.placements] == ["zmk-most"]
    assert elsewhere.day is not None
    assert elsewhere.day < date(2027, 3, 1)


def test_a_reservation_that_nobody_approves_ends_in_the_replay_too() -> None:
    recorder = recorded(PAINT, master=ruled(mode=Mode.APPROVE))
    recorder.later(days=9)
    recorder.take(Event("end", "Receipt", {"subject": "Order", "key": "17"}))
    found = replay(recorder.events, recorder.master)[KEY, "1"]
    assert recorder.state is not None
    assert [place.held for place in found.placements] == [portion.hold_reason for portion in recorder.state.portions]


def test_stock_that_no_level_shows_is_taken_to_be_what_was_promised_of_it() -> None:
    recorder = Recorder(hidden={("oemz", "motor-crane-7kw5"): Decimal(10)})
    recorder.order(MOTORS)
    found = what_if.unknown(recorder.events, MASTER)
    assert found.opening == {("oemz", "motor-crane-7kw5"): Decimal(4)}
    assert (found.answers, found.differing) == (1, 0)
    assert found.since == recorder.events[0].time
    outcome = replay(recorder.events, MASTER, found.opening)[KEY, "2"]
    assert outcome.day == START.date() + timedelta(days=MASTER.transport_days("oemz", BUYER))
    assert replay(recorder.events, MASTER, {})[KEY, "2"].day != outcome.day


def test_a_level_takes_the_place_of_what_was_taken_to_be_there() -> None:
    recorder = Recorder(hidden={("oemz", "motor-crane-7kw5"): Decimal(10)})
    recorder.order(MOTORS)
    recorder.level("oemz", "motor-crane-7kw5", Decimal(50))
    recorder.order(MOTORS, {**MOTORS, "line_id": "3", "quantity": Decimal(40)})
    found = what_if.unknown(recorder.events, MASTER)
    assert (found.opening, found.differing) == ({("oemz", "motor-crane-7kw5"): Decimal(4)}, 0)
    assert {outcome.day for outcome in replay(recorder.events, MASTER, found.opening).values()} == {
        START.date() + timedelta(days=MASTER.transport_days("oemz", BUYER))
    }


def test_an_answer_that_the_record_cannot_explain_is_counted() -> None:
    recorder = unanswered()
    others = of_another_order(recorder, request("tsvetnoy-bulvar", "coating-girders", 10**5))
    assert (what_if.unknown(others.events, MASTER).answers, what_if.unknown(others.events, MASTER).differing) == (1, 1)
    assert what_if.unknown([], MASTER) == what_if.Gaps(None, {})


def test_what_the_hub_cannot_read_or_does_not_count_changes_nothing() -> None:
    recorder = unanswered()
    before = replay(recorder.events, MASTER)
    level: Any = {
        "company": "zmk-most",
        "site": "a",
        "item": None,
        "item_code": "none of its codes",
        "on_hand": Decimal(9),
        "reserved": Decimal(0),
        "blocked": Decimal(0),
        "unit": "H87",
        "as_of": START,
    }
    stop: Any = disruption(member=BUYER)
    customers: Any = {**level, "company": BUYER}
    strange = [
        RecordedEvent("", "a", Subject.INVENTORY_LEVEL, level, START),
        RecordedEvent("", "b", Subject.INVENTORY_LEVEL, customers, START),
        RecordedEvent("", "c", Subject.DISRUPTION, stop, START),
    ]
    assert replay([*strange, *recorder.events], MASTER) == before


def test_a_plant_that_refused_is_asked_again_only_where_the_same_is_asked() -> None:
    recorder = recorded(PAINT, answers=accepting(frozenset({"tsvetnoy-bulvar"})))
    before = replay(recorder.events, MASTER)
    assert [place.plant for place in before[KEY, "1"].placements] == ["zmk-most"]
    assert differences(recorder, ruled()).moved == ()
    (moved,) = differences(recorder, ruled(deny=("zmk-most",))).moved
    assert [place.held for place in moved.after] == ["no-candidate"]


def test_a_plant_that_stayed_silent_loses_the_order_in_the_replay_too() -> None:
    recorder = recorded(PAINT, answers=accepting(silent=frozenset({"tsvetnoy-bulvar"})))
    recorder.later(days=9)
    recorder.take(Event("end", "Receipt", {"subject": "Order", "key": "17"}))
    assert [place.plant for place in replay(recorder.events, MASTER)[KEY, "1"].placements] == ["zmk-most"]


def test_a_plant_that_was_never_asked_is_taken_to_accept() -> None:
    recorder = recorded(PAINT)
    recorder.later(days=9)
    recorder.take(Event("end", "Receipt", {"subject": "Order", "key": "17"}))
    outcome = replay(recorder.events, ruled(deny=("tsvetnoy-bulvar",)))[KEY, "1"]
    assert [place.plant for place in outcome.placements] == ["zmk-most"]
    assert outcome.day is not None


def test_an_order_of_no_member_or_without_its_first_version_is_left_out() -> None:
    recorder = recorded(PAINT)
    assert replay([event for event in recorder.events if event.subject != "Order"], MASTER) == {}
    others = Members(members=tuple(member for member in MASTER.members.members if member.id != BUYER))
    strange = replace(MASTER, members=others)
    assert replay(recorder.events, strange) == {}
    found = differences(recorder, strange)
    assert [moved.after for moved in found.moved] == [()]


def test_no_events_are_no_orders() -> None:
    assert compare(replay([], MASTER), replay([], MASTER)) == Differences(0, 0)


PLANTS = ["tsvetnoy-bulvar", "ruskran", "zmk-most", "oemz", "oetz"]
quantities = st.integers(1, 10**6).map(lambda number: Decimal(number) / 1000)


@st.composite
def order_lines(draw: st.DrawFn) -> list[Value]:
    codes = draw(st.lists(st.sampled_from(sorted(CODES)), min_size=1, max_size=3))
    return [
        {"line_id": str(number), "item_code": code, "quantity": draw(quantities), "unit": CODES[code]}
        for number, code in enumerate(codes, 1)
    ]


@st.composite
def rules(draw: st.DrawFn) -> MasterData:
    few = st.lists(st.sampled_from(PLANTS), unique=True, max_size=2).map(tuple)
    mode = draw(st.sampled_from([Mode.AUTO, Mode.AUTO, Mode.APPROVE]))
    return ruled(rank=draw(st.sampled_from(Rank)), mode=mode, deny=draw(few))


@st.composite
def histories(draw: st.DrawFn) -> Recorder:
    some = st.frozensets(st.sampled_from(PLANTS), max_size=2)
    recorder = Recorder(accepting(draw(some), draw(some)), draw(rules()))
    for plant, item in (("oemz", "motor-crane-7kw5"), ("tsvetnoy-bulvar", "coating-girders")):
        where = recorder.stock if draw(st.booleans()) else recorder.hidden
        where[plant, item] = draw(quantities)
    recorder.order(*draw(order_lines()))
    for _ in range(draw(st.integers(0, 2))):
        match draw(st.sampled_from(["order", "later", "level", "approve", "reject", "cancel"])):
            case "level":
                recorder.level("oemz", "motor-crane-7kw5", draw(quantities))
            case "order":
                recorder.order(*draw(order_lines()))
            case "later":
                recorder.later(days=draw(st.integers(1, 9)))
            case "cancel":
                recorder.order(*draw(order_lines()), document_status="CANCELLED")
            case action:
                value = full_action(action.upper(), action_id=f"a{recorder.clock}")
                recorder.take(Event(f"a{recorder.clock}", "PlannerAction", value))
                recorder.run()
    return recorder


def held_by(recorder: Recorder) -> dict[tuple[str, str], set[tuple[str, str | None, str | None, Decimal]]]:
    """What the planner's own state ended with: item, plant, why held, and how much, by line."""
    state = recorder.state
    assert state is not None
    found: dict[tuple[str, str], dict[tuple[str, str | None, str | None], Decimal]] = {}
    for line in state.order.lines:
        total = found.setdefault((KEY, line.line_id), {})
        if line.hold_reason:
            total[line.item or line.item_code, None, line.hold_reason] = line.quantity
            continue
        for portion in state.portions:
            if portion.line_id == line.line_id and not portion.cancelled:
                place = portion.item, portion.current.plant if portion.current else None, portion.hold_reason
                total[place] = total.get(place, Decimal(0)) + portion.quantity
    return {place: {(*what, amount) for what, amount in total.items()} for place, total in found.items()}


def days_of(recorder: Recorder) -> dict[tuple[str, str], date | None]:
    """The day that the planner's own state has for each line."""
    state = recorder.state
    assert state is not None
    assert state.status is not None
    told = {line.line_id: line.promised_date for line in state.status.lines}
    end = recorder.events[-1].time
    return {
        (KEY, line.line_id): told[line.line_id] or dates.arrival(state, line, recorder.master, end)
        for line in state.order.lines
    }


@given(histories())
def test_a_replay_ends_where_the_planner_ended(recorder: Recorder) -> None:
    replayed = replay(recorder.events, recorder.master)
    found: dict[tuple[str, str], set[Any]] = {}
    for place, outcome in replayed.items():
        total: dict[Any, Decimal] = {}
        for each in outcome.placements:
            what = each.item, each.plant, each.held
            total[what] = total.get(what, Decimal(0)) + each.quantity
        found[place] = {(*what, amount) for what, amount in total.items()}
    assert found == held_by(recorder)
    assert {place: outcome.day for place, outcome in replayed.items()} == days_of(recorder)


@given(histories())
def test_the_recorded_answers_are_those_of_the_replay(recorder: Recorder) -> None:
    found = what_if.unknown(recorder.events, recorder.master)
    assert found.differing == 0
    for key, quantity in (found.opening or {}).items():
        assert 0 < quantity <= recorder.hidden[key]


@given(histories(), rules())
def test_the_same_master_data_twice_make_no_difference(recorder: Recorder, master: MasterData) -> None:
    for each in (recorder.master, master):
        first, again = replay(recorder.events, each), replay(recorder.events, each)
        found = compare(first, again)
        assert (found.moved, found.shifted) == ((), ())
        assert found.lines == len(first)


@given(histories(), rules())
def test_to_and_fro_are_the_same_differences_turned_round(recorder: Recorder, master: MasterData) -> None:
    here, there = replay(recorder.events, recorder.master), replay(recorder.events, master)
    forth, back = compare(here, there), compare(there, here)
    assert [(m.before, m.after) for m in forth.moved] == [(m.after, m.before) for m in back.moved]
    assert [(c.before, c.after) for c in forth.shifted] == [(c.after, c.before) for c in back.shifted]
    assert forth.later == back.earlier


@given(histories(), rules())
def test_every_quantity_is_somewhere(recorder: Recorder, master: MasterData) -> None:
    assert recorder.state is not None
    for line in recorder.state.order.lines:
        outcome = replay(recorder.events, master).get((KEY, line.line_id), LineOutcome())
        own = [place.quantity for place in outcome.placements if not place.node]
        if not recorder.state.order.cancelled:
            assert sum(own) == line.quantity


def test_placements_are_values() -> None:
    assert Placement("a", "", None, "r") == Placement("a", "", None, "r")
    with pytest.raises(AttributeError):
        Placement("a", "", None, "r").plant = "b"  # type: ignore[misc]
    assert what_if.__doc__ is not None
    assert "is taken to accept" in what_if.__doc__
