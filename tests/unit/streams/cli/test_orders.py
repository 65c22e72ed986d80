"""`kranhub orders`: what a person decides becomes one record on hub.work; what waits for a person is listed."""

import getpass
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from streams.admin import waiting
from streams.cli import tables
from streams.cli.orders import orders
from streams.processor.kafka import clients
from streams.routing.masterdata.rules import Mode, Rule, Rules
from tests.support.decisions import decision, party
from tests.support.order_lines import PAINT
from tests.support.plants import BUYER, KEY, MASTER, Cluster, Event, Value, full_action, full_order, full_response
from tests.support.terminal import NOW, Hub, call, hub

__all__ = ["hub"]

WHY = ("--reason", "as agreed by telephone", "--actor", "dispatcher")


@pytest.fixture
def known(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub that knows two buyers, a plant, and an order of each buyer."""
    for member in (BUYER, "irtysh-stroy", "zmk-most"):
        hub.put("hub.parties", member, "Party", party(member, member, member))
    hub.put("hub.decisions", KEY, "RoutingDecision", decision())
    hub.put("hub.decisions", "irtysh-stroy:17", "RoutingDecision", decision(order_key="irtysh-stroy:17"))
    hub.put(
        "hub.decisions",
        "irtysh-stroy:9/4",
        "RoutingDecision",
        decision(order_key="irtysh-stroy:9/4", order_number="№ 12/2026"),
    )
    monkeypatch.setattr(clients, "Producer", hub.producer)
    return hub


@pytest.mark.parametrize(
    ("words", "action", "given"),
    [
        (("approve",), "APPROVE", {}),
        (("approve", "--line", "2"), "APPROVE", {"line_id": "2"}),
        (("reject", "--plant-order", f"{KEY}/1.1.1"), "REJECT", {"plant_order_id": f"{KEY}/1.1.1"}),
        (("override-plant", "--plant", "zmk-most"), "OVERRIDE_PLANT", {"plant": "zmk-most"}),
        (("override-date", "--date", "2027-02-01"), "OVERRIDE_DATE", {"date": date(2027, 2, 1)}),
        (("freeze",), "FREEZE", {}),
        (("release", "--line", "1"), "RELEASE", {"line_id": "1"}),
        (("cancel",), "CANCEL", {}),
    ],
)
def test_an_action_becomes_one_record_of_the_order(
    known: Hub, words: tuple[str, ...], action: str, given: dict[str, Any]
) -> None:
    name, *more = words
    shown = call(orders, name, KEY, *more, *WHY)
    assert shown.exit_code == 0, shown.output
    (written,) = known.written
    assert (written.topic, written.key, written.envelope.type) == ("hub.work", KEY, "kranhub.PlannerAction")
    number = written.value["action_id"]
    assert written.envelope.id == f"hub/PlannerAction/{number}"
    assert written.envelope.recorded is None
    nothing = {"plant_order_id": None, "line_id": None, "plant": None, "date": None}
    expected = {"actor": "dispatcher", "reason": "as agreed by telephone", "order_key": KEY, "action": action}
    assert {**nothing, **expected, **given} == {k: v for k, v in written.value.items() if k not in ("action_id", "at")}
    assert number in shown.output
    assert f"kranhub why {KEY}" in shown.output
    assert f"kranhub trace {KEY}" in shown.output


def test_the_planner_takes_what_the_command_writes(known: Hub) -> None:
    cluster = Cluster()
    cluster.take(Event("o1", "Order", full_order("17", [PAINT])))
    cluster.run()
    assert call(orders, "override-plant", KEY, "--plant", "zmk-most", *WHY).exit_code == 0
    (written,) = known.written
    cluster.take(Event("a1", "PlannerAction", written.value))
    cluster.run()
    assert cluster.refused == []
    assert cluster.subjects("PlantOrder")[-1]["plant"] == "zmk-most"
    (entry,) = cluster.subjects("AuditEntry")
    assert (entry["entry_id"], entry["actor"]) == (written.value["action_id"], "dispatcher")


def test_every_call_is_an_action_of_its_own(known: Hub) -> None:
    for _ in range(2):
        call(orders, "approve", KEY, *WHY)
    assert len({written.value["action_id"] for written in known.written}) == 2


def test_json_gives_the_record(known: Hub) -> None:
    shown = json.loads(call(orders, "freeze", KEY, *WHY, "-o", "json").output)
    assert shown["action"] == "FREEZE"
    assert shown["action_id"] == known.written[0].value["action_id"]


def test_a_plant_orders_id_names_order_and_part(known: Hub) -> None:
    assert call(orders, "reject", f"{KEY}/1.1.2", *WHY).exit_code == 0
    assert known.written[0].key == KEY
    assert known.written[0].value["plant_order_id"] == f"{KEY}/1.1.2"


@pytest.mark.parametrize("order", ["irtysh-stroy:9/4", "9/4", "№ 12/2026", "irtysh-stroy:№ 12/2026"])
def test_an_order_is_found_by_its_id_and_by_its_number(known: Hub, order: str) -> None:
    assert call(orders, "freeze", order, *WHY).exit_code == 0
    assert known.written[0].key == "irtysh-stroy:9/4"


def test_an_order_that_is_yet_to_come_is_named_by_its_key_as_it_is(known: Hub) -> None:
    assert call(orders, "freeze", f"{BUYER}:З-17/2026", *WHY).exit_code == 0
    assert known.written[0].key == f"{BUYER}:З-17/2026"


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (("approve", "17"), 2, f"irtysh-stroy:17, {KEY}"),
        (("approve", KEY, "--line", "1", "--plant-order", f"{KEY}/1.1.1"), 2, "one of them"),
        (("approve", KEY, "--plant-order", "irtysh-stroy:17/1.1.1"), 2, "no plant order of"),
        (("freeze", f"{KEY}/1.1.1"), 2, "whole order"),
        (("override-plant", KEY), 2, "--plant"),
        (("override-plant", KEY, "--plant", "nobody"), 2, "irtysh-stroy, sibir-terminal, zmk-most"),
        (("override-date", KEY, "--date", "1.2.2027"), 2, "--date"),
        (("override-date", KEY, "--date", "0027-02-01"), 2, "1990"),
        (("freeze", KEY, "--line", "1"), 2, "--line"),
        (("approve", "18"), 1, "buyer:number"),
        (("approve", "nobody:17"), 1, "buyer:number"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(
    known: Hub, words: tuple[str, ...], code: int, part: str
) -> None:
    shown = call(orders, *words, *WHY)
    assert shown.exit_code == code
    assert part in (shown.output if code == 2 else str(shown.exception))
    assert known.written == []


@pytest.mark.parametrize("reason", ["", "   ", "x" * 2001])
def test_a_reason_is_needed(known: Hub, reason: str) -> None:
    assert call(orders, "approve", KEY, "--reason", reason, "--actor", "a").exit_code == 2
    assert call(orders, "approve", KEY, "--actor", "a").exit_code == 2
    assert known.written == []


def test_who_acts_is_the_account_unless_it_is_said(known: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "ivanova")
    call(orders, "approve", KEY, "--reason", "agreed")
    assert known.written[0].value["actor"] == "ivanova"

    def nobody() -> str:
        raise KeyError

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert "--actor" in call(orders, "approve", KEY, "--reason", "agreed").output


def test_a_broker_that_takes_nothing_is_unreachable(known: Hub) -> None:
    known.failure = "_MSG_TIMED_OUT"
    shown = call(orders, "approve", KEY, *WHY)
    assert shown.exit_code == 3
    assert "_MSG_TIMED_OUT" in str(shown.exception)


@pytest.mark.parametrize("name", sorted(orders.commands))
def test_every_command_has_help(name: str) -> None:
    assert call(orders, name, "--help").exit_code == 0


CAREFUL = Rules(rules=(Rule(rule="careful", mode=Mode.APPROVE),))
Answers = Callable[[Value], list[Event]]


def refuse(asked: Value) -> list[Event]:
    return [Event(f"{asked['plant_order_id']}/RE", "OrderResponse", full_response(asked, "RE", NOW))]


TOPICS = {"PlantOrder": "outbox", "OrderStatus": "outbox", "Alert": "alerts", "AuditEntry": "audit"}


class PlannedOrder:
    """An order in the planner, whose words stand in the hub's topics as the planner stage says them."""

    def __init__(self, hub: Hub, answers: Answers = lambda asked: [], *, careful: bool = False) -> None:
        self.hub = hub
        master = MASTER if not careful else type(MASTER)(MASTER.members, MASTER.nomenclature, CAREFUL)
        self.cluster = Cluster(answers, master)

    def take(self, event: Event, after: timedelta = timedelta(0)) -> None:
        self.cluster.today += after
        self.cluster.take(event)
        self.cluster.run()
        self.hub.topics.clear()
        for message in self.cluster.sent:
            if message.subject in TOPICS:
                self.hub.put(f"hub.{TOPICS[message.subject]}", KEY, message.subject, message.value)

    def order(self, *lines: Value, **changes: Any) -> None:
        self.take(Event(f"o{self.cluster.clock}", "Order", full_order("17", lines or [PAINT], **changes)))

    def act(self, action: str, **changes: Any) -> None:
        self.take(Event(f"a{self.cluster.clock}", "PlannerAction", full_action(action, **changes)), timedelta(hours=1))

    def waits(self, at: datetime = NOW) -> list[str]:
        settings: Any = type("S", (), {"namespace": "t."})
        return [str(alert["code"]) for alert in waiting.still_waiting(settings, None, at)]  # type: ignore[arg-type]


def test_an_approval_waits_until_a_person_has_acted(hub: Hub) -> None:
    planned = PlannedOrder(hub, careful=True)
    planned.order()
    assert planned.waits() == ["approval-needed"]
    planned.act("APPROVE", plant_order_id=f"{KEY}/1.1.1")
    assert planned.waits(NOW + timedelta(hours=2)) == []


def test_an_approval_of_another_plant_order_still_waits(hub: Hub) -> None:
    planned = PlannedOrder(hub, careful=True)
    planned.order(PAINT, {**PAINT, "line_id": "2"})
    assert planned.waits() == ["approval-needed", "approval-needed"]
    planned.act("APPROVE", line_id="2")
    assert planned.waits() == ["approval-needed"]


def test_after_a_rejection_the_next_plants_approval_waits_alone(hub: Hub) -> None:
    planned = PlannedOrder(hub, careful=True)
    planned.order()
    planned.act("REJECT")
    assert planned.waits() == ["approval-needed"]
    planned.act("REJECT", action_id="again")
    assert planned.waits() == ["no-candidate"]


def test_an_approval_waits_no_longer_than_its_reservation(hub: Hub) -> None:
    planned = PlannedOrder(hub, careful=True)
    planned.order()
    assert planned.waits(NOW + timedelta(days=4)) == ["approval-needed"]
    assert planned.waits(NOW + timedelta(days=6)) == []


def test_a_part_without_a_plant_waits_until_one_has_it(hub: Hub) -> None:
    planned = PlannedOrder(hub, refuse)
    planned.order()
    assert planned.waits(NOW + timedelta(days=300)) == ["no-candidate"]
    planned.cluster.answers = lambda asked: []
    planned.act("RELEASE")
    assert planned.waits() == []


def test_a_line_without_a_mapping_waits(hub: Hub) -> None:
    planned = PlannedOrder(hub)
    planned.order(PAINT, {**PAINT, "line_id": "2", "item_code": "НЕТ"})
    assert planned.waits() == ["unmapped-item"]
    planned.order(PAINT)
    assert planned.waits() == []


def test_what_others_than_the_buyer_are_told_does_not_count(hub: Hub) -> None:
    planned = PlannedOrder(hub)
    planned.order({**PAINT, "item_code": "НЕТ"}, payer="omsk-leasing")
    told = planned.cluster.subjects("OrderStatus")[-1]
    hub.put("hub.work", KEY, "OrderStatus", {**told, "addressee": "omsk-leasing", "role": "payer", "lines": []})
    assert planned.waits() == ["unmapped-item"]


def test_nothing_waits_for_a_cancelled_order(hub: Hub) -> None:
    planned = PlannedOrder(hub, refuse)
    planned.order()
    planned.order(document_status="CANCELLED")
    assert planned.waits() == []


def alert(code: str, raised: datetime, **changes: Any) -> dict[str, Any]:
    text = {"en": "Do something.", "ru": "Сделайте что-нибудь."}
    value = {"alert_id": f"{code}/{KEY}/1.1/1", "severity": "WARNING", "code": code, "owner": "operations"}
    return {**value, "order_key": KEY, "text": text, "deadline": raised, "raised_at": raised, **changes}


def test_the_list_is_newest_first_and_marks_what_is_overdue(hub: Hub) -> None:
    now = datetime.now(UTC)
    hub.put("hub.alerts", KEY, "Alert", alert("shortage", now - timedelta(hours=2)))
    later = alert("no-rule", now - timedelta(hours=1), deadline=now + timedelta(hours=1))
    hub.put("hub.alerts", KEY, "Alert", later)
    first, second = call(orders, "waiting").output.splitlines()
    assert ("no-rule" in first, "overdue" in first) == (True, False)
    assert ("shortage" in second, "overdue" in second) == (True, True)
    assert "просрочено" in call(orders, "waiting", lang="ru").output
    assert "Сделайте что-нибудь." in call(orders, "waiting", lang="ru").output
    assert [entry["code"] for entry in json.loads(call(orders, "waiting", "-o", "json").output)] == [
        "no-rule",
        "shortage",
    ]
    assert call(orders, "waiting", "--code", "shortage").output.count("\n") == 1


def test_an_alert_that_holds_nothing_up_is_forgotten_a_week_after_its_deadline(hub: Hub) -> None:
    hub.put("hub.alerts", KEY, "Alert", alert("shortage", datetime.now(UTC) - timedelta(days=8)))
    hub.put("hub.alerts", "", "Alert", alert("other", datetime.now(UTC), alert_id="other/1", order_key=None))
    assert [entry["code"] for entry in json.loads(call(orders, "waiting", "-o", "json").output)] == ["other"]


def refusal(hub: Hub, code: str, at: datetime, document: str = "1", **changes: Any) -> None:
    """Let the hub have refused version ``at`` of an order."""
    value = {
        "dead_letter_id": f"{code}-{at.isoformat()}",
        "event_id": f"{BUYER}/Order/{document}/0/a",
        "member": BUYER,
        "stage": "ingest",
        "code": code,
        "reason": {"en": "Correct the quantity.", "ru": "Исправьте количество."},
        "topic": f"t.out.{BUYER}.orders",
        "partition": 0,
        "offset": 1,
        "key": "17",
        "headers": {},
        "original": b"",
        "failed_at": at,
        "order_number": "ЗП-17/2026",
        **changes,
    }
    hub.put("hub.dead-letters", KEY, "DeadLetter", value, at)


def taken(hub: Hub, at: datetime) -> None:
    hub.put("hub.work", KEY, "Order", full_order("17", [PAINT]), at)


def listed(*words: str) -> list[str]:
    return [str(entry["code"]) for entry in json.loads(call(orders, "waiting", "-o", "json", *words).output)]


def test_a_refused_order_waits_until_another_version_of_it_is_taken(hub: Hub) -> None:
    now = datetime.now(UTC)
    taken(hub, now - timedelta(hours=3))
    refusal(hub, "bad-currency", now - timedelta(hours=2))
    refusal(hub, "bad-quantity", now - timedelta(hours=1))
    assert listed() == ["bad-quantity"]
    shown = call(orders, "waiting").output
    assert f"{KEY} (№ ЗП-17/2026)" in shown
    assert "Correct the quantity." in shown
    taken(hub, now)
    assert listed() == []


def test_what_is_no_order_or_has_an_alert_or_is_old_is_not_listed(hub: Hub) -> None:
    now = datetime.now(UTC)
    refusal(hub, "bad-quantity", now - timedelta(days=31))
    assert listed() == []
    refusal(hub, "unmapped-item", now)
    refusal(hub, "unknown-plant-order", now, topic="t.out.oemz.responses")
    assert listed() == []
    refusal(hub, "unknown-member", now, topic="t.hub.work", headers={"ce_type": "kranhub.Order"})
    assert listed() == ["unknown-member"]


def test_an_order_that_a_connector_could_not_read_waits_under_its_key_in_the_erp(hub: Hub) -> None:
    now = datetime.now(UTC)
    hub.put("hub.parties", BUYER, "Party", party(BUYER, BUYER, BUYER))
    letter: dict[str, Any] = {
        "stage": "source",
        "topic": "",
        "key": "any",
        "order_number": None,
        "event_id": f"{BUYER}/Order/17/1/a",
    }
    refusal(hub, "unmapped-unit", now - timedelta(hours=1), **letter)
    refusal(hub, "bad-date", now, **{**letter, "event_id": f"{BUYER}/InventoryLevel/17/1/a"})
    hub.topics[f"out.{BUYER}.dead-letters"] = hub.topics.pop("hub.dead-letters")
    (entry,) = json.loads(call(orders, "waiting", "-o", "json").output)
    assert (entry["code"], entry["order_key"]) == ("unmapped-unit", KEY)
    taken(hub, now)
    assert listed() == []


def test_another_document_under_an_orders_key_waits_although_the_order_goes_on(hub: Hub) -> None:
    now = datetime.now(UTC)
    refusal(hub, "two-documents", now - timedelta(hours=1), document="2")
    taken(hub, now)
    assert listed() == ["two-documents"]


def test_when_nothing_waits_that_is_said(hub: Hub) -> None:
    assert hub.topics == {}
    assert call(orders, "waiting").output == "Nothing waits for a person.\n"


def test_on_a_terminal_it_is_a_table(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.put("hub.alerts", KEY, "Alert", alert("no-rule", datetime.now(UTC)))
    monkeypatch.setattr(tables, "Console", lambda: Console(force_terminal=True, color_system=None, width=140))
    assert "┃ what to do" in call(orders, "waiting").output
