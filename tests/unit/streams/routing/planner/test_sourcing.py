"""Who makes it: the rule's rank and constraints, offers that come or do not, what one plant alone cannot do."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.routing.masterdata.masterdata import MasterData
from tests.support.masters import item, master, other, plant
from tests.support.plants import Event, Value, full_order
from tests.support.worlds import World, answering, line, world

RUB = {"currency": "RUB"}
ALFA = plant("alfa", {"okpd2": "25.11.23", "working_days": 20, "cost": {"amount": 30, **RUB}}, currencies=["RUB"])
BETA = plant("beta", {"okpd2": "25.11.23", "working_days": 10, "cost": {"amount": 20, **RUB}}, region="RU-MOW")
GAMMA = plant("gamma", {"okpd2": "25.11", "working_days": 15, "cost": {"amount": 10, **RUB}}, currencies=["RUB", "CNY"])
LARGE = plant("large", {"okpd2": "25.11", "working_days": 12, "minimum_lot": {"quantity": 2, "unit": "TNE"}})
BEAM = item("beam", "25.11.23.119", unit="KGM", codes={"sibir-terminal": "beam", "alfa": "A-BEAM"})
BEAMS = line("beam", 100, unit="KGM")
PLANTS = (ALFA, BETA, GAMMA, LARGE)
QUOTED = ("earliest-promise", "lowest-cost", "balanced-load")


def under(**rule: Any) -> MasterData:
    return master(PLANTS, [BEAM], rule)


def shares(of: World) -> dict[str, Decimal]:
    """What each plant is to make."""
    return {plant: quantity for (_, plant), quantity in of.at_plants().items()}


def why_not(of: World) -> dict[str, str | None]:
    """Why the last decision did not choose each plant."""
    return {other["member"]: other["why_not"] for other in of.subjects("RoutingDecision")[-1]["alternatives"]}


@pytest.mark.parametrize(
    ("rank", "chosen", "others"),
    [
        ("capability", "alfa", "lower-rank"),
        ("earliest-promise", "beta", "later-date"),
        ("lowest-cost", "gamma", "higher-cost"),
        ("balanced-load", "large", "higher-load"),
    ],
)
def test_each_rank_chooses_by_its_own_measure(rank: str, chosen: str, others: str) -> None:
    made = world(under(rank=rank))
    made.loads = {"alfa": Decimal("0.9"), "beta": Decimal("0.5"), "gamma": Decimal("0.3"), "large": Decimal("0.2")}
    made.order(line("beam", 5, unit="TNE"))
    assert shares(made) == {chosen: 5000}
    assert why_not(made) == {name: None if name == chosen else others for name in ("alfa", "beta", "gamma", "large")}


@pytest.mark.parametrize("rank", QUOTED)
def test_a_tie_goes_to_the_better_capability(rank: str) -> None:
    same = {"working_days": 9, "cost": {"amount": 1, **RUB}}
    twins = [plant("short", {"okpd2": "25.11", **same}), plant("second", {"okpd2": "25.11.23", **same})]
    made = world(master([*twins, plant("third", {"okpd2": "25.11.23", **same})], [BEAM], {"rank": rank}), lines=[BEAMS])
    assert shares(made) == {"second": 100}


@pytest.mark.parametrize("rank", QUOTED)
def test_stock_goes_before_capacity(rank: str) -> None:
    made = world(under(rank=rank), stock={("alfa", "beam"): 100})
    made.loads = {"alfa": Decimal("0.9"), "beta": Decimal("0.1"), "gamma": Decimal("0.1")}
    made.order(BEAMS)
    assert shares(made) == {"alfa": 100}
    (decision,) = made.subjects("RoutingDecision")
    assert decision["from_stock"] == 100


def test_who_can_do_all_of_it_goes_before_who_is_cheaper() -> None:
    made = world(under(rank="lowest-cost"), limit={("gamma", "beam"): 99}, lines=[BEAMS])
    assert shares(made) == {"beta": 100}
    assert why_not(made)["gamma"] == "offers-less"


def test_a_plant_without_a_price_stands_behind_those_with_one() -> None:
    made = world(master([LARGE, ALFA], [BEAM], {"rank": "lowest-cost"}), lines=[line("beam", 5, unit="TNE")])
    assert shares(made) == {"alfa": 5000}


@pytest.mark.parametrize(
    ("rule", "changes", "chosen", "reasons"),
    [
        ({"allow": ["gamma", "beta"]}, {}, "beta", {"alfa": "not-allowed", "large": "not-allowed"}),
        ({"deny": ["alfa"]}, {}, "beta", {"alfa": "not-allowed"}),
        ({"regions": ["RU-MOW"]}, {}, "beta", {"alfa": "region", "gamma": "region", "large": "region"}),
        ({}, {"currency": "CNY"}, "gamma", {"alfa": "currency", "beta": "currency", "large": "currency"}),
        ({"currencies": ["RUB"]}, {}, "alfa", {"large": "below-minimum-lot"}),
        ({"deny": ["alfa", "beta", "gamma"]}, {"quantity": 2000}, "large", {"alfa": "not-allowed"}),
    ],
    ids=str,
)
def test_constraints_leave_members_out_and_say_so(
    rule: Any, changes: dict[str, Any], chosen: str, reasons: dict[str, str]
) -> None:
    quantity = changes.pop("quantity", 100)
    made = world(under(**rule), lines=[line("beam", quantity, unit="KGM")], **changes)
    assert shares(made) == {chosen: quantity}
    assert {name: why_not(made)[name] for name in reasons} == reasons


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ({"allow": ["alfa"], "regions": ["RU-MOW"]}, {}),
        ({"currencies": ["CNY"]}, {}),
        ({"deny": ["alfa", "beta", "gamma"]}, {}),
        ({}, {"currency": "EUR"}),
    ],
    ids=str,
)
def test_constraints_that_nobody_meets_hold_the_line_for_a_person(rule: Any, changes: dict[str, Any]) -> None:
    made = world(under(**rule), lines=[BEAMS], **changes)
    assert made.subjects("PlantOrder") == []
    assert (made.status()["state"], made.status()["cause"], made.codes()) == (
        "ON_HOLD",
        "no-candidate",
        ["no-candidate"],
    )
    assert made.subjects("RoutingDecision")[-1]["chosen"] is None
    assert None not in why_not(made).values()
    (alert,) = made.subjects("Alert")
    assert "Nobody is left who can make: Beam" in alert["text"]["en"]
    assert "Некому изготовить: ««beam»»" in alert["text"]["ru"]


def test_without_a_rule_the_line_waits_for_one() -> None:
    made = world(under(when={"kind": ["LEASE"]}), lines=[BEAMS])
    assert (made.status()["state"], made.status()["cause"]) == ("ON_HOLD", "no-rule")
    assert made.subjects("RoutingDecision")[-1]["rule"] == "none"
    assert set(made.subjects("Alert")[-1]["text"]) == {"en", "ru"}
    made.master = under()
    made.act("RELEASE")
    assert shares(made) == {"alfa": 100}


def test_the_first_rule_that_matches_decides() -> None:
    rules: tuple[dict[str, Any], ...] = (
        {"when": {"kind": ["LEASE"]}, "allow": ["gamma"]},
        {"when": {"programme": ["bridge"]}, "allow": ["beta"]},
        {},
    )
    many = master(PLANTS, [BEAM], *rules)
    assert shares(world(many, lines=[BEAMS])) == {"alfa": 100}
    assert shares(world(many, lines=[BEAMS], programme="bridge")) == {"beta": 100}
    assert shares(world(many, lines=[BEAMS], programme="bridge", kind="LEASE")) == {"gamma": 100}


def test_an_item_that_nobody_makes_is_for_a_person() -> None:
    made = world(master([other("carts", "carrier")], [BEAM]), lines=[BEAMS])
    assert (made.status()["state"], made.codes()) == ("ON_HOLD", ["no-candidate"])
    assert "no member has the capability" in made.subjects("Alert")[-1]["text"]["en"]
    assert "нет участника с такой возможностью" in made.subjects("Alert")[-1]["text"]["ru"]


def test_offers_are_waited_for_and_then_the_best_of_those_that_came_is_taken() -> None:
    made = world(under(rank="lowest-cost"))
    made.mute = {"gamma"}
    made.order(BEAMS)
    assert made.subjects("PlantOrder") == []
    made.later(seconds=30)
    assert made.subjects("PlantOrder") == []
    made.later(seconds=60)
    assert shares(made) == {"beta": 100}
    assert why_not(made)["gamma"] == "no-offer"


def silent_allocators(made: World) -> list[Value]:
    """Order with no allocator at work, let the usual time for offers pass, and return what was asked."""
    made.mute = {"alfa", "beta", "gamma"}
    made.order(BEAMS)
    made.later(minutes=2)
    assert (made.status()["state"], made.codes()) == ("RECEIVED", [])
    return [value for value in made.subjects("AllocationRequest") if value["action"] == "QUOTE"]


def offer(made: World, asked: Value, **changes: Any) -> None:
    offered = {"from_stock": Decimal(0), "to_make": Decimal(100), "available_on": date(2026, 12, 1), **changes}
    same = {name: asked[name] for name in ("plant", "request_id", "generation")}
    made.happen("AllocationResult", {"kind": "QUOTE", "load": None, **same, **offered})


def test_where_no_allocator_is_at_work_offers_are_waited_for_and_the_first_brings_the_others() -> None:
    made = world(under(rank="earliest-promise"))
    asked = {value["plant"]: value for value in silent_allocators(made)}
    made.later(minutes=20)
    offer(made, asked["gamma"], available_on=date(2026, 12, 5))
    made.later(seconds=30)
    assert made.subjects("PlantOrder") == []
    offer(made, asked["beta"])
    made.later(seconds=40)
    assert shares(made) == {"beta": 100}
    assert (why_not(made)["gamma"], why_not(made)["alfa"]) == ("later-date", "no-offer")


def test_where_no_offer_comes_within_an_hour_the_line_is_held_and_a_late_one_changes_nothing() -> None:
    made = world(under(rank="earliest-promise"))
    asked = silent_allocators(made)
    made.later(hours=1)
    assert (made.status()["state"], made.status()["cause"], made.codes()) == ("ON_HOLD", "no-offer", ["no-offer"])
    assert set(made.status()["lines"][0]["reason"]) == {"en", "ru"}
    (alert,) = made.subjects("Alert")
    assert "alfa (no-offer), beta (no-offer), gamma (no-offer). Offers come from the hub" in alert["text"]["en"]
    assert "kranhub orders release" in alert["text"]["ru"]
    said = len(made.sent)
    offer(made, asked[0])
    assert len(made.sent) == said
    made.mute = set()
    made.act("RELEASE")
    assert shares(made) == {"beta": 100}


def test_offers_of_nothing_hold_the_line_and_are_named() -> None:
    made = world(under(rank="earliest-promise"))
    asked = silent_allocators(made)
    for value in asked:
        offer(made, value, to_make=Decimal(0), available_on=None)
    assert (made.status()["cause"], made.codes()) == ("no-capacity", ["no-capacity"])
    (alert,) = made.subjects("Alert")
    assert (
        "Tried: alfa (no-capacity), beta (no-capacity), gamma (no-capacity). Agree with a plant" in alert["text"]["en"]
    )


def test_offers_for_a_quantity_that_has_changed_are_asked_for_again() -> None:
    made = world(under(rank="lowest-cost"), stock={("alfa", "beam"): 500})
    made.mute = {"alfa", "beta", "gamma"}
    made.order(BEAMS)
    made.mute = set()
    made.order(line("beam", 300, unit="KGM"))
    assert shares(made) == {"alfa": 300}


def test_what_one_plant_cannot_make_goes_to_the_next() -> None:
    limit = {("alfa", "beam"): 40, ("beta", "beam"): 25}
    made = world(under(), limit=limit, lines=[BEAMS])
    assert shares(made) == {"alfa": 40, "beta": 25, "gamma": 35}
    assert made.codes() == []


@pytest.mark.parametrize("rank", QUOTED)
def test_a_split_under_each_rank_takes_the_greatest_offers_of_those_that_are_left(rank: str) -> None:
    limit = {("alfa", "beam"): 40, ("beta", "beam"): 25, ("gamma", "beam"): 50}
    made = world(under(rank=rank), limit=limit, lines=[BEAMS])
    assert sum(shares(made).values()) == 100
    assert all(share <= limit[name, "beam"] for name, share in shares(made).items())


def test_more_parts_than_the_rule_allows_are_for_a_person() -> None:
    limit = {("alfa", "beam"): 40, ("beta", "beam"): 25, ("gamma", "beam"): 30}
    made = world(under(maximum_portions=2), limit=limit, lines=[BEAMS])
    assert shares(made) == {"alfa": 40, "beta": 25}
    (held,) = [portion for portion in made.portions() if portion.hold_reason]
    assert held.hold_reason == "too-many-portions"
    assert held.quantity == 35
    assert (made.status()["state"], made.codes()) == ("ON_HOLD", ["too-many-portions"])
    made.act("OVERRIDE_PLANT", line_id="1", plant="gamma")
    assert shares(made) == {"alfa": 40, "beta": 25, "gamma": 30}


def test_an_item_whose_plants_are_all_full_is_for_a_person() -> None:
    full = {(name, "beam"): 0 for name in ("alfa", "beta", "gamma")}
    made = world(under(), limit=full, lines=[BEAMS])
    assert (made.status()["state"], made.status()["cause"]) == ("ON_HOLD", "no-candidate")
    assert "alfa (no-capacity), beta (no-capacity), gamma (no-capacity)" in made.subjects("Alert")[-1]["text"]["en"]
    assert made.holds == {}


def test_less_than_a_plants_smallest_lot_is_not_left_with_it() -> None:
    made = world(master([LARGE, ALFA], [BEAM], {"deny": []}), limit={("large", "beam"): 1500})
    made.order(line("beam", 5000, unit="KGM"))
    assert shares(made) == {"alfa": 5000}


amounts = st.integers(0, 120).map(Decimal)
plants = st.sampled_from(["alfa", "beta", "gamma", "large"])


@given(
    st.sampled_from(["capability", *QUOTED]),
    st.dictionaries(plants, amounts),
    st.dictionaries(plants, amounts),
    st.dictionaries(plants, st.integers(0, 9).map(lambda tenths: Decimal(tenths) / 10)),
    st.data(),
)
def test_the_same_offers_give_the_same_plants_in_whatever_order_they_come(
    rank: str, stock: Any, limit: Any, loads: Any, data: Any
) -> None:
    found = []
    for choose in (lambda _count: 0, lambda count: data.draw(st.integers(0, count - 1))):
        made = World(
            answering("AP"),
            under(rank=rank),
            stock={(name, "beam"): amount for name, amount in stock.items()},
            limit={(name, "beam"): amount for name, amount in limit.items()},
        )
        made.loads = loads
        made.take(Event("o1", "Order", full_order("17", [BEAMS], made.master)))
        made.run(choose)
        held = sum((portion.quantity for portion in made.portions() if portion.hold_reason), Decimal(0))
        assert sum(shares(made).values()) + held == 100
        found.append((shares(made), made.status()["state"], made.status()["promised_date"]))
    assert found[0] == found[1]
