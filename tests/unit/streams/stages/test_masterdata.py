"""The stage `masterdata` without Kafka: a change goes everywhere, a repeat says nothing, members' codes are merged."""

from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.admin.publish import changes
from streams.processor.batch import Batch
from streams.processor.state.store import Layer, Store
from streams.routing.masterdata import entries
from streams.routing.masterdata.entries import Entry, Kind
from streams.routing.masterdata.masterdata import MasterData
from streams.stages.support.masterdata_state import MasterDataState
from tests.support import batches
from tests.support.batches import CODEC
from tests.support.masterdata import masters, record, same
from tests.support.masterdata_stage import ALL, broadcast, codes_of, on, proposal, run
from tests.support.omsk import OMSK, bumped, renumbered


def public(batch: Batch, name: str) -> dict[str, Any]:
    """Return what a public topic holds after the batch."""
    outputs = on(batch, name)
    return {said.key.decode(): CODEC.decode(said.value).value if said.value else None for said in outputs}


def changed(item: str, **changes: Any) -> Entry:
    value = OMSK.items[item].model_copy(update={"components": (), **changes})
    return Entry(Kind.ITEM, item, 2, entries.content(value))


def test_all_entries_reach_every_partition_and_their_public_topics() -> None:
    batch = run(Store(), ALL)
    assert broadcast(batch) == ALL
    assert set(public(batch, "items")) == set(OMSK.items)
    assert set(public(batch, "parties")) == set(OMSK.members.by_id)
    told = public(batch, "calendars")
    assert set(told) == set(OMSK.calendars.by_id)
    for name, calendar in OMSK.calendars.by_id.items():
        assert told[name]["dates_off"] == [day.isoformat() for day in calendar.days_off]
        assert told[name]["dates_worked"] == [day.isoformat() for day in calendar.working_days]
        assert (told[name]["days_off"], told[name]["working_days"]) == ([], [])
    assert set(public(batch, "rules")) == {"stock-then-earliest|1"}
    assert set(public(batch, "rates")) == {rate.key for rate in OMSK.rates.rates}
    assert public(batch, "rates")["CNY/RUB/2026-07-01"]["rate"] == Decimal("11.35")
    assert set(public(batch, "boms")) == {"crane-bridge-10t-22m5"}
    assert public(batch, "boms")["crane-bridge-10t-22m5"]["components"][0]["feeds"] == "coating-girders"
    assert public(batch, "items")["crane-bridge-10t-22m5"]["components"] == []
    motor = public(batch, "items")["motor-crane-7kw5"]
    assert (motor["order_quantity_increment"], motor["order_quantity_rounding"]) == (1, "REFUSE")
    assert public(batch, "items")["coating-girders"]["order_quantity_increment"] is None
    assert "capabilities" not in public(batch, "parties")["oemz"]


def test_a_repeat_says_nothing_and_changes_nothing() -> None:
    store = Store()
    run(store, ALL)
    before = dict(store.values)
    batch = run(store, [*ALL, *ALL], 100)
    assert batch.outputs == []
    assert store.values == before


def test_one_change_says_itself_and_the_publication() -> None:
    store = Store()
    run(store, ALL)
    entry = changed("bridge-span", okpd2="25.11.21.120")
    batch = run(store, [*ALL[:5], entry, ALL[-1]], 100)
    assert [one.place for one in broadcast(batch)] == [entry.place, entries.PUBLICATION]
    assert broadcast(batch)[0] == entry
    assert public(batch, "items")["bridge-span"]["okpd2"] == "25.11.21.120"


def test_publications_are_numbered_upwards_whatever_the_files_say() -> None:
    store, versions = Store(), []
    for number, entry in enumerate((ALL[-1], changed("bridge-span", okpd2="25.11"), ALL[-1], changed("bridge-span"))):
        found = [*ALL[:-1], ALL[-1]] if number == 0 else [entry, ALL[-1]]
        versions += [one.version for one in broadcast(run(store, found, 100 * number)) if one.kind == Kind.PUBLICATION]
    assert versions == [1, 2, 3]
    (last,) = broadcast(run(store, [entries.entries(bumped(OMSK, 9))[-1]], 900))
    assert last.version == 9


def test_what_is_gone_is_deleted_for_everybody_but_a_rules_versions_stay() -> None:
    store = Store()
    run(store, ALL)
    gone = [Entry(*place, 2, None) for place in ((Kind.RULE, "stock-then-earliest"), (Kind.ITEM, "bridge-span"))]
    batch = run(store, [*gone, ALL[-1]], 100)
    assert broadcast(batch)[:2] == gone
    assert public(batch, "items") == {"bridge-span": None}
    (tombstone,) = [said for said in batch.outputs if said.value is None]
    headers = dict(tombstone.headers or [])
    assert (headers["ce_type"], headers["ce_subject"]) == (b"kranhub.Item", b"bridge-span")
    assert "content-type" not in headers
    assert on(batch, "rules") == []


def test_a_rules_version_is_never_overwritten() -> None:
    store = Store()
    run(store, ALL)
    (rule,) = OMSK.rules.rules
    other = rule.model_copy(update={"maximum_portions": 9})
    same_version = Entry(Kind.RULE, rule.rule, 1, entries.content(other))
    batch = run(store, [same_version], 100)
    assert [letter["code"] for letter in batches.dead_letters(batch)] == ["rule-overwritten"]
    assert batches.sent_records(batch) == []
    raised = other.model_copy(update={"version": 2})
    batch = run(store, [Entry(Kind.RULE, rule.rule, 2, entries.content(raised)), ALL[-1]], 200)
    assert public(batch, "rules")["stock-then-earliest|2"]["maximum_portions"] == 9


def test_what_cannot_be_read_is_a_dead_letter_and_the_rest_goes_on() -> None:
    wrong = [Entry(Kind.ITEM, "x", 1, '{"item": 7}'), Entry("UNKNOWN", "x", 1, "{}"), Entry(Kind.ITEM, "y", 1, "{")]
    batch = run(Store(), [*wrong, *ALL])
    assert [letter["code"] for letter in batches.dead_letters(batch)] == ["bad-masterdata"] * 3
    assert broadcast(batch) == ALL


def test_a_members_mapping_becomes_a_code_of_the_item_and_is_published_at_once() -> None:
    store = Store()
    run(store, ALL)
    batch = run(store, [proposal("EM-SPAN", "bridge-span", unit="TNE")], 100)
    assert ("oemz", "EM-SPAN") in codes_of(batch, "bridge-span")
    assert public(batch, "items")["bridge-span"]["codes"]["oemz"] == "EM-SPAN"
    assert [one.place for one in broadcast(batch)] == [(Kind.ITEM, "bridge-span"), entries.PUBLICATION]
    assert broadcast(batch)[-1].version == 2
    assert run(store, [proposal("EM-SPAN", "bridge-span", unit="TNE")], 200).outputs == []


def test_a_second_code_for_an_item_is_understood_beside_the_first() -> None:
    store = Store()
    run(store, ALL)
    batch = run(store, [proposal("EM-MTF-OLD", "motor-crane-7kw5")], 100)
    item = public(batch, "items")["motor-crane-7kw5"]
    assert (item["codes"]["oemz"], item["more_codes"]) == ("EM-MTF-75", {"oemz": ["EM-MTF-OLD"]})


def test_a_mapping_outlives_a_new_version_of_its_item() -> None:
    store = Store()
    run(store, ALL)
    run(store, [proposal("EM-SPAN", "bridge-span")], 100)
    batch = run(store, [changed("bridge-span", okpd2="25.11.21.120"), ALL[-1]], 200)
    assert ("oemz", "EM-SPAN") in codes_of(batch, "bridge-span")


def test_a_member_may_correct_its_mapping() -> None:
    store = Store()
    run(store, ALL)
    run(store, [proposal("EM-1", "bridge-span")], 100)
    batch = run(store, [proposal("EM-1", "steel-structure")], 200)
    assert ("oemz", "EM-1") in codes_of(batch, "steel-structure")
    assert ("oemz", "EM-1") not in codes_of(batch, "bridge-span")
    batch = run(store, [Entry(Kind.MAPPING, "oemz|EM-1", 1, None)], 300)
    assert ("oemz", "EM-1") not in codes_of(batch, "steel-structure")


def test_a_code_that_the_nomenclature_has_elsewhere_is_refused_with_both_items() -> None:
    store = Store()
    run(store, ALL)
    batch = run(store, [proposal("EM-MTF-75", "bridge-span")], 100)
    (letter,) = batches.dead_letters(batch)
    assert (letter["code"], letter["member"]) == ("code-taken", "oemz")
    assert "motor-crane-7kw5" in letter["reason"]["en"]
    assert "bridge-span" in letter["reason"]["ru"]
    assert batches.sent_records(batch) == []


def test_a_unit_that_the_item_does_not_know_is_refused() -> None:
    store = Store()
    run(store, ALL)
    batch = run(store, [proposal("EM-SPAN", "bridge-span", unit="LTR")], 100)
    assert [letter["code"] for letter in batches.dead_letters(batch)] == ["unmapped-unit"]
    assert batches.sent_records(batch) == []


def test_a_mapping_to_an_item_to_come_is_reported_and_counts_when_the_item_comes() -> None:
    store = Store()
    others = [entry for entry in ALL if entry.key != "bridge-span"]
    batch = run(store, [*others, proposal("EM-SPAN", "bridge-span")])
    assert [letter["code"] for letter in batches.dead_letters(batch)] == ["unknown-item"]
    batch = run(store, [entry for entry in ALL if entry.key == "bridge-span"] + [ALL[-1]], 100)
    assert ("oemz", "EM-SPAN") in codes_of(batch, "bridge-span")


def test_the_nomenclature_takes_a_mapped_code_over_and_gives_it_back() -> None:
    store = Store()
    run(store, ALL)
    run(store, [proposal("EM-1", "bridge-span")], 100)
    codes = {**OMSK.items["steel-structure"].codes, "oemz": "EM-1"}
    batch = run(store, [changed("steel-structure", codes=codes), ALL[-1]], 200)
    assert ("oemz", "EM-1") in codes_of(batch, "steel-structure")
    assert ("oemz", "EM-1") not in codes_of(batch, "bridge-span")
    batch = run(store, [changed("steel-structure"), ALL[-1]], 300)
    assert ("oemz", "EM-1") in codes_of(batch, "bridge-span")


def test_a_mapping_amid_a_publication_does_not_close_it() -> None:
    store = Store()
    run(store, ALL)
    found = [changed("bridge-span", okpd2="25.11"), proposal("EM-1", "steel-structure"), ALL[-1]]
    told = [one.place for one in broadcast(run(store, found, 100))]
    assert told == [(Kind.ITEM, "bridge-span"), (Kind.ITEM, "steel-structure"), entries.PUBLICATION]


MAPPINGS = st.builds(
    entries.mapping,
    st.sampled_from(["aa", "bb"]),
    st.sampled_from(["aa-a", "aa-b", "bb-a", "new"]),
    st.sampled_from("abcde"),
    st.sampled_from([None, "KGM", "H87"]),
)


@st.composite
def logs(draw: st.DrawFn) -> tuple[list[Entry], MasterData]:
    """Return publications one after the other, with mappings anywhere among them, and the files' last state."""
    known: dict[tuple[str, str], Entry] = {}
    log: list[Entry] = []
    for version in range(1, draw(st.integers(1, 3)) + 1):
        master = renumbered(draw(masters()), version)
        written = changes(known, master)
        known |= {entry.place: entry for entry in written}
        for entry in written:
            log += [*draw(st.lists(MAPPINGS, max_size=1)), entry]
    return log + draw(st.lists(MAPPINGS, max_size=2)), master


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(logs(), st.integers(1, 50))
def test_whatever_comes_what_is_said_makes_up_the_files_and_free_codes(
    made: tuple[list[Entry], MasterData], size: int
) -> None:
    log, master = made
    store, seen, reference = Store(), Layer(Store()), MasterDataState(CODEC)
    said: list[Entry] = []
    for start in range(0, len(log), size):
        said += broadcast(run(store, log[start : start + size], start))
    assert all(reference.take(record(at, entry), seen) for at, entry in enumerate(said))
    found = reference.current(seen)
    assert found is not None
    plain = [item.model_copy(update={"codes": {}, "more_codes": {}}) for item in found.nomenclature.items]
    wanted = [item.model_copy(update={"codes": {}}) for item in master.nomenclature.items]
    assert {item.item: item for item in plain} == {item.item: item for item in wanted}
    assert (found.members, found.rules) == (master.members, master.rules)
    for name, item in master.items.items():
        assert item.codes.items() <= found.items[name].codes.items(), "a code of the files is never lost"
    versions = [entry.version for entry in said if entry.kind == Kind.PUBLICATION]
    assert versions == sorted(set(versions))
    assert batches_agree(log, said)
    assert run(store, [entry for entry in log if entry.kind == Kind.PUBLICATION][-1:], 9999).outputs == []


def batches_agree(log: list[Entry], said: list[Entry]) -> bool:
    """Say whether one large batch says the same."""
    return broadcast(run(Store(), log)) == said


@given(masters())
def test_the_first_publication_passes_on_as_it_is(master: MasterData) -> None:
    assert same(entries.of(broadcast(run(Store(), entries.entries(master)))), master)
