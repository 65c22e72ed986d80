"""The table of topics in docs/architecture.md is what the hub creates; the tables of records name every record."""

import re
from pathlib import Path
from typing import NamedTuple

from kranhub.broker import topics
from kranhub.broker.topics import DAY_MS, TOMBSTONE_DAYS, TopicSpec
from kranhub.parties import members
from kranhub.wire import schema_files
from kranhub.wire.envelope import CONTENT_TYPE, Envelope, headers
from streams.stages import planner
from streams.stages.support.public_topics import PUBLIC_TOPICS

PARTITIONS = 777
SPECS = {
    re.sub(r"\.(?:oemz)\.", ".<member>.", spec.name): spec
    for spec in topics.specs(members.load(Path("deploy/members/omsk.yaml")), "", work_partitions=PARTITIONS)
    if spec.name.startswith("hub.") or ".oemz." in spec.name
}


class Row(NamedTuple):
    topic: str
    records: str
    key: str
    writers: str
    partitions: str
    kept: str


def rows() -> dict[str, Row]:
    page = Path("docs/architecture.md").read_text(encoding="utf-8")
    table = page.partition("| topic | records |")[2].partition("\n\n")[0].splitlines()[2:]
    found = [Row(*(cell.strip() for cell in line.strip("|").split("|"))) for line in table]
    return {row.topic.strip("`"): row for row in found}


def kept(spec: TopicSpec) -> str:
    if spec.config["cleanup.policy"] == "delete":
        days = int(spec.config["retention.ms"]) // DAY_MS
        return f"{days} day{'s' if days > 1 else ''}"
    deletions = spec.config.get("delete.retention.ms")
    return f"the last of each key; deletions {int(deletions) // DAY_MS} days" if deletions else "the last of each key"


def test_the_table_has_every_topic_with_its_partitions_and_retention_and_no_other() -> None:
    table = rows()
    assert table.keys() == SPECS.keys()
    for name, spec in SPECS.items():
        partitions = "`KRANHUB_WORK_PARTITIONS`" if spec.partitions == PARTITIONS else str(spec.partitions)
        assert (name, table[name].partitions, table[name].kept) == (name, partitions, kept(spec))


def test_the_table_names_the_records_of_every_topic() -> None:
    table = {name: set(row.records.replace(";", ",").replace(", ", ",").split(",")) for name, row in rows().items()}
    wanted: dict[str, set[str]] = {f"out.<member>.{kind}": {*names} for kind, names in topics.OUT_KINDS.items()}
    wanted |= {f"in.<member>.{kind}": {record, "Recovery"} for kind, record in topics.IN_KINDS.items()}
    wanted |= {f"hub.{shelf.topic}": {shelf.subject} for shelf in PUBLIC_TOPICS.values()}
    for name, records in wanted.items():
        assert table[name] == records, name
    for said, names in planner._TOPICS.items():
        for name in names:
            assert said in table[f"hub.{name}"], (name, said)


def test_every_key_and_writer_is_told() -> None:
    assert all(row.key and row.writers for row in rows().values())


def test_every_record_stands_in_the_table_of_the_shared_language() -> None:
    page = Path("schemas/README.md").read_text(encoding="utf-8")
    table = page.partition("| record |")[2].partition("\n\n")[0].splitlines()[2:]
    named = [name for line in table for name in line.split("|")[1].strip().split(", ")]
    assert sorted(named) == sorted(schema_files.load_all())


def test_every_record_has_a_topic_or_is_said_to_have_none() -> None:
    told = " ".join(row.records for row in rows().values())
    without = {record for record in schema_files.load_all() if not re.search(rf"\b{record}\b", told)}
    assert without == {"ServiceRequest"}


def test_both_pages_for_subscribers_name_every_header() -> None:
    full = Envelope("i", "s", "t", None, None, "p", "s", "k", "u")
    for name in ("docs/subscribers.md", "docs/ru/subscribers.md"):
        page = Path(name).read_text(encoding="utf-8")
        assert all(f"`{header}`" in page for header, _ in headers(full))
        assert CONTENT_TYPE in page
        assert f"{TOMBSTONE_DAYS} " in " ".join(page.split())
