"""What the hub decides in shadow, beside what people placed: by the opening snapshot, line by line."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from kranhub.identifiers import order_key
from kranhub.wire.messages import Subject
from streams.cli.orders import orders
from streams.routing.planner.cutover import SHADOW_HEADER
from streams.routing.replay.shadow import Compared, HubEvent, Verdict, compare, totals
from tests.support.masters import item, master, plant
from tests.support.plants import BUYER, Cluster, Event, Value, full_order
from tests.support.terminal import Hub, call, hub
from tests.support.worlds import line

__all__ = ["hub"]

KEY = order_key(BUYER, "17")
BEAM, CRANE = item("beam", "25.11.23"), item("crane", "28.22.14", {"beam": 2})
PLANTS = [
    plant("alfa", {"okpd2": "25", "working_days": 5}, cutover="shadow"),
    plant("beta", {"okpd2": "25", "working_days": 50}, {"okpd2": "28", "working_days": 5}, cutover="shadow"),
]
MASTER = master(PLANTS, [BEAM, CRANE])


def told(*versions: Value, of: Any = MASTER) -> list[HubEvent]:
    """Return what hub.events says of the versions of an order: each, and what the planner makes of it."""
    cluster, found = Cluster(master=of), []
    for number, version in enumerate(versions):
        found.append(HubEvent(Subject.ORDER, version))
        before = len(cluster.sent)
        cluster.take(Event(f"o{number}", "Order", version))
        cluster.run()
        found += [HubEvent(e.subject, e.value, SHADOW_HEADER in e.headers) for e in cluster.sent[before:]]
    return [said for said in found if said.subject in ("Order", "PlantOrder", "OrderStatus")]


def order(*lines: Value, **changes: Any) -> Any:
    return full_order("17", lines, MASTER, **changes)


def opening(*lines: Value, **changes: Any) -> Any:
    return order(*lines, opening=True, revision=1, **changes)


def only(found: list[Compared]) -> Compared:
    (one,) = found
    return one


def test_people_chose_the_same_plant() -> None:
    found = only(compare(told(order(line("beam", 3)), opening(line("beam", 3, opening_plant="alfa")))))
    assert (found.order_key, found.line_id, found.verdict) == (KEY, "1", Verdict.SAME_PLANT)
    assert (found.hub, found.placed_at) == ({"alfa": Decimal(3)}, "alfa")
    assert (found.agreed_for, found.is_later) == (date(2027, 3, 1), False)
    assert found.possible_on is not None


def test_people_chose_another_plant_or_a_day_that_the_hub_could_not_keep() -> None:
    soon = opening(line("beam", 3, opening_plant="beta"), requested_date=date(2026, 11, 26))
    found = only(compare(told(order(line("beam", 3)), soon)))
    assert (found.verdict, found.hub, found.placed_at) == (Verdict.OTHER_PLANT, {"alfa": Decimal(3)}, "beta")
    assert found.is_later


def test_what_the_hub_decides_after_the_snapshot_is_not_compared() -> None:
    first = opening(line("beam", 3, opening_plant="beta"))
    later = opening(line("beam", 3, opening_plant="beta"), line("beam", 9, "2"))
    found = {each.line_id: each.verdict for each in compare(told(first, later))}
    assert found == {"1": Verdict.NOT_DECIDED, "2": Verdict.NOT_PLACED}


def test_parts_are_not_compared_and_a_withdrawn_decision_counts_no_more() -> None:
    crane = only(compare(told(order(line("crane")))))
    assert (crane.item, crane.hub, crane.verdict) == ("crane", {"beta": Decimal(1)}, Verdict.NOT_PLACED)
    assert compare(told(order(line("crane")), order(line("crane"), document_status="CANCELLED", revision=1))) == []


def test_a_split_line_names_all_its_plants() -> None:
    cluster = Cluster(master=MASTER, limit={("alfa", "beam"): Decimal(2)})
    cluster.take(Event("o", "Order", order(line("beam", 3))))
    cluster.run()
    found = only(compare(HubEvent(e.subject, e.value, SHADOW_HEADER in e.headers) for e in cluster.sent))
    assert found.hub == {"alfa": Decimal(2), "beta": Decimal(1)}


def test_orders_of_live_members_are_not_in_it() -> None:
    live = [entry.model_copy(update={"cutover": "live"}) for entry in MASTER.members.members]
    of = type(MASTER)(MASTER.members.model_copy(update={"members": tuple(live)}), MASTER.nomenclature)
    assert compare(told(order(line("beam", 3)), of=of)) == []


def test_totals_name_every_verdict() -> None:
    found = compare(told(order(line("beam", 3)), opening(line("beam", 3, opening_plant="alfa"))))
    assert totals(found) == {verdict: int(verdict is Verdict.SAME_PLANT) for verdict in Verdict}


def recorded(hub: Hub) -> Iterator[HubEvent]:
    for said in told(order(line("beam", 3)), opening(line("beam", 3, opening_plant="beta"))):
        headers = (SHADOW_HEADER,) if said.shadow else ()
        hub.put("hub.events", KEY, said.subject, said.value, headers=headers)
        yield said


def test_the_command_tells_each_line_and_the_totals_in_both_languages(hub: Hub) -> None:
    assert list(recorded(hub))
    said = call(orders, "shadow").output
    assert f"{KEY}  1  beam  alfa  beta" in said
    assert "another plant: 1" in said
    assert "другой завод: 1" in call(orders, "shadow", lang="ru").output
    found = json.loads(call(orders, "shadow", "-o", "json").output)
    assert found["totals"]["other-plant"] == 1
    assert found["lines"][0] | {"possible_on": None} == {
        "order_key": KEY,
        "line_id": "1",
        "item": "beam",
        "verdict": "other-plant",
        "hub": {"alfa": "3"},
        "placed_at": "beta",
        "possible_on": None,
        "agreed_for": "2027-03-01",
        "is_later": False,
    }


def test_the_command_keeps_to_a_plant_and_says_where_there_is_nothing(hub: Hub) -> None:
    hub.topics["hub.events"] = []
    assert "docs/cutover.md" in call(orders, "shadow").output
    assert list(recorded(hub))
    assert json.loads(call(orders, "shadow", "--plant", "gamma", "-o", "json").output)["lines"] == []
    assert len(json.loads(call(orders, "shadow", "--plant", "alfa", "-o", "json").output)["lines"]) == 1
