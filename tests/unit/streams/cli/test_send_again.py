"""`kranhub send-again`: letters, documents and what was refused since a time, byte by byte under their own ids."""

import json
from datetime import timedelta
from typing import Any

import pytest

from kranhub.errors import DocumentCode
from kranhub.settings import Settings
from kranhub.wire import dead_letter
from kranhub.wire.dead_letter import Original
from kranhub.wire.messages import Subject
from streams.cli.send_again import send_again
from streams.processor import Context, Record
from streams.processor.kafka import clients
from streams.processor.outputs import Document, Outputs
from streams.stages.ingest import Ingest
from tests.support import batches
from tests.support.batches import CODEC
from tests.support.decisions import party
from tests.support.order_lines import MOTORS
from tests.support.placed_orders import placed
from tests.support.plants import BUYER, full_response
from tests.support.terminal import NOW, Hub, call, hub
from tools.harness.core import order, response

__all__ = ["hub"]

ORDERS = f"out.{BUYER}.orders"
EVENT = f"{BUYER}/Order/17/0/1"


@pytest.fixture
def known(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    for member in (BUYER, "oemz"):
        hub.put("hub.parties", member, "Party", party(member, member, member))
    monkeypatch.setattr(clients, "Producer", hub.producer)
    return hub


def record(value: Any, event_id: str = EVENT, offset: int = 0, subject: str = "Order") -> Record:
    """A record as a member wrote it, with a header of its own that comes twice."""
    head = [("ce_id", event_id.encode()), ("ce_type", f"kranhub.{subject}".encode()), ("note", b"a"), ("note", b"b")]
    kind = {"Order": ORDERS, "OrderResponse": "out.oemz.responses"}[subject]
    key = value["order_id"] if subject == "Order" else value["plant_order_id"]
    return batches.record(offset, key, CODEC.encode(Subject(subject), value), f"t.{kind}", head)


def refuse(hub: Hub, of: Record, at: Any = NOW, code: str = "defect") -> str:
    """Let the record be refused; return the letter's id."""
    original = Original(of.value or b"", of.key, of.envelope.id, of.location, of.headers)
    letter = dead_letter.build(
        original, DocumentCode(code), {"en": "No."}, stage="ingest", member=BUYER, at=of.timestamp
    )
    hub.put("hub.dead-letters", letter["key"], "DeadLetter", letter, at)
    return str(letter["dead_letter_id"])


def preview(*words: str) -> Any:
    shown = call(send_again, *words, "-o", "json")
    assert shown.exit_code == 0, shown.exception
    found: Any = json.loads(shown.output)
    return found


def test_a_letter_is_shown_first_and_then_written_as_it_came(known: Hub) -> None:
    came = record(order("17"))
    letter = refuse(known, came)
    found = preview(letter)
    assert (found["sent"], found["count"], known.written) == (False, 1, [])
    assert found["records"] == [
        {
            "topic": f"t.{ORDERS}",
            "key": "17",
            "event_id": EVENT,
            "type": "kranhub.Order",
            "letter": letter,
            "code": "defect",
        }
    ]
    assert preview(letter, "--yes")["sent"] is True
    (written,) = known.written
    assert (written.topic, written.key, written.partition, written.data) == (ORDERS, "17", 0, came.value)
    assert (written.envelope.id, written.envelope.recorded) == (EVENT, None)


def test_the_headers_come_back_under_their_own_names(known: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[Any] = []
    produce = known.produce

    def noting(*given: Any, **named: Any) -> None:
        heads.extend(named["headers"])
        produce(*given, **named)

    monkeypatch.setattr(known, "produce", noting)
    call(send_again, refuse(known, record(order("17"))), "--yes")
    assert [pair for pair in heads if pair[0] == "note"] == [("note", b"a"), ("note", b"b")]


def test_what_is_sent_again_is_taken_by_the_stage_that_refused_it(known: Hub) -> None:
    call(send_again, refuse(known, record(order("17"))), "--yes")
    (written,) = known.written
    again = batches.record(
        1, written.key, written.data, f"t.{written.topic}", [("ce_id", written.envelope.id.encode())]
    )
    of = batches.batch(Ingest(Settings(namespace="t."), CODEC))
    of.process([again])
    assert batches.dead_letters(of) == []
    assert {one.topic for one in batches.sent_records(of)} == {"t.hub.work", "t.hub.events"}


def test_a_plants_answer_is_sent_again_unless_a_newer_one_has_come(known: Hub) -> None:
    (asked,) = placed(MOTORS).delivered("oemz")
    event = "oemz/OrderResponse/P-1/0/1"
    letter = refuse(known, record(full_response(asked, "AP", NOW), event, subject="OrderResponse"))
    assert preview(letter)["count"] == 1
    known.put("out.oemz.responses", asked["plant_order_id"], "OrderResponse", response(asked))
    assert preview(letter)["count"] == 1  # of another document
    newer = known.topics["out.oemz.responses"][0]
    about = newer.envelope
    known.topics["out.oemz.responses"].append(
        type(newer)(
            newer.topic,
            0,
            1,
            newer.timestamp,
            newer.key,
            type(about)("oemz/OrderResponse/P-1/0/2", about.source, about.type),
            newer.subject,
            newer.value,
            newer.raw,
        )
    )
    shown = call(send_again, letter, "--yes")
    assert (shown.exit_code, known.written) == (4, [])
    assert "newer version of oemz/OrderResponse/P-1" in str(shown.exception)


def test_a_letter_that_holds_only_a_part_is_refused(known: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letter, "MAX_ORIGINAL", 10)
    shown = call(send_again, refuse(known, record(order("17"))), "--yes")
    assert (shown.exit_code, known.written) == (4, [])
    assert f"t.{ORDERS}/0/0" in str(shown.exception)


@pytest.mark.parametrize(("key", "value"), [("k" * 70_000, b"v"), ("\udcff", b"v"), ("k", b"")])
def test_so_is_one_whose_key_was_cut_or_is_no_text_and_one_of_an_empty_record(
    known: Hub, key: str, value: bytes
) -> None:
    head = [("ce_id", EVENT.encode()), ("ce_type", b"kranhub.Order")]
    shown = call(send_again, refuse(known, batches.record(0, key, value, f"t.{ORDERS}", head)), "--yes")
    assert (shown.exit_code, known.written) == (4, [])


def test_a_connectors_letter_is_no_record(known: Hub) -> None:
    original = Original(b"{}", "17", EVENT)
    letter = dead_letter.build(original, DocumentCode.DEFECT, {"en": "No."}, stage="source", member=BUYER, at=NOW)
    known.put(f"out.{BUYER}.dead-letters", "17", "DeadLetter", letter)
    shown = call(send_again, letter["dead_letter_id"], lang="en")
    assert (shown.exit_code, "Correct it in the ERP" in str(shown.exception)) == (4, True)


def test_an_unknown_letter_or_document_is_said(known: Hub) -> None:
    assert "no dead letter nonsense" in str(call(send_again, "nonsense").exception)
    assert call(send_again, "nonsense").exit_code == 1
    known.put(ORDERS, "17", "Order", order("17"))
    assert call(send_again, "--document", f"{BUYER}/Order/18").exit_code == 1
    assert call(send_again, "--document", "17").exit_code == 2
    assert call(send_again).exit_code == 2
    assert call(send_again, "x", "--since", "2026-11-24").exit_code == 2
    assert call(send_again, "--since", "yesterday").exit_code == 2


def test_since_a_time_all_that_was_refused_goes_each_record_once_in_its_order(known: Hub) -> None:
    refuse(known, record(order("16"), f"{BUYER}/Order/16/0/1"), NOW - timedelta(hours=1))
    refuse(known, record(order("18"), f"{BUYER}/Order/18/0/1", 5), code="bad-currency")
    for at in (NOW, NOW + timedelta(minutes=1)):
        refuse(known, record(order("17"), offset=3), at)
    known.put(ORDERS, "16", "Order", order("16"))
    since = ("--since", NOW.isoformat())
    assert [one["key"] for one in preview(*since)["records"]] == ["17", "18"]
    assert [one["key"] for one in preview(*since, "--code", "bad-currency")["records"]] == ["18"]
    assert preview(*since, "--member", "oemz")["records"] == []
    assert "Будет отправлено повторно: 2" in call(send_again, *since, lang="ru").output
    assert preview(*since, "--yes")["count"] == 2
    assert [written.key for written in known.written] == ["17", "18"]


def test_a_document_is_its_newest_version(known: Hub) -> None:
    for revision in (0, 1):
        known.put(ORDERS, "17", "Order", order("17", revision=revision))
    known.put(ORDERS, "18", "Order", order("18"))
    assert preview("--document", f"{BUYER}/Order/17", "--yes")["count"] == 1
    assert [written.value["revision"] for written in known.written] == [1]


def test_all_documents_since_a_time_are_their_newest_versions(known: Hub) -> None:
    for number, at in (("16", NOW - timedelta(hours=1)), ("17", NOW), ("17", NOW + timedelta(minutes=1)), ("18", NOW)):
        known.put(ORDERS, number, "Order", order(number), at)
    found = preview("--since", NOW.isoformat(), "--documents")
    assert [(one["key"], one["event_id"]) for one in found["records"]] == [("17", f"{ORDERS}/2"), ("18", f"{ORDERS}/3")]
    assert preview("--since", NOW.isoformat(), "--documents", "--member", "oemz")["count"] == 0
    assert call(send_again, "x", "--documents").exit_code == 2


def test_the_letters_of_the_hubs_own_mistakes_name_the_command() -> None:
    of = batches.batch(_nowhere)
    of.process([batches.record()])
    (letter,) = batches.dead_letters(of)
    assert all("kranhub send-again" in letter["reason"][language] for language in ("en", "ru"))


def _nowhere(_record: Record, _state: Any, outputs: Outputs, _ctx: Context) -> None:
    outputs.send("t.nowhere", "k", Document(Subject.ORDER, b"v", "e"))
