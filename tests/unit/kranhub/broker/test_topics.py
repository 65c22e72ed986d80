"""Topics follow from the members file, with the design's settings."""

import re
from pathlib import Path

import pytest

from kranhub.broker import admin, topics
from kranhub.errors import Misconfigured
from kranhub.parties import members
from kranhub.wire import dead_letter

SPECS = {spec.name: spec for spec in topics.specs(members.load(Path("deploy/members/omsk.yaml")), "t.")}


def test_every_member_writes_its_own_and_reads_what_is_addressed_to_it() -> None:
    orders = SPECS["t.out.sibir-terminal.orders"]
    assert (orders.writers, orders.readers) == (frozenset({"sibir-terminal"}), frozenset({"hub"}))
    statuses = SPECS["t.in.sibir-terminal.statuses"]
    assert (statuses.writers, statuses.readers) == (frozenset({"hub"}), frozenset({"sibir-terminal"}))


def test_retention_and_cleanup_are_the_designs() -> None:
    day = 86_400_000
    assert SPECS["t.out.oemz.orders"].config["retention.ms"] == str(400 * day)
    assert SPECS["t.out.oemz.inventory"].config["retention.ms"] == str(30 * day)
    assert SPECS["t.hub.work"].config["retention.ms"] == str(30 * day)
    assert SPECS["t.out.oemz.checkpoints"].config["cleanup.policy"] == "compact"
    for name in ("t.hub.dead-letters", "t.out.oemz.dead-letters"):
        assert int(SPECS[name].config["max.message.bytes"]) > dead_letter.MAX_RECORD
    assert {spec.config["message.timestamp.type"] for spec in SPECS.values()} == {"LogAppendTime"}


def test_a_changelog_has_as_many_partitions_as_its_input() -> None:
    assert SPECS["t.hub.planner-changelog"].partitions == SPECS["t.hub.work"].partitions == 6
    assert SPECS["t.hub.allocator-changelog"].partitions == SPECS["t.hub.allocation"].partitions == 6


def test_master_data_are_one_ordered_log_and_everybody_reads_items_and_calendars() -> None:
    names = ("masterdata", "items", "parties", "boms", "calendars", "rules", "rates", "masterdata-changelog")
    for name in names:
        spec = SPECS[f"t.hub.{name}"]
        assert (spec.partitions, spec.config["cleanup.policy"]) == (1, "compact")
    public = {name for name in names if SPECS[f"t.hub.{name}"].readers == frozenset({"*"})}
    assert public == {"items", "parties", "calendars"}


def test_the_audit_is_kept_for_400_days() -> None:
    assert SPECS["t.hub.audit"].partitions == 6
    assert SPECS["t.hub.audit"].config["retention.ms"] == str(400 * 86_400_000)


def test_ingest_reads_every_kind_of_document_but_dead_letters() -> None:
    pattern = re.compile(topics.out_pattern("t."))
    kinds = {name.rpartition(".")[2] for name in SPECS if pattern.fullmatch(name)}
    assert kinds == set(topics.OUT_KINDS) - {"dead-letters"}
    assert {"disruptions", "items"} <= kinds


def test_the_owner_comes_from_the_topics_name() -> None:
    assert topics.owner("t.", "t.out.zmk-most.orders") == "zmk-most"


def test_more_workers_need_more_partitions() -> None:
    wide = topics.specs(members.load(Path("deploy/members/omsk.yaml")), "t.", work_partitions=24)
    counts = {spec.name: spec.partitions for spec in wide}
    names = ("work", "allocation", "planner-changelog", "allocator-changelog", "dispatch-changelog")
    assert [counts[f"t.hub.{name}"] for name in names] == [24] * 5


def test_a_topic_with_another_number_of_partitions_is_refused_by_name() -> None:
    as_designed = {name: spec.partitions for name, spec in SPECS.items()}
    admin.refuse_differences(list(SPECS.values()), as_designed)
    admin.refuse_differences(list(SPECS.values()), {})
    with pytest.raises(Misconfigured, match=r"t\.hub\.work \(24, not 6\)\."):
        admin.refuse_differences(list(SPECS.values()), {**as_designed, "t.hub.work": 24})
