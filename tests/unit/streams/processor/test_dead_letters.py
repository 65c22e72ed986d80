"""A dead letter tells all it can of a record, fits its topic, and says what it left out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.errors import InvalidDocument
from kranhub.text import Text
from kranhub.wire import dead_letter
from kranhub.wire.dead_letter import Original
from kranhub.wire.messages import DeadLetter, Subject
from streams.processor import Record
from streams.processor.batch import Batch
from streams.processor.outputs import MAX_BYTES
from tests.support import batches
from tests.support.batches import LETTERS, batch, record
from tests.support.refusals import Refusal

WORDS = Text(en="no", ru="нет")
OUT = "t.out.sibir-terminal.orders"


def refused(words: Text = WORDS, **of: Any) -> Batch:
    def refuse(*_: object) -> None:
        raise InvalidDocument(Refusal.NO_GOOD, words)

    made = batch(refuse, changelog=None)
    made.process([record(topic=OUT, **of)])
    return made


def original(of: Record) -> Original:
    return Original(of.value or b"", of.key, of.envelope.id, of.location, of.headers)


def sizes(made: Batch) -> list[int]:
    return [
        len(one.key) + len(one.value or b"") + sum(len(name) + len(value) for name, value in one.headers or ())
        for one in made.outputs
    ]


HUGE = 1_100_000


@pytest.mark.parametrize(
    "of",
    [
        {"key": "k" * HUGE},
        {"key": "к" * HUGE},
        {"key": "\udcff" * HUGE},
        {"headers": [("x", b"y" * HUGE)]},
        {"headers": [("x" * HUGE, b"y")]},
        {"headers": [("x", b"\xff")] * 300_000},
        {"headers": [("ce_id", b"y" * HUGE), ("traceparent", b"y" * HUGE), ("tracestate", b"y" * HUGE)]},
        {"value": b"x" * 4_900_000},
        {"value": b"x" * 4_900_000, "key": "к" * HUGE, "headers": [("x", b"y"), ("ce_id", b"y" * HUGE)]},
    ],
)
def test_what_is_too_large_is_cut_and_the_reason_says_so(of: dict[str, Any]) -> None:
    made = refused(**of)
    (letter,) = batches.dead_letters(made)
    assert letter["code"] == "no-good"
    assert not dead_letter.is_complete(letter)
    assert letter["reason"]["en"].startswith("no The dead letter ")
    assert letter["reason"]["ru"].startswith("нет Здесь ")
    assert all(words.endswith(f"{OUT}/0/0.") for words in letter["reason"].values())
    whole, copy = sizes(made)
    assert whole <= dead_letter.MAX_RECORD
    assert copy <= MAX_BYTES


def test_words_of_any_length_are_cut() -> None:
    (letter,) = batches.dead_letters(refused(Text(en="x" * HUGE, ru="я" * HUGE)))
    assert letter["reason"] == {"en": "x" * dead_letter.MAX_REASON, "ru": "я" * (dead_letter.MAX_REASON // 2)}


def test_what_fits_is_whole_and_nothing_is_said_of_cuts() -> None:
    whole = b"x" * dead_letter.MAX_ORIGINAL
    (letter,) = batches.dead_letters(refused(value=whole, key="k" * dead_letter.MAX_TEXT))
    assert (letter["original"], len(letter["key"])) == (whole, dead_letter.MAX_TEXT)
    assert letter["reason"] == {"en": "no", "ru": "нет"}
    assert dead_letter.is_complete(letter)
    assert letter["incomplete"] == []


def test_what_does_not_come_back_from_its_text_is_named() -> None:
    def incomplete(**of: Any) -> Any:
        (letter,) = batches.dead_letters(refused(**of))
        return letter["incomplete"]

    assert incomplete(key="\udcff") == ["key"]
    assert incomplete(headers=[("a", b"\xff"), ("b", b"1")]) == ["headers"]
    assert incomplete(key="a\\xff", headers=[("a", b"\\xff")]) == []
    assert incomplete(value=b"x" * (dead_letter.MAX_ORIGINAL + 1)) == ["original"]


def test_a_copy_for_readers_says_that_it_has_no_bytes() -> None:
    (copy,) = batches.dead_letters(refused(), batches.EVENTS)
    assert (copy["original"], copy["incomplete"]) == (b"", ["original"])


def test_a_record_that_is_refused_again_at_another_place_is_another_dead_letter() -> None:
    ids = [batches.dead_letters(refused(offset=offset))[0]["dead_letter_id"] for offset in (1, 1, 2)]
    assert ids[0] == ids[1] != ids[2]


def test_a_document_that_never_reached_kafka_is_named_by_its_event() -> None:
    asked = [Original(b"x" * (dead_letter.MAX_ORIGINAL + 1), "k", event_id) for event_id in ("a", "a", "b")]
    made = [
        dead_letter.build(one, Refusal.X, WORDS.as_map(), stage="source", member="m", at=record().timestamp)
        for one in asked
    ]
    assert made[0] == made[1]
    assert made[0]["dead_letter_id"] != made[2]["dead_letter_id"]
    assert (made[0]["topic"], made[0]["partition"], made[0]["offset"]) == ("", -1, -1)
    assert made[0]["reason"]["en"].endswith("the whole document is in the ERP.")
    assert batches.CODEC.decode(batches.CODEC.encode(Subject.DEAD_LETTER, made[0])).value == made[0]


def test_headers_of_one_name_stay_apart() -> None:
    headers = [("a", b"1"), ("a#2", b"2"), ("a", b"3"), ("a", b"4"), ("b", b"\xff")]
    (letter,) = batches.dead_letters(refused(headers=headers))
    assert letter["headers"] == {"a": "1", "a#2": "2", "a#3": "3", "a#4": "4", "b": "\\xff"}


def test_keys_of_other_bytes_stay_apart() -> None:
    made = [refused(key=key.decode("utf-8", "surrogateescape")) for key in (b"\xff", b"\xfe")]
    assert [one.key for each in made for one in each.outputs] == [b"\xff", b"\xff", b"\xfe", b"\xfe"]
    assert [letter["key"] for each in made for letter in batches.dead_letters(each)] == ["\\xff", "\\xfe"]


def test_the_trace_goes_on() -> None:
    trace = [("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), ("tracestate", b"rojo=1")]
    made = refused(headers=trace)
    assert [[pair for pair in one.headers or () if pair in trace] for one in made.outputs] == [trace, trace]


@given(
    st.binary(max_size=20),
    st.lists(st.tuples(st.text(max_size=3), st.binary(max_size=5))),
    st.binary(max_size=9),
    st.integers(-(2**63), 2**63 - 1),
)
def test_no_record_is_beyond_a_letter(key: bytes, headers: list[tuple[str, bytes]], value: bytes, time: int) -> None:
    found = Record(OUT, 0, 7, key.decode("utf-8", "surrogateescape"), value, headers, time)
    letter = dead_letter.build(
        original(found), Refusal.X, WORDS.as_map(), stage="ingest", member="m", at=found.timestamp
    )
    assert len(letter["headers"]) == len(headers)
    decoded = batches.CODEC.decode_as(DeadLetter, batches.CODEC.encode(Subject.DEAD_LETTER, letter))
    assert (decoded["original"], decoded["offset"], decoded["reason"]) == (value, 7, {"en": "no", "ru": "нет"})


def test_a_letter_names_its_topic() -> None:
    assert [one.topic for one in refused().outputs] == [LETTERS, batches.EVENTS]
