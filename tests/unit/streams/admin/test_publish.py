"""Publishing checks what it needs and says what it would do: who leaves, which open orders name them, which topics."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from kafka.errors import UnknownTopicOrPartitionError

from kranhub.broker import admin, topics
from kranhub.errors import Misconfigured, Unavailable
from kranhub.parties.members import Members
from kranhub.settings import Settings
from kranhub.wire.messages import Subject
from streams.admin import impact, publish
from streams.admin.publish import NotPublished
from streams.cli.core import core
from streams.cli.rules import rules
from streams.routing.masterdata import entries
from streams.routing.masterdata.removed_members import Concern, Leaving, Orders, leaving
from streams.routing.model.copying import replace
from tests.support.fields import decoded
from tests.support.omsk import FILES, OMSK
from tests.support.order_lines import MOTORS
from tests.support.placed_orders import Plants, placed
from tests.support.plants import BUYER, KEY, MASTER
from tests.support.terminal import Hub, call, hub

__all__ = ["hub"]

WHY = ("--reason", "the plant has a new name", "--actor", "dispatcher")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> Path:
    """Omsk's files of version 2 where the settings find them; version 1 is published, and all topics exist."""
    for kind in FILES:
        text = Path(f"deploy/{kind}/omsk.yaml").read_text("utf-8")
        (tmp_path / f"{kind}.yaml").write_text(text.replace("\nversion: 1\n", "\nversion: 2\n"), "utf-8")
        monkeypatch.setenv(f"KRANHUB_{kind.upper()}_FILE", str(tmp_path / f"{kind}.yaml"))
    for entry in entries.entries(OMSK):
        hub.put("hub.masterdata", entry.record_key, "MasterDataEntry", entries.record(entry))
    monkeypatch.setattr(admin, "missing_of_members", lambda _settings, _members: [])
    return tmp_path


def edit(folder: Path, kind: str, change: Callable[[str], str]) -> None:
    path = folder / f"{kind}.yaml"
    path.write_text(change(path.read_text("utf-8")), "utf-8")


def drop(folder: Path, *members: str) -> None:
    """Take members out of the files, and their codes and ways."""
    path = folder / "members.yaml"
    content = yaml.safe_load(path.read_text("utf-8"))
    content["members"] = [member for member in content["members"] if member["id"] not in members]
    days = content.get("transport", {}).get("days", [])
    content.setdefault("transport", {})["days"] = [
        leg for leg in days if leg["from"] not in members and leg["to"] not in members
    ]
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    path = folder / "nomenclature.yaml"
    content = yaml.safe_load(path.read_text("utf-8"))
    for item in content["items"]:
        for field in ("codes", "more_codes"):
            for member in members:
                item.get(field, {}).pop(member, None)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")


def tell(hub: Hub, cluster: Plants) -> None:
    """Let hub.events have what was said of the order 17."""
    for message in cluster.sent:
        if message.subject in ("PlantOrder", "OrderStatus", "RoutingDecision"):
            hub.put("hub.events", KEY, message.subject, message.value, headers=message.headers)


@pytest.fixture
def order(hub: Hub) -> Plants:
    """An open order of motors at oemz, as hub.events tells it."""
    found = placed(MOTORS)
    tell(hub, found)
    return found


def preview(*words: str) -> tuple[int, dict[str, Any]]:
    shown = call(core, "publish", "--dry-run", "-o", "json", *words)
    return shown.exit_code, json.loads(shown.stdout.splitlines()[-1])


@pytest.mark.usefixtures("order")
def test_a_member_whom_open_orders_name_does_not_leave_unless_a_person_insists(files: Path) -> None:
    drop(files, "oemz")
    code, found = preview()
    assert (code, found["leaving"]["members"]) == (5, ["oemz"])
    assert found["concerns"] == [{"kind": "PARTY", "key": "oemz", "orders": [], "plant_orders": [f"{KEY}/1.1.1"]}]
    assert all(f"{KEY}/1.1.1" in found["refused"][0][language] for language in ("en", "ru"))
    assert preview("--force")[0] == 0


@pytest.mark.usefixtures("order")
def test_a_buyer_with_an_open_order_does_not_leave_either(files: Path) -> None:
    drop(files, BUYER)
    code, found = preview()
    assert (code, found["concerns"][0]["orders"]) == (5, [KEY])


def test_once_the_order_is_over_the_member_may_leave(files: Path, hub: Hub, order: Plants) -> None:
    drop(files, "oemz")
    hub.put("hub.events", KEY, "OrderStatus", {**order.status(), "state": "DELIVERED"})
    code, found = preview()
    assert (code, found["concerns"], found["refused"]) == (0, [], [])


def test_several_members_do_not_leave_at_once_even_without_orders(files: Path) -> None:
    drop(files, "oemz", "ruskran", "zmk-most", "tsvetnoy-bulvar", "harbin-crane")
    code, found = preview()
    assert (code, len(found["leaving"]["members"]), found["concerns"]) == (5, 5, [])
    assert "5 members would leave at once" in found["refused"][0]["en"]
    shown = call(core, "publish", "--dry-run", lang="ru")
    assert "Сразу перестанут быть участниками: 5" in shown.output
    assert "участник oemz: удалено" in shown.output


@pytest.mark.usefixtures("order")
def test_an_item_that_an_open_order_needs_stays_whatever_a_person_insists_on(files: Path) -> None:
    item = next(item.item for item in MASTER.nomenclature.items if "ДВ-7.5" in dict.fromkeys(item.codes.values()))
    path = files / "nomenclature.yaml"
    content = yaml.safe_load(path.read_text("utf-8"))
    content["items"] = [each for each in content["items"] if each["item"] != item]
    for each in content["items"]:
        each["components"] = [part for part in each.get("components", []) if part["item"] != item]
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    code, found = preview("--force")
    assert (code, found["concerns"]) == (5, [{"kind": "ITEM", "key": item, "orders": [KEY], "plant_orders": []}])


@pytest.mark.usefixtures("order")
def test_rules_publish_refuses_before_its_audit_and_previews_as_well(files: Path, hub: Hub) -> None:
    drop(files, "oemz")
    shown = call(rules, "publish", *WHY)
    assert (shown.exit_code, hub.written) == (4, [])
    assert "--force" in str(shown.exception)
    assert call(rules, "publish", *WHY, "--dry-run").exit_code == 5
    assert (call(rules, "publish", *WHY, "--dry-run", "--force").exit_code, hub.written) == (0, [])


def test_the_preview_names_topics_that_do_not_exist(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "missing_of_members", lambda _settings, _members: ["t.in.new.orders"])
    edit(files, "nomenclature", lambda text: text.replace("Bridge span structure", "Bridge span"))
    code, found = preview()
    assert (code, found["topics"]) == (0, ["t.in.new.orders"])
    assert "t.in.new.orders" in call(core, "publish", "--dry-run").output
    assert ("ITEM", "bridge-span", "changed") in [tuple(change.values())[:3] for change in found["changes"]]


def test_nothing_is_read_of_orders_where_nobody_leaves(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impact, "Orders", None)
    edit(files, "nomenclature", lambda text: text.replace("Bridge span structure", "Bridge span"))
    assert preview()[0] == 0


def test_what_is_older_than_what_is_published_is_refused_in_the_preview_too(files: Path, hub: Hub) -> None:
    record = entries.record(replace(entries.entries(MASTER)[-1], version=9))
    hub.put("hub.masterdata", "PUBLICATION|publication", "MasterDataEntry", record)
    assert call(core, "publish", "--dry-run").exit_code == 4


# what hub.events tells


def said(**changes: Any) -> Mapping[str, Any]:
    return {"plant_order_id": f"{KEY}/1.1.1", "plant": "oemz", "document_status": "ACTIVE", **changes}


STATUS = {"role": "buyer", "buyer": BUYER, "state": "PLANNED"}
OEMZ = Leaving(members=("oemz",))


def concerned(*told: tuple[str, Mapping[str, Any]], shadow: bool = False) -> list[Concern]:
    orders = Orders()
    for subject, value in told:
        orders.take(KEY, decoded(Subject(subject), value), shadow=shadow)
    return orders.concerned(OEMZ)


def test_only_what_still_stands_at_the_member_counts() -> None:
    assert concerned(("OrderStatus", STATUS), ("PlantOrder", said()))[0].plant_orders == (f"{KEY}/1.1.1",)
    answer = {"plant_order_id": f"{KEY}/1.1.1", "response_code": "RE"}
    assert concerned(("OrderStatus", STATUS), ("PlantOrder", said()), ("OrderResponse", answer)) == []
    cancelled = said(document_status="CANCELLED")
    assert concerned(("OrderStatus", STATUS), ("PlantOrder", said()), ("PlantOrder", cancelled)) == []
    assert concerned(("OrderStatus", STATUS), ("PlantOrder", said()), shadow=True) == []
    assert concerned(("PlantOrder", said()), ("OrderStatus", {**STATUS, "state": "CANCELLED"})) == []


def test_who_pays_uses_or_receives_is_named_as_well() -> None:
    for role in ("payer", "user", "consignee"):
        value = {"buyer": BUYER, "payer": None, "user": None, "consignee": None, role: "oemz"}
        (found,) = concerned(("Order", value), ("OrderStatus", STATUS))
        assert found.orders == (KEY,)


def test_a_renamed_member_leaves_under_its_old_id() -> None:
    known = {entry.place: entry for entry in entries.entries(MASTER)}
    oemz = MASTER.members.by_id["oemz"]
    members = [m if m is not oemz else m.model_copy(update={"id": "oemz-2"}) for m in MASTER.members.members]
    renamed = replace(MASTER, members=Members(members=tuple(members)))
    assert leaving(publish.changes(known, renamed)) == OEMZ


# topics


class Admin:
    """Kafka's admin client, as far as topics are created."""

    def __init__(self, codes: Mapping[str, int], existing: list[str]) -> None:
        self.codes, self.existing, self.created = codes, existing, list[str]()

    def describe_topics(self, names: list[str]) -> list[Any]:
        """Describe these; one that does not exist has an error and no partition."""
        codes = {name: 0 if name in self.existing else UnknownTopicOrPartitionError.errno for name in names}
        return [{"name": name, "error_code": code, "partitions": [] if code else [0]} for name, code in codes.items()]

    def create_topics(self, wanted: Mapping[str, Any], **_how: Any) -> Any:
        self.created += wanted
        return {"topics": [{"name": name, "error_code": self.codes.get(name, 0)} for name in wanted]}

    def wait_for_topics(self, names: list[str], **_how: Any) -> None:
        assert set(names) <= set(self.created)

    def close(self) -> None:
        pass


ONE = Members(members=(MASTER.members.by_id["oemz"],))
SETTINGS = Settings(namespace="t.", kafka_bootstrap="nowhere:1", registry_url="http://nowhere")
NAMES = [spec.name for spec in topics.member_specs(ONE, "t.")]


def installed(monkeypatch: pytest.MonkeyPatch, codes: Mapping[str, int], existing: list[str]) -> Admin:
    found = Admin(codes, existing)
    monkeypatch.setattr(admin, "KafkaAdminClient", lambda **_config: found)
    return found


def test_just_the_members_topics_that_are_missing_are_created(monkeypatch: pytest.MonkeyPatch) -> None:
    kafka = installed(monkeypatch, {}, NAMES[:3])
    assert admin.add_members(SETTINGS, ONE) == NAMES[3:] == kafka.created
    assert admin.missing_of_members(SETTINGS, ONE) == NAMES[3:]


def test_who_creates_the_same_at_the_same_time_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, {NAMES[0]: 36}, [])
    assert admin.add_members(SETTINGS, ONE) == NAMES


@pytest.mark.parametrize("code", [29, 31])
def test_an_account_that_may_not_create_them_is_told_what_to_do_and_nothing_is_published(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    installed(monkeypatch, {NAMES[0]: code}, [])
    with pytest.raises(Misconfigured, match=r"may not create them.*kranhub up"):
        admin.add_members(SETTINGS, ONE)
    known = {entry.place: entry for entry in entries.entries(MASTER)}
    monkeypatch.setattr(publish, "_known", lambda _settings, _codec: known)
    raised = replace(MASTER, nomenclature=MASTER.nomenclature.model_copy(update={"version": 2}))
    with pytest.raises(NotPublished, match="may not create them"):
        publish.publish_masterdata(SETTINGS, None, raised)  # type: ignore[arg-type]


def test_any_other_answer_is_kafkas_being_away(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, {NAMES[0]: 7}, [])
    with pytest.raises(Unavailable):
        admin.add_members(SETTINGS, ONE)
