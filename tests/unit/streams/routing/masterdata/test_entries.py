"""Entries and back: nothing of the master data is lost on the way, and nothing personal goes on it."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.wire.codec import Codec
from kranhub.wire.messages import Subject
from streams.admin.publish import NotPublished, changes
from streams.routing.masterdata import entries
from streams.routing.masterdata.entries import Entry, Kind
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.rules import Rules
from streams.routing.model.copying import replace
from tests.support.batches import CODEC
from tests.support.fields import fields
from tests.support.masterdata import masters, same
from tests.support.omsk import OMSK, bumped, renumbered


@given(masters())
def test_entries_make_up_the_same_master_data(master: MasterData) -> None:
    found = entries.entries(master)
    assert entries.of(found) == master
    assert entries.entries(entries.of(found)) == found
    assert len({entry.place for entry in found}) == len(found)


@given(masters())
def test_what_is_named_stands_before_what_names_it(master: MasterData) -> None:
    order = [list(Kind).index(Kind(entry.kind)) for entry in entries.entries(master)]
    assert order == sorted(order)
    assert order[-1] == list(Kind).index(Kind.PUBLICATION)


@given(masters())
def test_an_entry_survives_its_record(master: MasterData) -> None:
    codec: Codec = CODEC
    for entry in entries.entries(master):
        data = codec.encode(Subject.MASTER_DATA_ENTRY, entries.record(entry))
        assert entries.of_record(fields(codec.decode(data))) == entry


def test_omsk_makes_the_round() -> None:
    assert entries.of(entries.entries(OMSK)).items == OMSK.items
    assert entries.of(entries.entries(OMSK)).calendar("harbin-crane") == OMSK.calendar("harbin-crane")


def test_no_name_or_address_of_a_contact_is_in_an_entry() -> None:
    (first, *_) = [member for member in OMSK.members.members if member.contacts]
    assert all(contact.name != contact.id for contact in first.contacts)
    (entry,) = [entry for entry in entries.entries(OMSK) if entry.place == (Kind.PARTY, first.id)]
    found = json.loads(entry.content or "")["contacts"]
    assert found == [{"id": contact.id, "name": contact.id} for contact in first.contacts]


@pytest.mark.process
def test_every_process_writes_the_same_text() -> None:
    program = (
        "from pathlib import Path; from streams.routing.masterdata import entries, masterdata\n"
        "found = masterdata.load(Path('deploy/members/omsk.yaml'), Path('deploy/nomenclature/omsk.yaml'))\n"
        "print(hash('x'), [entry.content for entry in entries.entries(found)])"
    )
    said = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split(" ", 1)
        for _ in range(2)
    ]
    assert said[0][0] != said[1][0], "the two processes hash alike, so they prove nothing"
    assert said[0][1] == said[1][1]


def test_entries_without_a_publication_are_none() -> None:
    with pytest.raises(ValueError, match="no publication"):
        entries.of(entries.entries(OMSK)[:-1])


def test_a_publication_that_names_what_is_not_there_is_refused() -> None:
    found = [entry for entry in entries.entries(OMSK) if entry.place != (Kind.PARTY, "oemz")]
    with pytest.raises(ValueError, match="oemz"):
        entries.of(found)


def test_a_kind_of_a_newer_release_is_passed_by() -> None:
    assert same(
        entries.of([Entry("WEATHER", "omsk", 1, "{}"), *entries.entries(OMSK)]), entries.of(entries.entries(OMSK))
    )


@given(masters(), masters(), st.booleans())
def test_what_differs_turns_the_one_into_the_other(before: MasterData, after: MasterData, is_first: bool) -> None:
    known = {} if is_first else {entry.place: entry for entry in entries.entries(renumbered(before, 1))}
    wanted = renumbered(after, 2)
    written = changes(known, wanted)
    log = {**known, **{entry.place: entry for entry in written}}
    assert same(entries.of(log.values()), wanted)
    assert written[-1].kind == Kind.PUBLICATION
    assert changes(log, wanted) == []


def test_only_what_differs_is_written() -> None:
    known = {entry.place: entry for entry in entries.entries(OMSK)}
    assert changes(known, OMSK) == []
    (only,) = changes(known, bumped(OMSK, 2))
    assert only.kind == Kind.PUBLICATION


def test_members_mappings_stay_whatever_the_files_say() -> None:
    mapping = entries.mapping("oemz", "EM-NEW", "motor-crane-7kw5", "H87")
    known = {entry.place: entry for entry in [*entries.entries(OMSK), mapping]}
    assert changes(known, OMSK) == []


def test_older_files_are_refused_with_both_versions() -> None:
    known = {entry.place: entry for entry in entries.entries(bumped(OMSK, 7))}
    with pytest.raises(NotPublished, match=r"version 1 .* 7 is published"):
        changes(known, OMSK)


def test_a_rule_that_changes_under_its_version_is_refused() -> None:
    known = {entry.place: entry for entry in entries.entries(OMSK)}
    (*others, last) = OMSK.rules.rules
    changed = Rules(rules=(*others, last.model_copy(update={"maximum_portions": 9})))
    with pytest.raises(NotPublished, match="stock-then-earliest"):
        changes(known, replace(OMSK, rules=changed))
