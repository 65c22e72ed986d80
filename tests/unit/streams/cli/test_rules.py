"""`kranhub rules`: files are checked, compared with what is published, tried out on recorded orders, and published."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kranhub.broker import admin
from kranhub.errors import Misconfigured
from streams.admin import publish as publishing
from streams.admin import published, rules_texts
from streams.cli.rules import rules
from streams.processor.kafka import clients
from streams.routing.allocator.keys import StockKey
from streams.routing.masterdata import entries, rule_check
from streams.routing.masterdata.difference import Change, Field, What, differences
from streams.routing.masterdata.entries import CodeMapping, Entry, Kind
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.rates import Rates
from streams.routing.masterdata.rule_check import findings
from streams.routing.masterdata.rules import Rule, Rules, When
from streams.routing.model.copying import replace
from streams.routing.model.order import Order
from streams.routing.model.portion import Portion
from streams.routing.planner import source
from streams.routing.replay.what_if import Gaps
from tests.support.masters import item, master, plant
from tests.support.omsk import DEPLOY, FILES, OMSK, ruled, with_item
from tests.support.order_lines import CRANE, PAINT
from tests.support.plants import KEY, MASTER, START
from tests.support.recorded_events import recorded
from tests.support.terminal import Hub, call, hub

__all__ = ["hub"]

WHY = ("--reason", "the paint shop closes", "--actor", "dispatcher")


def plain(kind: str) -> Any:
    return yaml.safe_load((DEPLOY / kind / "omsk.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of Omsk's files, of version 2, where the settings find it; `edit` changes it."""
    for kind in FILES:
        (tmp_path / f"{kind}.yaml").write_text((DEPLOY / kind / "omsk.yaml").read_text("utf-8"), "utf-8")
        monkeypatch.setenv(f"KRANHUB_{kind.upper()}_FILE", str(tmp_path / f"{kind}.yaml"))
    edit(tmp_path, "nomenclature", lambda content: {**content, "version": 2})
    return tmp_path


def edit(folder: Path, kind: str, change: Any) -> None:
    path = folder / f"{kind}.yaml"
    content = change(yaml.safe_load(path.read_text("utf-8")))
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")


def rule(folder: Path, *given: dict[str, Any]) -> None:
    edit(folder, "rules", lambda _content: {"rules": list(given)})


def publish(hub: Hub, master: MasterData, *more: Entry) -> None:
    for entry in (*entries.entries(master), *more):
        hub.put("hub.masterdata", f"{entry.kind}|{entry.key}", "MasterDataEntry", entries.record(entry))


# check


@pytest.mark.usefixtures("files")
def test_omsks_files_have_no_mistakes_and_no_findings() -> None:
    shown = call(rules, "check")
    assert (shown.exit_code, shown.output.count("\n")) == (0, 1)
    assert "version 2" in shown.output
    assert "Ошибок нет" in call(rules, "check", lang="ru").output


def test_a_rule_that_others_shadow_and_one_for_no_item_are_findings(files: Path) -> None:
    cranes = {"rule": "cranes", "when": {"okpd2": ["28.22.14"]}}
    rule(files, cranes, {"rule": "late", "when": {"okpd2": ["28.22.14.121"], "kind": ["SALE"]}}, {"rule": "last"})
    shown = call(rules, "check")
    assert shown.exit_code == 5
    assert "Rule late never decides" in shown.output
    assert "(cranes)" in shown.output
    rule(files, {"rule": "ships", "when": {"okpd2": ["30.11"]}}, {"rule": "last"})
    found = json.loads(call(rules, "check", "-o", "json").output)
    assert [(each["code"], each["subject"]) for each in found["findings"]] == [("never-decides", "ships")]
    assert found["ok"] is False
    assert "30.11" in found["findings"][0]["text"]["ru"]


def test_two_rules_that_only_together_shadow_a_third_are_found() -> None:
    halves = [Rule(rule="a", when=When(kind=("SALE", "LEASE"))), Rule(rule="b", when=When(kind=("SPARE_PART",)))]
    third = [Rule(rule="c", when=When(kind=("SALE", "SPARE_PART"))), Rule(rule="d")]
    (found,) = findings(replace(MASTER, rules=Rules(rules=(*halves, *third))))
    assert (found.code, found.subject) == ("never-decides", "c")
    assert "(a, b)" in found.text.en


def test_a_rule_that_leaves_nobody_is_a_finding(files: Path) -> None:
    rule(files, {"rule": "local", "allow": ["oemz"]})
    (found,) = json.loads(call(rules, "check", "-o", "json").output)["findings"]
    assert (found["code"], found["subject"]) == ("leaves-nobody", "local")


def test_lines_without_a_rule_are_a_finding(files: Path) -> None:
    rule(files, {"rule": "sales", "when": {"kind": ["SALE"]}})
    (found,) = json.loads(call(rules, "check", "-o", "json").output)["findings"]
    assert found["code"] == "no-rule"
    assert "SPARE_PART" in found["text"]["en"]


def test_an_item_that_nobody_makes_is_a_finding(files: Path) -> None:
    edit(files, "nomenclature", lambda content: {**content, "items": [*content["items"], SHIP]})
    shown = call(rules, "check")
    assert (shown.exit_code, "Nobody makes ship" in shown.output) == (5, True)


def test_a_cost_that_no_rate_makes_comparable_is_a_finding_where_costs_decide() -> None:
    making = {"okpd2": "25.11", "capacity": {"quantity": 9, "unit": "H87"}}
    maker = {**making, "cost": {"amount": 7, "currency": "CNY"}}
    plants = [plant("abroad", maker, currencies=["CNY", "RUB"]), plant("home", making)]
    compared = [master(plants, [item("beam", "25.11.23")], {"rank": rank}) for rank in ("lowest-cost", "balanced-load")]
    (found,) = findings(compared[0])
    assert (found.code, found.subject) == ("no-rate", "CNY")
    assert "Costs in CNY (abroad) cannot be compared in orders in RUB" in found.text.en
    assert "Цены в CNY (abroad) не сравнить в заказах в RUB" in found.text.ru
    assert findings(compared[1]) == []
    rate = {"source": "CNY", "target": "RUB", "rate": 12, "valid_on": "2026-11-01"}
    assert findings(replace(compared[0], rates=Rates.model_validate({"rates": [rate]}))) == []


SHIP = {"item": "ship", "okpd2": "30.11", "name": {"en": "Ship", "ru": "Судно"}, "unit": "H87"}


def test_a_mistake_is_4_and_names_the_line(files: Path) -> None:
    rule(files, {"rule": "wrong", "deny": ["nobody"]})
    shown = call(rules, "check")
    assert shown.exit_code == 4
    assert "rules.yaml:" in str(shown.exception)


def test_options_name_other_files(files: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("rules: [{rule: sales, when: {kind: [SALE]}}]", "utf-8")
    assert call(rules, "check").exit_code == 0
    assert call(rules, "check", "--rules", str(other)).exit_code == 5


names = st.lists(st.sampled_from(["ruskran", "zmk-most", "oemz", "harbin-crane"]), unique=True, max_size=3).map(tuple)
money = st.lists(st.sampled_from(["RUB", "CNY", "USD"]), unique=True, max_size=2).map(tuple)
regions = st.lists(st.sampled_from(["RU-OMS", "CN-HL"]), unique=True, max_size=1).map(tuple)


@given(names, names, money, regions, st.sampled_from(sorted(MASTER.items)))
def test_who_is_left_by_a_rule_is_whom_the_planner_may_ask(
    allow: Any, deny: Any, currencies: Any, region: Any, item: str
) -> None:
    deny = tuple(name for name in deny if name not in allow)
    found = Rule(rule="r", allow=allow, deny=deny, currencies=currencies, regions=region)
    portion = Portion("1", 1, item, MASTER.items[item].unit, Decimal(10**9))
    asked = set()
    for currency in ("RUB", "CNY", "USD", "EUR"):
        order = Order("17", "sibir-terminal", "SALE", currency, datetime.now(UTC).date(), ())
        asked |= {maker.member for maker in source.candidates(order, portion, found, MASTER).allowed}
    assert {*rule_check.allowed(found, item, MASTER)} == asked


# diff


def test_the_files_that_are_published_make_no_difference(hub: Hub, files: Path) -> None:
    edit(files, "nomenclature", lambda content: {**content, "version": 1})
    publish(hub, OMSK)
    assert call(rules, "diff").output.splitlines()[1:] == ["The files are what is published."]


def test_a_difference_names_the_fields(hub: Hub, files: Path) -> None:
    publish(hub, OMSK)
    edit(files, "members", _slower)
    rule(files, {**plain("rules")["rules"][0], "version": 2, "deny": ["zmk-most"]})
    lines = call(rules, "diff").output.splitlines()
    assert lines == [
        "Published: version 1. The files: version 2.",
        "member zmk-most: changed",
        "  capabilities[0].working_days: 30 -> 31",
        "rule stock-then-earliest: changed",
        '  deny: - -> ["zmk-most"]',
        "  version: - -> 2",
        "publication: changed",
        "  version: 1 -> 2",
    ]
    found = json.loads(call(rules, "diff", "-o", "json").output)
    assert found["version"] == {"published": 1, "files": 2}
    assert found["changes"][0]["fields"] == [{"path": "capabilities[0].working_days", "before": 30, "after": 31}]


def _slower(content: Any) -> Any:
    for member in content["members"]:
        if member["id"] == "zmk-most":
            member["capabilities"][0]["working_days"] = 31
    return content


@pytest.mark.usefixtures("files")
def test_with_nothing_published_all_is_added(hub: Hub) -> None:
    hub.topics["hub.masterdata"] = []
    found = json.loads(call(rules, "diff", "-o", "json").output)
    assert {change["what"] for change in found["changes"]} == {"added"}
    assert found["version"]["published"] is None


def entry(content: str | None, kind: str = "ITEM", key: str = "a") -> Entry:
    return Entry(kind, key, 1, content)


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        ('{"a": 1}', '{"a": 2}', [Field("a", 1, 2)]),
        ('{"a": {"b": [1, 2]}}', '{"a": {"b": [2, 3]}}', [Field("a.b", [1], [3])]),
        ('{"a": [1, 2]}', '{"a": [2, 1]}', [Field("a", [1, 2], [2, 1])]),
        ('{"a": [1]}', '{"a": [1, 1]}', [Field("a", None, [1])]),
        ('{"a": [{"b": 1}]}', '{"a": [{"b": 2}, {"c": 3}]}', [Field("a[0].b", 1, 2), Field("a[1]", None, {"c": 3})]),
        ('{"a": 1}', "{}", [Field("a", 1, None)]),
    ],
)
def test_the_path_of_a_field_leads_to_it(before: str, after: str, fields: list[Field]) -> None:
    assert differences([entry(before)], [entry(after)]) == [Change("ITEM", "a", What.CHANGED, tuple(fields))]


def test_what_is_gone_is_removed_and_mappings_are_nobodys_difference() -> None:
    known = [entry("{}"), entry("{}", "MAPPING"), entry(None, key="b")]
    assert differences(known, []) == [Change("ITEM", "a", What.REMOVED)]


@given(st.sampled_from([MASTER, ruled(), with_item("coating-girders", codes={})]))
def test_the_same_entries_never_differ(master: MasterData) -> None:
    assert differences(entries.entries(master), entries.entries(master)) == []


# what-if


def record(hub: Hub, *lines: Any) -> None:
    """Let an order's history stand on the hub's topics, an hour ago."""
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    recorder = recorded(*lines)
    for event in recorder.events:
        topic = "allocation" if event.subject == "AllocationRequest" else "work"
        at = hour_ago + (event.time - recorder.events[0].time)
        value = {"order_key": KEY, **event.value} if event.subject == "AllocationResult" else event.value
        hub.put(f"hub.{topic}", KEY, event.subject, value, at)


def test_what_if_tells_who_would_go_elsewhere(hub: Hub, files: Path) -> None:
    publish(hub, OMSK)
    record(hub, PAINT)
    rule(files, {"rule": "no-bulvar", "deny": ["tsvetnoy-bulvar"]})
    lines = call(rules, "what-if").output.splitlines()
    assert lines[0] == "Published: version 1. The files: version 2."
    assert lines[1] == (
        f"{KEY}, line 1, Anti-corrosion painting of steel (coating-girders): "
        "Tsvetnoy Bulvar 100 (rule stock-then-earliest) -> ZMK-Most 100 (rule no-bulvar)"
    )
    assert "orders 1, lines 1. Elsewhere: orders 1, parts 1, of them newly held 0" in lines[-4]
    assert "Stock and capacity are worked out again" in lines[-3]
    assert lines[-2].startswith("The record begins on ")
    assert lines[-1] == "Of 1 recorded reservations the replay by the published master data answers 1 otherwise."
    assert "могли быть загружены" in call(rules, "what-if", lang="ru").output
    found = json.loads(call(rules, "what-if", "-o", "json").output)
    assert found["totals"]["orders_moved"] == 1
    assert found["moved"][0]["after"][0]["plant"] == "zmk-most"
    assert found["not_known"] == {**found["not_known"], "stocks": [], "reservations": 1, "differing": 1}


def test_what_if_says_what_it_does_not_know() -> None:
    stocks = {StockKey("oemz", f"motor-{number}"): Decimal(number) for number in range(1, 8)}
    since, found, differing = rules_texts.not_known(Gaps(START, stocks, 9, 2))
    assert since.en.startswith("The record begins on 2026-11-24 08:00 UTC.")
    assert "no recorded level shows: 7." in found.en
    assert "oemz motor-1 1, oemz motor-2 2" in found.en
    assert found.ru.endswith("oemz motor-5 5, ….")
    assert differing.en == "Of 9 recorded reservations the replay by the published master data answers 2 otherwise."
    assert rules_texts.not_known(Gaps()) == []


def test_what_if_tells_of_parts_that_would_be_held_or_wait(hub: Hub, files: Path) -> None:
    publish(hub, OMSK)
    record(hub, PAINT)
    rule(files, {"rule": "careful", "mode": "approve", "deny": ["tsvetnoy-bulvar"]})
    assert "waits for approval" in call(rules, "what-if").output
    rule(files, {"rule": "nobody", "allow": ["oemz"]})
    assert "100 held (no-candidate)" in call(rules, "what-if").output
    assert "newly held 1" in call(rules, "what-if").output


@pytest.mark.usefixtures("files")
def test_what_if_without_a_difference_says_so(hub: Hub) -> None:
    publish(hub, OMSK)
    record(hub, CRANE)
    found = json.loads(call(rules, "what-if", "--orders", "1", "-o", "json").output)
    assert (found["moved"], found["shifted"], found["totals"]["orders"]) == ([], [], 1)


@pytest.mark.usefixtures("files")
def test_what_if_knows_only_orders_of_the_time_asked_for(hub: Hub) -> None:
    publish(hub, OMSK)
    hub.topics["hub.work"] = []
    assert "No order" in call(rules, "what-if").output
    record(hub, PAINT)
    hub.topics["hub.work"] = [
        replace(m, envelope=m.envelope._replace(recorded=m.time - timedelta(days=2))) for m in hub.topics["hub.work"]
    ]
    assert "No order" in call(rules, "what-if", "--since", "1").output
    assert "orders 1, lines 1." in call(rules, "what-if", "--since", "3").output


@pytest.mark.usefixtures("hub", "files")
def test_what_if_needs_something_published() -> None:
    shown = call(rules, "what-if")
    assert shown.exit_code == 1
    assert "kranhub rules publish" in str(shown.exception)


def test_members_own_codes_count_on_both_sides() -> None:
    mapping = CodeMapping(member="sibir-terminal", item_code="НЕТ", item="coating-girders", unit="MTK")
    taken = CodeMapping(member="sibir-terminal", item_code="ДВ-7.5", item="coating-girders")
    known = {e.place: e for e in [*entries.entries(MASTER), _mapping(mapping), _mapping(taken)]}
    master = published.master_of(known)
    assert master.items["coating-girders"].more_codes == {"sibir-terminal": ("НЕТ",)}
    assert master.item_of("sibir-terminal", "ДВ-7.5") == MASTER.item_of("sibir-terminal", "ДВ-7.5")
    assert published.master_of(known, ruled()).nomenclature == master.nomenclature
    assert published.master_of(known, ruled()).rules == ruled().rules


def _mapping(mapping: CodeMapping) -> Entry:
    return Entry(Kind.MAPPING, f"{mapping.member}|{mapping.item_code}", 1, entries.content(mapping))


# publish


@pytest.fixture
def counted(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Versions that were published, each after its audit."""
    done: list[int] = []

    def publish_masterdata(_settings: Any, _codec: Any, master: MasterData, *, force: bool) -> int:
        if any(written.topic == "hub.audit" for written in hub.written):
            done.append(master.version)
        return 3

    monkeypatch.setattr(admin, "missing_of_members", lambda _settings, _members: [])
    monkeypatch.setattr(clients, "Producer", hub.producer)
    monkeypatch.setattr(publishing, "publish_masterdata", publish_masterdata)
    return done


def test_publishing_is_audited_with_both_versions(hub: Hub, files: Path, counted: list[int]) -> None:
    publish(hub, OMSK)
    rule(files, {"rule": "no-bulvar", "deny": ["tsvetnoy-bulvar"]})
    shown = call(rules, "publish", *WHY)
    assert shown.exit_code == 0
    assert counted == [2]
    (written,) = hub.written
    value = {name: content for name, content in written.value.items() if name not in ("at", "entry_id")}
    assert value == {
        "actor": "dispatcher",
        "reason": "the paint shop closes",
        "action": "PUBLISH",
        "subject": "masterdata",
        "before": "1",
        "after": "2",
    }
    assert (written.topic, written.key) == ("hub.audit", "masterdata")
    assert "rule no-bulvar: added" in shown.output
    assert "rule stock-then-earliest: removed" in shown.output
    assert "Published: 3 entries, version 1 -> 2" in shown.output


def test_publishing_the_same_again_writes_nothing(hub: Hub, files: Path, counted: list[int]) -> None:
    edit(files, "nomenclature", lambda content: {**content, "version": 1})
    publish(hub, OMSK)
    shown = call(rules, "publish", *WHY)
    assert (shown.exit_code, hub.written, counted) == (0, [], [])
    assert "The files are what is published." in shown.output


def test_findings_are_said_and_do_not_stop_a_publication(hub: Hub, files: Path, counted: list[int]) -> None:
    publish(hub, OMSK)
    rule(files, {"rule": "sales", "when": {"kind": ["SALE"]}})
    shown = call(rules, "publish", *WHY)
    assert "No rule matches" in shown.stderr
    assert counted == [2]


@pytest.mark.parametrize("how", ["mistake", "older", "same-version", "rule-overwritten"])
def test_what_cannot_be_published_is_refused_and_nothing_is_written(
    hub: Hub, files: Path, counted: list[int], how: str
) -> None:
    publish(hub, OMSK)
    if how == "mistake":
        rule(files, {"rule": "wrong", "deny": ["nobody"]})
    elif how == "older":
        hub.put("hub.masterdata", "p", "MasterDataEntry", entries.record(Entry(*entries.PUBLICATION, 9, "{}")))
    elif how == "same-version":
        edit(files, "nomenclature", lambda content: {**content, "version": 1})
        rule(files, {"rule": "new"})
    else:
        rule(files, {"rule": "stock-then-earliest", "deny": ["zmk-most"]})
    shown = call(rules, "publish", *WHY)
    assert isinstance(shown.exception, Misconfigured)
    assert (shown.exit_code, hub.written, counted) == (4, [], [])


@pytest.mark.usefixtures("hub", "files")
def test_publishing_needs_a_reason() -> None:
    assert call(rules, "publish", "--actor", "a").exit_code == 2


@pytest.mark.parametrize("name", sorted(rules.commands))
def test_every_command_has_help(name: str) -> None:
    assert call(rules, name, "--help").exit_code == 0
