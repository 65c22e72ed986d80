"""Costs are compared where the goods go: goods, lot, transport and customs, without VAT. The values are hand-worked."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kranhub.parties.members import Capability, Member, Members, Transport
from kranhub.readmodel import decision_texts
from kranhub.readmodel.names import Names
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.rule_check import findings
from streams.routing.model.copying import replace
from tests.support.masters import CUSTOMER, item, master, plant
from tests.support.plants import START
from tests.support.worlds import World, line, world

BEAM = item("beam", "25.11.23", unit="KGM", conversions={"H87": 50})
FRAME = item("frame", "28.22", {"beam": 10})
RUB = "RUB"


def money(amount: Any, currency: str = RUB, **more: Any) -> dict[str, Any]:
    return {"amount": amount, "currency": currency, **more}


def maker(name: str, cost: Any, country: str = "RU", **more: Any) -> Member:
    capability = {"okpd2": "25.11", "cost": money(cost) if not isinstance(cost, dict) else cost, **more}
    return plant(name, capability, currencies=["RUB", "CNY"], country=country)


def of(*makers: Member, ways: Any = (), customs: Any = (), rates: Any = (), items: Any = (BEAM,)) -> MasterData:
    """These makers under a rule that takes the lowest cost, with costs of their ways and customs."""
    made = master(makers, items, {"rank": "lowest-cost"}, rates=rates)
    days = [{"from": origin, "to": to, "days": 3, "cost": cost} for origin, to, cost in ways]
    duties = [{"from": origin, "to": to, "percent": percent, **more} for origin, to, percent, more in customs]
    transport = Transport.model_validate({"days": days, "customs": duties})
    return replace(made, members=Members(members=made.members.members, transport=transport))


def ordered(found: MasterData, quantity: Any = 1000, **changes: Any) -> World:
    return world(found, lines=[line("beam", quantity, unit="KGM")], **changes)


def chosen(made: World) -> str:
    return str(made.subjects("RoutingDecision")[-1]["chosen"])


def parts(made: World, member: str) -> dict[str, Decimal]:
    (decision,) = made.subjects("RoutingDecision")
    (other,) = [each for each in decision["alternatives"] if each["member"] == member]
    assert {part["currency"] for part in other["landed_cost"]} <= {RUB}
    return {part["kind"]: part["amount"] for part in other["landed_cost"]}


def test_a_lot_makes_the_cheap_unit_dear_for_little() -> None:
    """100 pay 100 x 10 = 1000 at home, 100 x 8 + 300 = 1100 with the lot; 200 pay 2000 and 1900."""
    found = of(maker("home", 10), maker("other", 8, lot_cost=money(300)))
    assert chosen(ordered(found, 100)) == "home"
    assert chosen(ordered(found, 150)) == "home", "the same: 1500; then the place among the capabilities decides"
    assert chosen(ordered(found, 200)) == "other"
    assert parts(ordered(found, 100), "other") == {"goods": 800, "lot": 300}


def test_transport_counts_for_each_shipment_and_each_tonne_to_where_it_goes() -> None:
    """2.5 t: 25,000 at home; 20,000 + 1,500 + 2.5 x 1,200 = 24,500 from afar."""
    way = {"per_shipment": money(1500), "per_quantity": money(1200, unit="TNE")}
    found = of(maker("home", 10), maker("afar", 8), ways=[("afar", CUSTOMER, way)])
    made = ordered(found, 2500)
    assert chosen(made) == "afar"
    assert parts(made, "afar") == {"goods": 20000, "transport": 4500}
    assert chosen(ordered(found, 500)) == "home", "5,000 against 4,000 + 1,500 + 600"


def test_a_part_pays_for_the_way_to_the_plant_that_builds_it_in() -> None:
    """Ten beams of a kilogram for a frame go to the yard: that is dear from afar, and cheap to the customer."""
    yard = plant("yard", "28.22", currencies=["RUB"])
    ways = [("afar", "yard", {"per_shipment": money(500)}), ("afar", CUSTOMER, {"per_shipment": money(1)})]
    found = of(yard, maker("home", 10), maker("afar", 8), ways=ways, items=(BEAM, FRAME))
    made = world(found, lines=[line("frame", 1)])
    assert {order["plant"] for order in made.of_item("beam")} == {"home"}
    assert {order["plant"] for order in world(found, lines=[line("beam", 10, unit="KGM")]).of_item("beam")} == {"afar"}


def test_customs_take_a_share_of_goods_lot_and_transport_one_way_and_by_the_longest_code() -> None:
    """(7,000 + 500 + 500) x 5 % = 400, so 8,400 against 8,500; with 10 % it is 8,800."""
    abroad = maker("abroad", 7, "CN", lot_cost=money(500))
    home, way = maker("home", "8.5"), [("abroad", CUSTOMER, {"per_shipment": money(500)})]
    made = ordered(of(home, abroad, ways=way, customs=[("CN", "RU", 5, {}), ("RU", "CN", 90, {})]))
    assert chosen(made) == "abroad"
    assert parts(made, "abroad") == {"goods": 7000, "lot": 500, "transport": 500, "customs": 400}
    more = [("CN", "RU", 5, {}), ("CN", "RU", 10, {"okpd2": "25.11"}), ("CN", "RU", 0, {"okpd2": "28"})]
    assert chosen(ordered(of(home, abroad, ways=way, customs=more))) == "home"


def test_costs_are_compared_without_vat() -> None:
    """12.20 with 22 % are 10.00 without: less than 10.01, more than 9.99."""
    gross = maker("gross", "12.20", vat_included=True, vat_rate=22)
    assert chosen(ordered(of(maker("home", "10.01"), gross))) == "gross"
    assert chosen(ordered(of(maker("home", "9.99"), gross))) == "home"
    assert parts(ordered(of(maker("home", 11), gross)), "gross") == {"goods": 10000}


def test_vat_that_is_not_included_is_not_taken_out() -> None:
    assert parts(ordered(of(maker("home", 11), maker("net", 10, vat_rate=22))), "net") == {"goods": 10000}


def test_all_parts_are_in_the_orders_currency() -> None:
    """1,000 x 1 CNY at 10 RUB, and a way of 100 CNY: 11,000 RUB."""
    rate = {"source": "CNY", "target": "RUB", "rate": "10", "valid_on": START.date()}
    way = [("abroad", CUSTOMER, {"per_shipment": money(100, "CNY")})]
    made = ordered(of(maker("home", "11.01"), maker("abroad", money(1, "CNY")), ways=way, rates=[rate]))
    assert chosen(made) == "abroad"
    assert parts(made, "abroad") == {"goods": 10000, "transport": 1000}


def test_a_part_without_a_rate_stands_last_as_a_cost_without_one_does() -> None:
    way = [("abroad", CUSTOMER, {"per_shipment": money(1, "CNY")})]
    made = ordered(of(maker("home", 100), maker("abroad", 1), ways=way))
    assert chosen(made) == "home"
    assert parts(made, "abroad") == {}
    why = {each["member"]: each["why_not"] for each in made.subjects("RoutingDecision")[0]["alternatives"]}
    assert why["abroad"] == "no-exchange-rate"
    assert ("no-rate", "CNY") in [(each.code, each.subject) for each in findings(made.master)]


def test_who_names_no_cost_of_a_unit_stands_behind_those_who_do() -> None:
    silent = plant("silent", {"okpd2": "25.11", "lot_cost": money(1)}, currencies=["RUB"])
    assert chosen(ordered(of(silent, maker("home", 10**6)))) == "home"


def test_a_rate_per_unit_that_the_item_does_not_convert_to_is_left_out() -> None:
    way = [("afar", CUSTOMER, {"per_shipment": money(5), "per_quantity": money(10**6, unit="MTQ")})]
    assert parts(ordered(of(maker("home", 10), maker("afar", 9), ways=way)), "afar") == {"goods": 9000, "transport": 5}


def test_a_part_offer_is_compared_by_what_its_units_come_to() -> None:
    """Neither can make 1,000. For 100: 100 x 10 = 10 a unit; for 50: (50 x 8 + 200) / 50 = 12 a unit."""
    found = of(maker("home", 10), maker("other", 8, lot_cost=money(200)))
    made = world(
        found,
        limit={("home", "beam"): 100, ("other", "beam"): 50},
        lines=[line("beam", 1000, unit="KGM")],
    )
    assert next(iter(made.plant_orders().values()))["plant"] == "home"


def test_a_person_reads_the_parts_in_both_languages() -> None:
    made = ordered(of(maker("home", 10), maker("other", 8, lot_cost=money(300))), 100)
    (other,) = [each for each in made.subjects("RoutingDecision")[0]["alternatives"] if each["member"] == "other"]
    told = decision_texts.landed_cost(other, "KGM", Names({}, {}))
    assert told is not None
    assert told.en == "other, 100 KGM at the place of use, without VAT: 1100 RUB (goods 800, lot 300)"
    assert told.ru == "other, 100 KGM на месте использования, без НДС: 1100 RUB (товар 800, партия 300)"


def test_a_cost_that_includes_vat_needs_its_rate() -> None:
    with pytest.raises(ValidationError, match="vat_rate"):
        Capability.model_validate({"okpd2": "25", "cost": money(1), "vat_included": True})


def test_a_way_back_costs_the_same_unless_it_is_named() -> None:
    there, back = {"per_shipment": money(1)}, {"per_shipment": money(2)}
    one = of(maker("home", 1), ways=[("home", CUSTOMER, there)]).members.transport
    assert one.cost(CUSTOMER, "home") == one.cost("home", CUSTOMER)
    both = of(maker("home", 1), ways=[("home", CUSTOMER, there), (CUSTOMER, "home", back)]).members.transport
    assert both.cost(CUSTOMER, "home") != both.cost("home", CUSTOMER)
    assert one.cost("home", "home") is None


amounts = st.integers(0, 10**6).map(lambda number: Decimal(number) / 100)


@given(amounts, amounts, amounts, st.integers(1, 10**6), st.integers(0, 100))
def test_the_parts_of_a_cost_are_what_a_slow_reckoning_says(
    unit: Decimal, lot: Decimal, freight: Decimal, quantity: int, percent: int
) -> None:
    way = [("abroad", CUSTOMER, {"per_shipment": money(freight)})]
    abroad = maker("abroad", unit, "CN", lot_cost=money(lot))
    made = ordered(of(maker("home", 1), abroad, ways=way, customs=[("CN", "RU", percent, {})]), quantity)
    goods = unit * quantity
    expected = {"goods": goods, "lot": lot, "transport": freight, "customs": (goods + lot + freight) * percent / 100}
    assert parts(made, "abroad") == {kind: amount for kind, amount in expected.items() if amount}
    cheaper = goods + lot + freight + expected["customs"] < quantity
    assert (chosen(made) == "abroad") is cheaper
