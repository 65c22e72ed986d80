"""Who is told what of an order: each role its own view, told when that changes, in words that name nobody."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.broker import topics
from kranhub.readmodel import event_texts
from kranhub.settings import Settings
from kranhub.wire.messages import Subject
from streams.routing.model.copying import replace
from streams.routing.notify import projections
from streams.stages.dispatch import Dispatch
from tests.support.batches import CODEC, batch, record, sent_records
from tests.support.fields import decoded, fields
from tests.support.order_lines import MOTORS
from tests.support.plants import (
    BUYER,
    MASTER,
    START,
    Cluster,
    Event,
    Value,
    full_order,
    full_production,
    full_response,
    full_shipment,
)

PAINT = {"line_id": "2", "item_code": "ОКР-М2", "quantity": Decimal(100), "unit": "MTK"}
EVERYBODY = {
    "payer": "omsk-leasing",
    "user": "irtysh-stroy",
    "consignee": "irtysh-trans",
    "programme": "gosprogramma-kran",
}
DETAILS = ("earliest_date", "quotation", "valid_until")


def placed(*lines: Value, **changes: Any) -> Cluster:
    cluster = Cluster()
    send(cluster, "o1", *lines, **changes)
    return cluster


def send(cluster: Cluster, event_id: str, *lines: Value, **changes: Any) -> None:
    cluster.take(Event(event_id, "Order", full_order("17", lines or (MOTORS,), **changes)))
    cluster.run()


def answer(cluster: Cluster, code: str, promised: date = date(2027, 2, 1), minute: int = 0) -> None:
    """Let every plant answer that has the latest word of a plant order."""
    for number, _ in list(cluster.at_plants()):
        asked = [value for value in cluster.subjects("PlantOrder") if value["plant_order_id"] == number][-1]
        value = full_response(asked, code, START + timedelta(minutes=minute), promised_date=promised)
        cluster.take(Event(f"{number}/{code}/{minute}", "OrderResponse", value))
    cluster.run()


def states(cluster: Cluster, member: str) -> list[str]:
    return [value["state"] for value in cluster.addressed(member)]


def test_everybody_on_the_order_gets_a_status_as_what_he_is() -> None:
    cluster = placed(**EVERYBODY)
    answer(cluster, "AP")
    assert {value["addressee"]: value["role"] for value in cluster.subjects("OrderStatus")} == {
        BUYER: "buyer",
        "omsk-leasing": "payer",
        "irtysh-stroy": "user",
        "irtysh-trans": "consignee",
        "gosprogramma-kran": "programme",
    }


def test_an_order_of_nobody_else_tells_nobody_else() -> None:
    cluster = placed()
    answer(cluster, "AP")
    assert {value["addressee"] for value in cluster.subjects("OrderStatus")} == {BUYER}


@pytest.mark.parametrize("member", ["omsk-leasing", "irtysh-stroy"])
def test_payer_and_user_see_the_states_and_dates_of_order_and_lines(member: str) -> None:
    cluster = placed(MOTORS, PAINT, **EVERYBODY)
    answer(cluster, "AP")
    own, seen = cluster.status(), cluster.addressed(member)[-1]
    assert (seen["order_id"], seen["state"], seen["promised_date"]) == ("17", "CONFIRMED", own["promised_date"])
    assert [{**line, "reason": {}} for line in own["lines"]] == seen["lines"]
    assert [seen[name] for name in DETAILS] == [None, False, None]


def test_nobody_but_the_buyer_reads_which_plant_said_what() -> None:
    cluster = placed(MOTORS, PAINT, **EVERYBODY)
    answer(cluster, "RE")
    answer(cluster, "AP", minute=1)
    assert any(names(value) for value in cluster.addressed(BUYER))
    others = [value for value in cluster.subjects("OrderStatus") if value["addressee"] != BUYER]
    assert all(not names(value) for value in others)
    assert all(line["reason"] == {} for value in others for line in value["lines"])


def names(value: Value) -> list[str]:
    """The plants that a status names."""
    words = f"{value['reason']} {value['cause']}"
    members = [member for member in MASTER.members.members if member.makes]
    return [m.id for m in members if m.id in words or m.name.en in words or m.name.ru in words]


def test_the_payer_reads_why_the_state_or_the_promise_has_moved_in_both_languages() -> None:
    cluster = placed(**EVERYBODY)
    answer(cluster, "AP")
    answer(cluster, "CA", date(2027, 2, 9), minute=1)
    told = cluster.addressed("omsk-leasing")
    assert [value["cause"] for value in told] == ["order-received", "planned", "state-changed", "promise-moved"]
    assert told[2]["reason"] == {
        "en": "The plants have confirmed the order. Promised for 2027-02-02.",
        "ru": "Заводы подтвердили заказ. Обещанная дата: 2027-02-02.",
    }
    assert told[3]["reason"]["en"] == "The promised date moves from 2027-02-02 to 2027-02-10."


def test_a_change_of_one_line_only_is_told_without_a_reason() -> None:
    cluster = placed(MOTORS, PAINT, **EVERYBODY)
    answer(cluster, "AP")
    asked = cluster.subjects("PlantOrder")[0]
    cluster.take(Event("p1", "ProductionStatus", full_production(asked, "RUNNING", START)))
    cluster.take(Event("p2", "ProductionStatus", full_production(asked, "COMPLETED", START + timedelta(hours=1))))
    seen = cluster.addressed("omsk-leasing")[-1]
    assert [line["state"] for line in seen["lines"]] == ["READY", "CONFIRMED"]
    assert (seen["state"], seen["cause"], seen["reason"]) == ("IN_PRODUCTION", None, {})


def test_the_consignee_learns_that_it_is_planned_and_then_when_it_comes() -> None:
    cluster = placed(**EVERYBODY)
    asked = cluster.subjects("PlantOrder")[0]
    assert states(cluster, "irtysh-trans") == ["PLANNED"]
    answer(cluster, "AP")
    for hour, state in enumerate(("RUNNING", "COMPLETED")):
        value = full_production(asked, state, START + timedelta(hours=hour))
        cluster.take(Event(f"p{hour}", "ProductionStatus", value))
    for hour, arrived in enumerate((None, START + timedelta(days=1))):
        value = full_shipment(asked, START, actual_arrival=arrived)
        cluster.take(Event(f"s{hour}", "Shipment", value))
    told = cluster.addressed("irtysh-trans")
    assert states(cluster, "irtysh-trans") == ["PLANNED", "CONFIRMED", "READY", "SHIPPED", "DELIVERED"]
    assert [value["promised_date"] is None for value in told] == [True, False, False, False, False]
    assert all(value["reason"] == {} and value["cause"] is None for value in told)


def test_the_programme_sees_every_state_but_no_item_and_no_reason() -> None:
    cluster = placed(**EVERYBODY)
    answer(cluster, "AP")
    told = cluster.addressed("gosprogramma-kran")
    assert [value["state"] for value in told] == ["RECEIVED", "PLANNED", "CONFIRMED"]
    assert told[-1]["promised_date"] == cluster.status()["promised_date"]
    assert {line["item_code"] for value in told for line in value["lines"]} == {""}
    assert all(value["reason"] == {} and value["cause"] is None for value in told)


def test_a_programme_may_have_a_number_that_a_member_answers_for() -> None:
    assert placed(programme="kran-2030").addressed("gosprogramma-kran") == []
    many = [
        member.model_copy(update={"programmes": ("kran-2030",) if member.id == "gosprogramma-kran" else ()})
        for member in MASTER.members.members
    ]
    named = replace(MASTER, members=MASTER.members.model_copy(update={"members": tuple(many)}))
    cluster = Cluster(master=named)
    send(cluster, "o1", programme="kran-2030")
    assert cluster.addressed("gosprogramma-kran")
    assert cluster.addressed("omsk-leasing") == []


def test_a_company_in_several_roles_gets_one_status_with_all_that_they_let_see() -> None:
    names = dict.fromkeys(("payer", "user", "consignee"), "omsk-leasing")
    cluster = placed(**names)
    assert [value["role"] for value in cluster.addressed("omsk-leasing")] == ["payer", "payer"]
    both = placed(consignee="gosprogramma-kran", programme="gosprogramma-kran")
    seen = both.addressed("gosprogramma-kran")
    assert [(value["state"], value["lines"][0]["item_code"]) for value in seen] == [
        ("RECEIVED", "ДВ-7.5"),
        ("PLANNED", "ДВ-7.5"),
    ]
    own = placed(payer=BUYER, user=BUYER, consignee=BUYER)
    assert {value["role"] for value in own.subjects("OrderStatus")} == {"buyer"}


def test_a_place_that_is_no_member_is_told_nothing() -> None:
    assert projections.roles(plan_of(placed(consignee="Склад № 4")), MASTER) == {}


def plan_of(cluster: Cluster) -> Any:
    assert cluster.state is not None
    return cluster.state.order


def test_a_quotation_is_between_the_buyer_and_the_hub() -> None:
    cluster = placed(quotation=True, valid_until=date(2026, 12, 31), **EVERYBODY)
    assert {value["addressee"] for value in cluster.subjects("OrderStatus")} == {BUYER}
    send(cluster, "o2", quotation=False, **EVERYBODY)
    assert cluster.addressed("omsk-leasing")[0]["revision"] == 1


def test_who_leaves_the_order_is_told_so_once_and_no_more() -> None:
    cluster = placed(**EVERYBODY)
    send(cluster, "o2", PAINT, **{**EVERYBODY, "payer": None})
    answer(cluster, "AP")
    last = cluster.addressed("omsk-leasing")[-1]
    assert states(cluster, "omsk-leasing") == ["RECEIVED", "PLANNED", "CANCELLED"]
    assert (last["cause"], last["lines"], last["promised_date"]) == ("left-order", [], None)
    assert set(last["reason"]) == {"en", "ru"}
    send(cluster, "o3", PAINT, **EVERYBODY)
    assert [value["revision"] for value in cluster.addressed("omsk-leasing")] == [1, 2, 3, 4]
    assert cluster.addressed("omsk-leasing")[-1]["state"] == "CONFIRMED"


def test_a_cancel_reaches_all_who_had_heard_of_the_order() -> None:
    cluster = placed({**MOTORS, "item_code": "НЕТ"}, **EVERYBODY)
    send(cluster, "o2", document_status="CANCELLED", **EVERYBODY)
    assert [states(cluster, member)[-1:] for member in ("omsk-leasing", "gosprogramma-kran", "irtysh-trans")] == [
        ["CANCELLED"],
        ["CANCELLED"],
        [],
    ]


def test_what_does_not_change_for_somebody_is_not_told_to_him() -> None:
    cluster = placed(**EVERYBODY)
    before = {member: len(cluster.addressed(member)) for member in (BUYER, *EVERYBODY.values())}
    send(cluster, "o2", {**MOTORS, "quantity": Decimal(5)}, **EVERYBODY)
    after = {member: len(cluster.addressed(member)) for member in before}
    assert after == {**before, BUYER: before[BUYER] + 1}


def test_the_buyers_own_status_and_its_id_are_as_they_were() -> None:
    alone, together = placed(), placed(**EVERYBODY)
    for cluster in (alone, together):
        answer(cluster, "AP")
    own = [
        [e for e in c.sent if e.subject == "OrderStatus" and fields(e)["addressee"] == BUYER] for c in (alone, together)
    ]
    assert [(e.id, e.key) for e in own[0]] == [(e.id, e.key) for e in own[1]]
    assert [e.id for e in own[0]] == [f"hub/OrderStatus/{BUYER}:17/{number}" for number in (1, 2, 3)]


def test_the_timeline_says_who_was_told() -> None:
    cluster = placed(**EVERYBODY)
    told = [
        event_texts.describe(decoded(Subject.ORDER_STATUS, value)) for value in cluster.subjects(Subject.ORDER_STATUS)
    ]
    assert told[0].en.startswith("customer is told: RECEIVED")
    assert told[0].ru.startswith("заказчику сообщено: RECEIVED")
    assert told[1].en.startswith("payer omsk-leasing is told: RECEIVED")
    assert told[1].ru.startswith("плательщику omsk-leasing сообщено: RECEIVED")


def test_dispatch_hands_each_status_to_its_addressee_only() -> None:
    cluster = placed(**EVERYBODY)
    stage = Dispatch(Settings(namespace="t."), CODEC)
    found = []
    for number, message in enumerate(e for e in cluster.sent if e.subject == "OrderStatus"):
        of = batch(stage)
        headers = [("ce_type", b"kranhub.OrderStatus"), ("ce_id", message.id.encode())]
        of.process(
            [record(number, f"{BUYER}:17", CODEC.encode(Subject.ORDER_STATUS, fields(message)), headers=headers)]
        )
        found += [(fields(message)["addressee"], one.topic, one.key.decode()) for one in sent_records(of)]
    assert {(member, topic) for member, topic, _ in found} == {
        (member, topics.inbound("t.", member, "statuses")) for member in (BUYER, *EVERYBODY.values())
    }
    assert {(member == BUYER, key) for member, _, key in found} == {(True, "17"), (False, f"{BUYER}:17")}


members = st.none() | st.sampled_from([BUYER, "omsk-leasing", "irtysh-stroy", "irtysh-trans"])
revisions = st.fixed_dictionaries(
    {
        "payer": members,
        "user": members,
        "consignee": members | st.just("Склад № 4"),
        "programme": st.sampled_from([None, "gosprogramma-kran", "kran-2030"]),
        "document_status": st.sampled_from(["ACTIVE", "ACTIVE", "ACTIVE", "CANCELLED"]),
    }
)
steps = st.lists(st.one_of(revisions, st.sampled_from(["AP", "CA", "RE"])), min_size=1, max_size=6)


@given(revisions, steps)
def test_every_inbox_counts_by_itself_and_says_only_what_is_new(first: Any, rest: list[Any]) -> None:
    cluster = placed(MOTORS, PAINT, **first)
    for number, step in enumerate(rest, 2):
        if isinstance(step, str):
            answer(cluster, step, date(2027, 2, number), minute=number)
        else:
            send(cluster, f"o{number}", MOTORS, PAINT, **step)
    ids = [message.id for message in cluster.sent if message.subject == "OrderStatus"]
    assert len(ids) == len(set(ids))
    for member in MASTER.members.by_id:
        inbox = cluster.addressed(member)
        assert [value["revision"] for value in inbox] == list(range(1, len(inbox) + 1))
        if member != BUYER:
            _is_a_view(inbox)
    named = set(projections.roles(plan_of(cluster), MASTER))
    gone = [m for m in MASTER.members.by_id if m != BUYER and m not in named and cluster.addressed(m)]
    assert all(cluster.addressed(member)[-1]["state"] == "CANCELLED" for member in gone)


def _is_a_view(inbox: list[Value]) -> None:
    seen = [(value["state"], value["promised_date"], value["lines"]) for value in inbox]
    assert all(before != after for before, after in pairwise(seen))
    for value in inbox:
        assert not names(value)
        assert value["role"] != "consignee" or value["state"] not in ("RECEIVED", "ON_HOLD", "IN_PRODUCTION")
        assert value["role"] == "programme" or all(line["item_code"] for line in value["lines"])
