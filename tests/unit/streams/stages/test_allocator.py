"""The allocator's stage without Kafka: what is kept, what waits, and what goes where under which id."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kranhub.settings import Settings
from streams.processor import Record
from streams.processor.outputs import ProducerRecord
from streams.routing.allocator import disruptions
from streams.routing.masterdata import entries
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.notify import open_alerts
from streams.stages import allocator
from streams.stages.allocator import Allocator
from streams.stages.support import plant_loads, unmapped_stock
from tests.support import batches, masterdata
from tests.support.allocation import ITEMS, START, crowded, world
from tests.support.allocator_stage import TOPIC, Partition
from tests.support.batches import CODEC, NAMESPACE, WORK, value


def event_id(said: ProducerRecord) -> str:
    return dict(said.headers or [])["ce_id"].decode()


def version(number: int, items: Iterable[Any] = ITEMS) -> MasterData:
    """Return the world's master data with other items, as this publication."""
    master = world(list(items))
    return MasterData(
        master.members, master.nomenclature.model_copy(update={"version": number}), master.rules, master.calendars
    )


@pytest.fixture
def partition() -> Partition:
    made = Partition()
    made.publish(version(1))
    return made


def test_a_result_goes_to_its_order_under_an_id_that_follows_from_the_request(partition: Partition) -> None:
    (said,) = partition.take(partition.level(10), partition.request("b:1/1.1.1", 4))
    assert (said.topic, said.key, event_id(said)) == (WORK, b"b:1", "ask/b:1/1.1.1/RESERVE/result")
    found = value(said)
    assert (found["kind"], found["from_stock"], found["available_on"]) == ("RESERVED", 4, START.date())


def test_a_level_is_counted_in_the_items_base_unit() -> None:
    partition = Partition()
    partition.publish(version(1))
    partition.take(partition.level(2, company="zmk", item_code="Б", unit="TNE"))
    assert partition.free(plant="zmk", item="girder") == 2000


def test_a_member_who_makes_nothing_has_no_stock_to_promise() -> None:
    partition = Partition()
    master = version(1)
    customer = master.members.members[0].model_copy(update={"roles": frozenset({"customer"})})
    members = master.members.model_copy(update={"members": (customer, *master.members.members[1:])})
    partition.publish(MasterData(members, master.nomenclature, master.rules, master.calendars))
    partition.take(partition.level(10))
    assert partition.free() == 0
    assert partition.letters == []


def test_a_shortage_and_an_end_have_ids_of_their_own(partition: Partition) -> None:
    until = START + timedelta(minutes=5)
    partition.take(partition.level(10), partition.request("b:1/1.1.1", 9, expires_at=until))
    (short,) = partition.take(partition.level(3, 1))
    (ended,) = partition.take(partition.tick(5))
    assert [value(said)["kind"] for said in (short, ended)] == ["SHORTAGE", "EXPIRED"]
    assert event_id(short) == f"{TOPIC}/0/{partition.offset - 1}/shortage/b:1/1.1.1"
    assert event_id(ended) == f"hub/Tick/{until.isoformat()}/expired/b:1/1.1.1"


def test_a_disruption_tells_orders_their_new_day_and_later_offers_name_it(partition: Partition) -> None:
    partition.take(partition.request("b:1/1.1.1", 2))
    (moved,) = partition.take(partition.disruption())
    assert (moved.topic, moved.key) == (WORK, b"b:1")
    assert event_id(moved) == f"{TOPIC}/0/{partition.offset}/moved/b:1/1.1.1"
    assert (value(moved)["kind"], value(moved)["available_on"]) == ("MOVED", date(2026, 12, 4))
    (offer,) = partition.take(partition.request("b:2/1.1.1", 1, "QUOTE"))
    assert (value(moved)["disruption"], value(offer)["disruption"]) == ("D-1", "D-1")
    (back,) = partition.take(partition.disruption(minute=1, status="RESOLVED"))
    assert event_id(back) != event_id(moved), "although the member gave both the same id"
    assert (value(back)["available_on"], value(back)["disruption"]) == (date(2026, 11, 26), None)


def test_a_disruption_before_any_master_data_waits_for_them() -> None:
    partition = Partition()
    assert partition.take(partition.disruption(), partition.request("b:1/1.1.1", 1)) == []
    (said,) = partition.publish(version(1))
    assert (value(said)["kind"], value(said)["disruption"]) == ("RESERVED", "D-1")


@pytest.mark.parametrize("early", [False, True])
def test_a_disruption_too_many_is_a_dead_letter_of_its_own(early: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disruptions, "LIMIT", 2)
    partition = Partition()
    if not early:
        partition.publish(version(1))
    partition.take(*(partition.disruption(f"D-{number}") for number in range(3)))
    if early:
        partition.publish(version(1))
    (letter,) = partition.letters
    assert (letter["code"], letter["key"]) == ("too-many-disruptions", "oemz")
    assert "RESOLVED" in letter["reason"]["en"]
    assert "RESOLVED" in letter["reason"]["ru"]
    assert b"D-2" in letter["original"]


def test_who_makes_nothing_has_nothing_to_stop(partition: Partition) -> None:
    before = dict(partition.store.values)
    partition.take(partition.disruption(member="stranger"))
    assert partition.store.values == before


def test_levels_with_an_unknown_code_are_counted_and_taken_up_with_the_mapping(partition: Partition) -> None:
    partition.take(partition.level(5, 0, item_code="НОВ"), partition.level(7, 2, item_code="НОВ"))
    partition.take(partition.level(6, 1, item_code="НОВ"), partition.level(4, 1, item_code="НОВ", site="b"))
    partition.take(partition.tick(1))
    (alert,) = partition.alerts
    assert (alert["alert_id"], alert["code"]) == ("unmapped-stock/oemz", "unmapped-stock")
    assert "1 codes" in alert["text"]["en"]
    assert "'НОВ'" in alert["text"]["ru"]
    motor = {**ITEMS[0], "more_codes": {"oemz": ["ДВ-2", "НОВ"]}}
    partition.publish(version(2, [motor, *ITEMS[1:]]))
    assert partition.free() == 6 + 4, "the last that came"
    assert partition.letters == []
    partition.take(partition.tick(20))
    over = partition.alerts[-1]
    assert (over["alert_id"], over["severity"]) == ("unmapped-stock/oemz", "NOTICE")
    assert not [key for key in partition.store.values if key.startswith("unmapped/code") or key.endswith("named")]


def test_a_planned_receipt_with_an_unknown_code_is_kept_and_taken_up_with_the_mapping(partition: Partition) -> None:
    first = [partition.receipt(5, item_code="НОВ"), partition.receipt(3, "PO-2", item_code="НОВ")]
    partition.take(*first, partition.receipt(4, item_code="НОВ"), partition.level(1, item_code="НОВ"))
    partition.take(partition.tick(1))
    (alert,) = partition.alerts
    assert (alert["code"], "1 codes" in alert["text"]["en"]) == ("unmapped-stock", True)
    motor = {**ITEMS[0], "more_codes": {"oemz": ["ДВ-2", "НОВ"]}}
    partition.publish(version(2, [motor, *ITEMS[1:]]))
    assert partition.letters == []
    partition.take(partition.tick(3 * 24 * 60))
    (said,) = partition.take(partition.request("q/1", 8, "QUOTE", not_before=date(2027, 6, 1)))
    assert value(said)["from_stock"] == 4 + 3 + 1, "the last that came of each"


def test_a_planned_receipt_is_counted_in_the_items_base_unit_and_its_results_go_to_the_orders() -> None:
    partition = Partition()
    partition.publish(version(1))
    fields: dict[str, Any] = {"company": "zmk", "item_code": "Б", "unit": "TNE", "expected_date": date(2026, 12, 10)}
    partition.take(partition.receipt(2, **fields))
    (said,) = partition.take(partition.request("b:1/1.1.1", 2000, plant="zmk", item="girder"))
    assert (value(said)["from_stock"], value(said)["available_on"]) == (2000, date(2026, 12, 10))
    (moved,) = partition.take(partition.receipt(2, **{**fields, "expected_date": date(2026, 12, 11)}))
    assert (moved.key, value(moved)["kind"]) == (b"b:1", "MOVED")
    assert partition.take(partition.receipt(2, company="stranger")) == []


def test_a_level_in_an_unknown_unit_waits_for_a_conversion(partition: Partition) -> None:
    partition.take(partition.level(5, unit="KGM"), partition.level(6, unit="KGM"))
    assert [letter["code"] for letter in partition.letters] == ["unmapped-unit"]
    motor = {**ITEMS[0], "conversions": {"KGM": "0.5"}}
    partition.publish(version(2, [motor, *ITEMS[1:]]))
    assert partition.free() == 3


def test_people_are_told_again_when_a_mapping_is_not_enough(partition: Partition) -> None:
    partition.take(partition.level(5, item_code="НОВ", unit="KGM"))
    motor = {**ITEMS[0], "more_codes": {"oemz": ["НОВ"]}}
    partition.publish(version(2, [motor, *ITEMS[1:]]))
    assert [letter["code"] for letter in partition.letters] == ["unmapped-unit"]
    assert b"\xd0\x9d\xd0\x9e\xd0\x92" in partition.letters[0]["original"], "the level itself, not the publication"
    partition.publish(version(3, [{**motor, "conversions": {"KGM": "1"}}, *ITEMS[1:]]))
    assert partition.free() == 5


def test_a_publication_that_says_nothing_of_the_code_leaves_the_level_waiting(partition: Partition) -> None:
    partition.take(partition.level(5, item_code="НОВ"))
    partition.publish(version(2, [{**ITEMS[0], "more_codes": {}}, *ITEMS[1:]]))
    partition.publish(version(3, [{**ITEMS[0], "more_codes": {"oemz": ["НОВ"]}}, *ITEMS[1:]]))
    assert [partition.free(), len(partition.letters)] == [5, 0]


def test_thousands_of_unknown_codes_are_one_alert_in_ten_minutes_and_no_letter(partition: Partition) -> None:
    for minute in range(12):
        codes = range(minute * 100, minute * 100 + 100)
        partition.take(*(partition.level(1, item_code=f"К-{number}") for number in codes))
        partition.take(partition.tick(minute))
    said = partition.alerts
    assert partition.letters == []
    assert [alert["raised_at"].minute for alert in said] == [0, 10]
    assert "1100 codes" in said[-1]["text"]["en"]
    assert "'К-0', 'К-1', 'К-2', 'К-3', 'К-4'" in said[-1]["text"]["en"]
    assert len({alert["alert_id"] for alert in said}) == 1
    assert open_alerts.waiting(said, {}, said[-1]["raised_at"] + timedelta(days=60)) == [said[-1]]
    assert open_alerts.waiting([*said, said[-1] | {"severity": "NOTICE"}], {}, said[-1]["raised_at"]) == []


def test_a_code_that_looks_like_a_known_one_gets_a_letter_that_says_so(partition: Partition) -> None:
    typed = "Д" + "B"
    partition.take(partition.level(5, item_code=typed), partition.level(6, item_code=typed))
    (letter,) = partition.letters
    assert letter["code"] == "unmapped-item"
    assert "'ДВ'" in letter["reason"]["ru"]
    assert "B (Latin, U+0042)" in letter["reason"]["en"]


def test_only_so_many_codes_of_a_member_wait(partition: Partition, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unmapped_stock, "MAX_CODES", 2)
    for _ in range(2):
        partition.take(*(partition.level(1, item_code=f"К-{number}") for number in range(4)))
    assert len(partition.letters) == 4, "what is not kept is a dead letter each time"
    partition.take(partition.tick(1))
    (alert,) = partition.alerts
    assert "no room" in alert["text"]["en"]
    partition.publish(version(2, [{**ITEMS[0], "more_codes": {"oemz": [f"К-{n}" for n in range(4)]}}, *ITEMS[1:]]))
    assert partition.free() == 2


def test_a_level_that_cannot_be_counted_exactly_is_a_dead_letter(partition: Partition) -> None:
    partition.take(partition.level(0, company="zmk", item_code="Б", unit="GRM", on_hand=Decimal("0.0001")))
    assert [letter["code"] for letter in partition.letters] == ["too-many-digits"]


def early(partition: Partition) -> list[Record]:
    return [
        partition.level(3),
        partition.request("b:1/1.1.1", 2),
        partition.request("b:2/1.1.1", 2),
        partition.request("b:1/1.1.1", 2, "RELEASE"),
        partition.request("b:3/1.1.1", 5),
        partition.level(9, item_code="НОВ"),
    ]


EXPECTED = [("b:1", 2), ("b:2", 1), ("b:3", 2)]


@pytest.mark.parametrize("portion", [1, 2, 200])
def test_what_comes_before_any_master_data_waits_for_them_in_order(
    portion: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allocator, "PORTION", portion)
    partition = Partition()
    assert partition.take(*early(partition)) == []
    results = partition.publish(version(1))
    results += partition.take(partition.request("b:4/1.1.1", 1))
    for minute in range(8):
        results += partition.take(partition.tick(minute))
    found = [(value(said)["order_key"], value(said)["from_stock"]) for said in results]
    assert found == [*EXPECTED, ("b:4", 0)]
    assert partition.letters == []


def test_only_so_much_waits_for_the_first_publication(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "MAX_WAITING", 3)
    partition = Partition()
    partition.take(*early(partition))
    assert [letter["code"] for letter in partition.letters] == ["no-masterdata"] * 3
    reason = partition.letters[0]["reason"]
    assert "kranhub core publish" in reason["en"]
    assert "kranhub core publish" in reason["ru"]


@pytest.mark.parametrize("size", [1, 2, 7])
def test_it_says_the_same_however_records_are_batched(size: int) -> None:
    records = story(Partition())
    whole = batches.batch(Allocator(Settings(namespace=NAMESPACE), CODEC))
    assert whole.process(records) == len(records)
    partition = Partition()
    parts: list[ProducerRecord] = []
    for first in range(0, len(records), size):
        batch = batches.batch(partition.stage, partition.store)
        batch.process(records[first : first + size])
        batch.commit()
        parts += batch.outputs
    assert parts == list(whole.outputs)


def story(partition: Partition) -> list[Record]:
    first = [masterdata.record(n + 100, entry, TOPIC) for n, entry in enumerate(entries.entries(version(1)))]
    until = START + timedelta(minutes=3)
    return [
        *early(partition),
        *first,
        partition.request("b:5/1.1.1", 1, expires_at=until),
        partition.level(1, 1),
        partition.level(8, 1, item_code="НОВ"),
        partition.tick(4),
    ]


def test_a_tombstone_changes_nothing(partition: Partition) -> None:
    before = dict(partition.store.values)
    assert partition.take(batches.record(999, "oemz", None, TOPIC)) == []
    assert partition.store.values == before


MOTORS, GIRDERS = "oemz|27.11|H87", "zmk|25.11|TNE"


def loads(partition: Partition) -> list[str]:
    """Return the keys under which loads were published since this was asked last."""
    found = [name for name, _ in partition.loads]
    partition.loads.clear()
    return found


def test_a_plants_load_is_published_at_the_next_tick_and_then_only_when_it_has_changed(partition: Partition) -> None:
    partition.take(partition.request("q/1", 4, "QUOTE"))
    assert loads(partition) == []
    partition.take(partition.tick(1))
    assert loads(partition) == [MOTORS], "a plant that was asked is known; others are another partition's"
    partition.take(partition.tick(2), partition.request("q/2", 4, "QUOTE"), partition.tick(3))
    assert loads(partition) == []
    partition.take(partition.request("b:1/1.1.1", 4), partition.request("b:2/1.1.1", 3), partition.tick(4))
    ((name, load),) = partition.loads
    assert (name, load["weeks"][0]["reserved"], load["weeks"][0]["free"]) == (MOTORS, 7, 3)
    loads(partition)
    partition.take(partition.request("b:3/1.1.1", 1), partition.request("b:3/1.1.1", 0, "RELEASE"), partition.tick(5))
    assert loads(partition) == [], "what has come back to where it was is no news"


def test_a_new_week_is_a_new_load(partition: Partition) -> None:
    partition.take(partition.request("b:1/1.1.1", 4), partition.tick(1))
    loads(partition)
    partition.take(partition.tick(6 * 24 * 60))
    assert partition.loads[0][1]["weeks"][0]["week"] == "2026-W49"


def test_a_tick_publishes_for_so_many_plants_and_the_next_one_goes_on(
    partition: Partition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plant_loads, "AT_ONCE", 1)
    partition.take(partition.request("b:1/1.1.1", 4), partition.request("b:1/2.1.1", 4, plant="zmk", item="girder"))
    partition.take(partition.tick(1))
    first = loads(partition)
    partition.take(partition.tick(2))
    assert sorted([*first, *loads(partition)]) == [MOTORS, GIRDERS]
    partition.take(partition.tick(3))
    assert loads(partition) == []


def test_a_publication_changes_the_load_or_ends_it(partition: Partition) -> None:
    partition.take(partition.request("b:1/1.1.1", 4), partition.tick(1))
    loads(partition)
    wider = world(motor=(20, "H87"))
    partition.publish(MasterData(wider.members, version(2).nomenclature, wider.rules, wider.calendars))
    partition.take(partition.tick(2))
    assert partition.loads[0][1]["weeks"][0]["capacity"] == 20
    loads(partition)
    without = world(motor=None)
    partition.publish(MasterData(without.members, version(3).nomenclature, without.rules, without.calendars))
    partition.take(partition.tick(3))
    assert partition.loads == [(MOTORS, None)]


def test_a_reservation_that_ends_frees_its_week_with_the_same_tick(partition: Partition) -> None:
    until = START + timedelta(minutes=5)
    partition.take(partition.request("b:1/1.1.1", 9, expires_at=until), partition.tick(1))
    loads(partition)
    partition.take(partition.tick(5))
    assert [load["weeks"][0]["reserved"] for _, load in partition.loads] == [0]


def test_a_plants_availability_goes_to_every_partition_of_hub_work_once() -> None:
    partition = Partition()
    partition.publish(crowded())
    partition.take(partition.level(7))
    said = partition.take(partition.tick(1))
    assert [one.partition for one in said] == list(range(6))
    assert {(batches.value(one)["plant"], batches.value(one)["items"][0]["free_stock"]) for one in said} == {
        ("oemz", 7)
    }
    assert partition.take(partition.tick(2)) == []


def repromising(partition: Partition, number: str, action: str, **fields: Any) -> Record:
    """Return what a person asks of the plant's orders."""
    words = {"order_key": "", "item": "", "include_sent": False, **fields}
    return partition.request(number, 0, action, **words)


def test_who_gains_and_who_loses_is_published_and_what_a_person_has_agreed_to_is_audited(partition: Partition) -> None:
    begins = date(2026, 12, 7)
    for number, priority in ((1, 5), (2, 1)):
        partition.take(partition.request(f"b:{number}/1.1.1", 10, priority=priority, not_before=begins))
    assert partition.take(repromising(partition, "r1", "PROPOSE")) == []
    ((key, proposed),) = partition.repromisings
    assert (key, proposed["state"], proposed["item"]) == ("oemz", "PROPOSED", None)
    assert [move["request_id"] for move in proposed["moves"]] == ["b:2/1.1.1", "b:1/1.1.1"]
    assert partition.audit == []
    who = {"fingerprint": proposed["fingerprint"], "actor": "dispatcher", "reason": "urgent"}
    said = partition.take(repromising(partition, "r2", "REPROMISE", **who))
    assert [(one.key, value(one)["kind"], value(one)["repromising"]) for one in said] == [
        (b"b:2", "MOVED", "r2"),
        (b"b:1", "MOVED", "r2"),
    ]
    assert partition.repromisings[-1][1]["state"] == "DONE"
    ((key, entry),) = partition.audit
    assert (key, entry["actor"], entry["action"], entry["reason"]) == ("oemz", "dispatcher", "REPROMISE", "urgent")
    assert entry["after"] == f"earlier: 1, later: 1, fingerprint: {proposed['fingerprint']}"


def test_what_is_no_longer_as_it_was_proposed_is_neither_done_nor_audited(partition: Partition) -> None:
    assert partition.take(repromising(partition, "r1", "REPROMISE", fingerprint="another")) == []
    assert [made["state"] for _, made in partition.repromisings] == ["CHANGED_SINCE"]
    assert partition.audit == []
