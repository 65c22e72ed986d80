"""Orders as they come: a spare part, a service, a lease, a partner and a customer abroad; and who is told what."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kranhub.parties.members import Member, Members
from streams.routing.masterdata import masterdata
from streams.routing.masterdata.items import Item, Nomenclature
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.rules import Rule, Rules
from streams.routing.validation.normalise import normalise_order
from tests.support.fields import fields
from tests.support.plants import (
    REPOSITORY,
    START,
    Cluster,
    Event,
    Value,
    full_order,
    full_production,
    full_response,
    full_shipment,
)

OMSK = masterdata.load(
    *(REPOSITORY / f"deploy/{part}/omsk.yaml" for part in ("members", "nomenclature", "rules", "calendars"))
)
MOTOR, TROLLEY, CRANE = "motor-crane-7kw5", "trolley-hoist-10t", "crane-bridge-10t-22m5"
PORT = Member.model_validate(
    {
        "id": "dalian-port",
        "name": {"en": "Dalian Port (synthetic)", "ru": "Порт Далянь (вымышлен)"},
        "roles": ["customer"],
        "country": "CN",
        "language": "zh",
        "time_zone": "Asia/Shanghai",
        "calendar": "cn-5x2",
        "currencies": ["CNY"],
    }
)
INSPECTION = Item.model_validate(
    {
        "item": "crane-inspection",
        "okpd2": "33.12.15.000",
        "name": {"en": "Inspection of a crane", "ru": "Обследование крана"},
        "unit": "C62",
        "codes": {"irtysh-stroy": "IS-0900"},
    }
)


def with_member(master: MasterData, member: Member) -> MasterData:
    """The master data with this member in the place of its former self, or added."""
    kept = tuple(member if known.id == member.id else known for known in master.members.members)
    members = kept if member.id in master.members.by_id else (*kept, member)
    changed = Members(members=members, transport=master.members.transport)
    return MasterData(changed, master.nomenclature, master.rules, master.calendars)


def with_rule(master: MasterData, **fields: Any) -> MasterData:
    """The master data with one more rule, before the others."""
    rule = Rule.model_validate({"rule": "of-the-test", **fields})
    return MasterData(master.members, master.nomenclature, Rules(rules=(rule, *master.rules.rules)), master.calendars)


def with_item(master: MasterData, item: Item) -> MasterData:
    """The master data with one more item."""
    items = Nomenclature(version=master.version, items=(*master.nomenclature.items, item))
    return MasterData(master.members, items, master.rules, master.calendars)


def changed(master: MasterData, member: str, **fields: Any) -> MasterData:
    """The master data with another description of a member."""
    return with_member(master, Member.model_validate({**master.members.by_id[member].model_dump(), **fields}))


def line(code: str, quantity: int, unit: str = "H87", **more: Any) -> Any:
    plain = {"line_id": "1", "item_code": code, "item": None, "quantity": Decimal(quantity), "unit": unit}
    return {**plain, "description": None, "price": None, "requested_date": None, "hold_reason": None, **more}


def accepts(asked: Value) -> list[Event]:
    """A plant that accepts as it was asked."""
    if asked["document_status"] == "CANCELLED":
        return []
    value = full_response(asked, "AP", START, promised_date=asked["requested_date"])
    return [Event(f"{asked['plant_order_id']}/{asked['revision']}/AP", "OrderResponse", value)]


def order(cluster: Cluster, buyer: str, *lines: Value, **changes: Any) -> Cluster:
    """Let the buyer place its order 17."""
    raw: Any = {**full_order("17", [], buyer=buyer, **changes), "lines": list(lines)}
    value = normalise_order(raw, cluster.master).value
    cluster.take(Event(f"o{cluster.clock}", "Order", value))
    cluster.run()
    return cluster


def sent(cluster: Cluster) -> dict[str, Value]:
    """The plant orders by their item."""
    return {value["lines"][0]["item"]: value for value in cluster.subjects("PlantOrder")}


def states(cluster: Cluster, member: str) -> list[str]:
    return [value["state"] for value in cluster.addressed(member)]


# --- a spare part from stock


def spare_part(stock: int) -> Cluster:
    cluster = Cluster(accepts, OMSK, stock={("oemz", MOTOR): Decimal(stock)})
    return order(cluster, "kran-servis", line("KS-MOT-75", 2), kind="SPARE_PART", requested_date=date(2026, 11, 27))


def test_a_spare_part_on_stock_is_there_after_the_way() -> None:
    cluster = spare_part(stock=5)
    (asked,) = cluster.subjects("PlantOrder")
    assert (asked["plant"], asked["kind"], asked["lines"][0]["item_code"]) == ("oemz", "SPARE_PART", "EM-MTF-75")
    assert cluster.subjects("RoutingDecision")[-1]["from_stock"] == 2
    assert cluster.stock["oemz", MOTOR] == 3
    assert (cluster.status()["state"], cluster.status()["promised_date"]) == ("CONFIRMED", date(2026, 11, 27))


def test_a_spare_part_that_is_not_on_stock_takes_as_long_as_making_it() -> None:
    cluster = spare_part(stock=1)
    decision, status = cluster.subjects("RoutingDecision")[-1], cluster.status()
    assert decision["from_stock"] == 1
    made = OMSK.calendar("oemz").finish(START.date(), 25)
    assert sent(cluster)[MOTOR]["requested_date"] == made
    assert status["promised_date"] == made + timedelta(days=1)


# --- a service


def service() -> Cluster:
    master = changed(with_item(OMSK, INSPECTION), "kran-servis", roles=["service"], capabilities=["33.12.15"])
    master = with_rule(master, when={"kind": ["SERVICE"]}, allow=["kran-servis"])
    crane = {"serial_numbers": ["РК-2019-044"], "characteristic": "10 т, пролёт 22.5 м"}
    cluster = Cluster(accepts, master)
    return order(cluster, "irtysh-stroy", line("IS-0900", 1, "C62", **crane), kind="SERVICE")


def test_a_service_order_goes_to_the_service_organisation_with_the_crane_that_it_is_about() -> None:
    cluster = service()
    (asked,) = cluster.subjects("PlantOrder")
    assert (asked["plant"], asked["kind"], asked["consignee"]) == ("kran-servis", "SERVICE", "irtysh-stroy")
    assert asked["lines"][0]["serial_numbers"] == ["РК-2019-044"]
    assert asked["lines"][0]["characteristic"] == "10 т, пролёт 22.5 м"
    assert cluster.subjects("RoutingDecision")[-1]["rule"] == "of-the-test"
    assert cluster.status()["state"] == "CONFIRMED"


# --- a lease

LEASE = {
    "kind": "LEASE",
    "payer": "omsk-leasing",
    "user": "sibir-terminal",
    "consignee": "irtysh-trans",
    "programme": "gosprogramma-kran",
    "requested_date": date(2027, 6, 1),
}


def lease() -> Cluster:
    """A crane that a dealer orders, a lessor pays for, a lessee uses and a carrier takes over; made and delivered."""
    cluster = order(Cluster(accepts, OMSK), "irtysh-stroy", line("IS-0001", 1), **LEASE)
    for number, asked in enumerate(cluster.subjects("PlantOrder")):
        done = full_production(asked, "COMPLETED", START + timedelta(days=30))
        cluster.take(Event(f"p{number}", "ProductionStatus", done))
    for hours in (0, 9):
        arrived = START + timedelta(days=31, hours=hours) if hours else None
        value = full_shipment(sent(cluster)[CRANE], START + timedelta(days=31), actual_arrival=arrived)
        cluster.take(Event(f"s{hours}", "Shipment", value))
    return cluster


def test_everybody_on_a_lease_has_an_inbox_of_his_own() -> None:
    cluster = lease()
    early = ["RECEIVED", "PLANNED", "CONFIRMED", "IN_PRODUCTION", "READY", "SHIPPED", "DELIVERED"]
    for member in ("irtysh-stroy", "omsk-leasing", "sibir-terminal", "gosprogramma-kran"):
        assert list(dict.fromkeys(states(cluster, member))) == early
    assert states(cluster, "irtysh-trans") == ["PLANNED", "CONFIRMED", "READY", "SHIPPED", "DELIVERED"]
    assert cluster.addressed("kran-servis") == []


def test_each_inbox_of_a_lease_holds_what_its_role_lets_see() -> None:
    cluster = lease()
    last = {value["addressee"]: value for value in cluster.subjects("OrderStatus")}
    assert {member: value["role"] for member, value in last.items()} == {
        "irtysh-stroy": "buyer",
        "omsk-leasing": "payer",
        "sibir-terminal": "user",
        "irtysh-trans": "consignee",
        "gosprogramma-kran": "programme",
    }
    codes = {member: value["lines"][0]["item_code"] for member, value in last.items()}
    assert codes == {**dict.fromkeys(last, "IS-0001"), "gosprogramma-kran": ""}
    silent = {member for member in last if all(value["reason"] == {} for value in cluster.addressed(member))}
    assert silent == {"irtysh-trans", "gosprogramma-kran"}
    assert all(value["order_id"] == "17" and value["buyer"] == "irtysh-stroy" for value in last.values())


def test_a_lease_goes_where_the_consignee_is_and_the_plant_learns_who_pays() -> None:
    crane = sent(lease())[CRANE]
    assert (crane["consignee"], crane["payer"], crane["programme"]) == (
        "irtysh-trans",
        "omsk-leasing",
        "gosprogramma-kran",
    )


def test_a_lessor_who_buys_for_himself_reads_everything_as_the_buyer() -> None:
    cluster = order(
        Cluster(accepts, OMSK), "omsk-leasing", line("OL-CRANE-10", 1), **{**LEASE, "payer": "omsk-leasing"}
    )
    assert {value["role"] for value in cluster.addressed("omsk-leasing")} == {"buyer"}
    assert states(cluster, "sibir-terminal")[-1] == "CONFIRMED"


# --- a partner abroad

EVENING = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
"""The 25th, one o'clock at night, in Harbin."""

ABROAD = with_rule(OMSK, when={"okpd2": ["28.22.11.112"]}, allow=["harbin-crane"])


def test_a_partner_abroad_works_by_its_own_day_and_calendar() -> None:
    cluster = order(Cluster(accepts, ABROAD, today=EVENING), "sibir-terminal", line("КР-10-22.5", 1))
    trolley, (asked,) = sent(cluster)[TROLLEY], _requests(cluster, TROLLEY)
    assert (trolley["plant"], trolley["lines"][0]["item_code"]) == ("harbin-crane", "HC-TR-10")
    assert (asked["plant"], asked["not_before"]) == ("harbin-crane", date(2026, 11, 25))
    assert trolley["requested_date"] == date(2027, 2, 24), "60 working days, without New Year and Spring Festival"
    assert ABROAD.calendar("ruskran").finish(date(2026, 11, 25), 60) != trolley["requested_date"]


def _requests(cluster: Cluster, item: str) -> list[Value]:
    requests = cluster.subjects("AllocationRequest")
    return [value for value in requests if value["item"] == item and value["action"] == "RESERVE"]


def test_the_crane_waits_for_the_trolley_and_its_way() -> None:
    cluster = order(Cluster(accepts, ABROAD, today=EVENING), "sibir-terminal", line("КР-10-22.5", 1))
    there = sent(cluster)[TROLLEY]["requested_date"] + timedelta(days=14)
    built = ABROAD.calendar("ruskran").finish(there, 10)
    assert cluster.status()["earliest_date"] >= built + timedelta(days=3)


def test_the_partner_has_its_own_working_days_to_answer() -> None:
    cluster = order(Cluster(lambda asked: [], ABROAD, today=EVENING), "sibir-terminal", line("КР-10-22.5", 1))
    assert cluster.state is not None
    attempts = [portion.attempts[-1] for portion in cluster.state.portions if portion.item == TROLLEY]
    assert [attempt.answer_by for attempt in attempts] == [datetime(2026, 11, 27, 15, 59, 59, tzinfo=UTC)]


# --- a customer abroad, and money on the way

CHINA = with_item(
    with_member(ABROAD, PORT),
    Item.model_validate(
        {
            "item": "trolley-hoist-20t",
            "okpd2": "28.22.11.112",
            "name": {"en": "Trolley with hoist 20 t", "ru": "Тележка грузовая с лебёдкой 20 т"},
            "unit": "H87",
            "conversions": {"SET": 2},
            "codes": {"dalian-port": "DP-20", "harbin-crane": "HC-TR-20"},
        }
    ),
)
TERMS = {
    "currency": "CNY",
    "language": "zh",
    "incoterms": "FCA",
    "contract": "DP-2026/7",
    "vat_rate": Decimal(13),
    "vat_included": True,
    "discount_percent": Decimal(3),
    "exchange_rate": {
        "currency": "RUB",
        "rate": Decimal("11.25"),
        "nominal": 1,
        "date": date(2026, 11, 20),
        "source": "CBR",
    },
    "requested_date": date(2027, 5, 1),
}


def test_a_customer_abroad_orders_in_its_currency_from_whoever_takes_it() -> None:
    cluster = order(Cluster(accepts, CHINA), "dalian-port", line("DP-20", 1, price=Decimal(250_000)), **TERMS)
    (asked,) = cluster.subjects("PlantOrder")
    assert (asked["plant"], asked["currency"], asked["lines"][0]["price"]) == ("harbin-crane", "CNY", 250_000)
    assert (asked["incoterms"], asked["contract"], asked["vat_rate"], asked["vat_included"]) == (
        "FCA",
        "DP-2026/7",
        13,
        True,
    )
    assert not {"discount_percent", "discount_amount", "exchange_rate"} & set(asked), "the plant's price is its own"
    assert cluster.status()["state"] == "CONFIRMED"


def test_what_a_customer_abroad_reads_comes_in_the_hubs_languages_until_its_own_is_written() -> None:
    cluster = order(Cluster(accepts, CHINA), "dalian-port", line("DP-20", 1), **TERMS)
    assert cluster.state is not None
    assert cluster.state.order.terms.language == "zh"
    assert all(set(value["reason"]) == {"en", "ru"} for value in cluster.addressed("dalian-port"))


def test_a_price_in_another_unit_is_the_same_amount_in_the_buyers_currency() -> None:
    steel = line("IS-0200", 2, "TNE", price=Decimal(90_000))
    cluster = order(Cluster(accepts, OMSK), "irtysh-stroy", steel)
    (asked,) = cluster.subjects("PlantOrder")
    got = asked["lines"][0]
    assert (got["quantity"], got["unit"], got["price"], asked["currency"]) == (2000, "KGM", 90, "RUB")
    sets = order(Cluster(accepts, CHINA), "dalian-port", line("DP-20", 3, "SET", price=Decimal(500_001)), **TERMS)
    (asked,) = sets.subjects("PlantOrder")
    assert (asked["lines"][0]["quantity"], asked["lines"][0]["price"]) == (6, Decimal("250000.5"))


def test_a_price_of_what_several_plants_build_stays_with_the_buyer() -> None:
    priced = line("КР-10-22.5", 1, price=Decimal(12_000_000))
    cluster = order(Cluster(accepts, OMSK), "sibir-terminal", priced)
    assert {value["lines"][0]["price"] for value in cluster.subjects("PlantOrder")} == {None}


def in_yuan(master: MasterData) -> Cluster:
    crane = master.items[CRANE].model_copy(update={"codes": {**master.items[CRANE].codes, "dalian-port": "DP-CRANE"}})
    items = tuple(crane if item.item == CRANE else item for item in master.nomenclature.items)
    known = MasterData(master.members, Nomenclature(version=1, items=items), master.rules, master.calendars)
    return order(Cluster(accepts, known), "dalian-port", line("DP-CRANE", 1), **TERMS)


def test_plants_that_take_roubles_only_are_not_asked_in_yuan() -> None:
    cluster = in_yuan(CHINA)
    assert cluster.subjects("PlantOrder") == []
    assert (cluster.status()["state"], cluster.status()["cause"]) == ("ON_HOLD", "no-candidate")
    (decision,) = cluster.subjects("RoutingDecision")
    assert [(other["member"], other["why_not"]) for other in decision["alternatives"]] == [("ruskran", "currency")]
    assert [alert["code"] for alert in cluster.subjects("Alert")] == ["no-candidate"]


def test_in_yuan_each_part_goes_to_whoever_takes_yuan() -> None:
    cluster = in_yuan(changed(CHINA, "ruskran", currencies=["RUB", "CNY"]))
    assert sent(cluster)[TROLLEY]["plant"] == "harbin-crane"
    assert sent(cluster)["end-carriage-10t"]["plant"] == "ruskran"
    assert cluster.state is not None
    held = {portion.item for portion in cluster.state.portions if portion.hold_reason}
    assert held == {"girder-main-22m5", "coating-girders", MOTOR, "cabinet-crane-10t"}
    assert cluster.status()["state"] == "ON_HOLD"


# --- what people read


def said_to_people(cluster: Cluster) -> Iterator[Mapping[str, str]]:
    for message in cluster.sent:
        if message.subject == "Alert":
            yield fields(message)["text"]
        if message.subject == "OrderStatus":
            for reason in (fields(message)["reason"], *(entry["reason"] for entry in fields(message)["lines"])):
                if reason:
                    yield reason


SCENARIOS: dict[str, Callable[[], Cluster]] = {
    "spare part": lambda: spare_part(stock=5),
    "service": service,
    "lease": lease,
    "partner": lambda: order(Cluster(accepts, ABROAD), "sibir-terminal", line("КР-10-22.5", 1)),
    "yuan": lambda: in_yuan(CHINA),
    "unmapped": lambda: order(Cluster(accepts, OMSK), "sibir-terminal", line("НЕТ", 1), payer="omsk-leasing"),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_everything_that_people_read_is_there_in_both_languages(scenario: str) -> None:
    texts = list(said_to_people(SCENARIOS[scenario]()))
    assert texts
    for said in texts:
        assert set(said) == {"en", "ru"}
        assert re.search("[А-Яа-яё]", said["ru"])
        assert said["en"] != said["ru"]
        assert all(words == words.strip() and "None" not in words and "  " not in words for words in said.values())
