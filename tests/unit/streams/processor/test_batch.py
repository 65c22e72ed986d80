"""A batch isolates one record's trouble, whatever it is; only what is no record's fault ends it."""

from collections.abc import Iterator
from typing import Any

import pytest

from kranhub.errors import DocumentCode, Failed, InvalidDocument, Misconfigured, Unavailable
from kranhub.text import Text
from kranhub.wire import dead_letter
from kranhub.wire.messages import Subject
from streams.processor import Context, Document, Outputs, Record, State
from streams.processor import batch as module
from streams.processor.batch_size import ENOUGH_S
from streams.processor.outputs import MAX_BYTES
from streams.processor.state.store import Store
from tests.support import batches
from tests.support.batches import LETTERS, WORK, Process, batch, quiet, record, sent_records
from tests.support.refusals import Refusal

__all__ = ["quiet"]

WORDS = Text(en="no", ru="нет")


ANY: Any = "Any"
"""No record of the shared language."""

UNFIT: Any = {"time": "noon"}


def counted(then: Process) -> Process:
    """Count the key's records in the state and say so; then do more with the record that is called bad."""

    def process(record: Record, state: State, outputs: Outputs, ctx: Context) -> Any:
        count = int(state.get("count") or b"0") + 1
        state.put("count", b"%d" % count)
        outputs.forward(WORK, record.key.encode("utf-8", "surrogateescape"), b"%d" % count)
        return then(record, state, outputs, ctx) if record.key == "bad" else None

    return process


def isolated(then: Process) -> Any:
    """Process a good, a bad and a good record; return the bad one's only letter."""
    store = Store()
    made = batch(counted(then), store)
    assert made.process([record(0, "a"), record(1, "bad"), record(2, "b")]) == 3
    assert [(one.key, one.value) for one in sent_records(made)] == [(b"a", b"1"), (b"b", b"2")]
    made.commit()
    assert store.values == {"count": b"2"}
    (letter,) = batches.dead_letters(made)
    assert [one["dead_letter_id"] for one in batches.dead_letters(made, batches.EVENTS)] == [letter["dead_letter_id"]]
    assert (letter["offset"], letter["original"], made.dead_letters.total()) == (1, b"v", 1)
    return letter


def raising(error: BaseException) -> Process:
    def process(*_: Any, **__: Any) -> None:
        raise error

    return process


async def asynchronous(*_: Any) -> None:
    """Never runs."""


def generating(record: Record, state: State, outputs: Outputs, ctx: Context) -> Iterator[int]:
    outputs.forward(WORK, b"never", b"runs")
    yield 1


DEFECTS: dict[str, Process] = {
    "an exception": raising(ZeroDivisionError("x")),
    "an exit": raising(SystemExit(0)),
    "a generator's end": raising(GeneratorExit()),
    "a generator": generating,
    "a coroutine": asynchronous,
    "a value": lambda *_: [1],
    "a state of text": lambda r, state, outputs, c: state.put("s", "text"),
    "a state's key of bytes": lambda r, state, outputs, c: state.put(b"s", b"x"),
    "a state's key with half a character": lambda r, state, outputs, c: state.put("\ud800", b"x"),
    "a state's key with two spellings": lambda r, state, outputs, c: state.put("\udcd0\udcb0", b"x"),
    "a forgotten key that is a number": lambda r, state, outputs, c: state.delete(7),
    "a forgotten key with half a character": lambda r, state, outputs, c: state.delete("\ud800"),
    "a forwarded key of text": lambda r, s, o, c: o.forward(WORK, "k", b"v"),
    "a forwarded value of text": lambda r, s, o, c: o.forward(WORK, b"k", "v"),
    "a forwarded view of bytes": lambda r, s, o, c: o.forward(WORK, b"k", memoryview(b"v")),
    "a header of text": lambda r, s, o, c: o.forward(WORK, b"k", b"v", [("h", "ü")]),
    "a header without a value": lambda r, s, o, c: o.send(WORK, "k", Document(ANY, b"v", "x"), [("h", None)]),
    "a header's name of bytes": lambda r, s, o, c: o.forward(WORK, b"k", b"v", [(b"h", b"v")]),
    "a sent key of bytes": lambda r, s, o, c: o.send(WORK, b"k", Document(ANY, b"v", "x")),
    "a sent key with half a character": lambda r, s, o, c: o.send(WORK, "\ud800", Document(ANY, b"v", "x")),
    "an id that is a number": lambda r, s, o, c: o.send(WORK, "k", Document(ANY, b"v", 7)),  # type: ignore[arg-type]
    "a topic that is nothing": lambda r, s, o, c: o.forward(None, b"k", b"v"),
    "a code that is nothing": raising(InvalidDocument(None, WORDS)),  # type: ignore[arg-type]
    "words with half a character": raising(InvalidDocument(Refusal.X, Text(en="\ud800", ru="\ud800"))),
}


@pytest.mark.parametrize("what", [name for name in DEFECTS if not name.startswith(("a code", "words"))])
def test_a_defect_is_one_records_only(what: str) -> None:
    assert isolated(DEFECTS[what])["code"] == "defect"


@pytest.mark.parametrize(("what", "code"), [("a code that is nothing", "None"), ("words with half a character", "x")])
def test_a_refusal_that_cannot_be_said_becomes_a_brief_letter(what: str, code: str) -> None:
    letter = isolated(DEFECTS[what])
    assert (letter["code"], letter["event_id"]) == (code, f"{WORK}/0/1")
    assert set(letter["reason"]) == {"en", "ru"}


def test_a_refusal_keeps_its_code() -> None:
    letter = isolated(raising(InvalidDocument(Refusal.NO_GOOD, WORDS)))
    assert (letter["code"], letter["reason"]) == ("no-good", {"en": "no", "ru": "нет"})


def test_a_letter_that_fails_unforeseen_is_brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letter, "build", raising(OverflowError("date value out of range")))
    assert isolated(raising(InvalidDocument(Refusal.NO_GOOD, WORDS)))["code"] == "no-good"


LARGE = b"x" * (MAX_BYTES + 1)
HALF = b"x" * (MAX_BYTES // 2)
TOO_LARGE: dict[str, Process] = {
    "state": lambda r, state, o, c: state.put("s", LARGE),
    "state with its key": lambda r, state, o, c: state.put("ы" * 300_000, HALF),
    "a forgotten key": lambda r, state, o, c: state.delete("s" * (MAX_BYTES + 1)),
    "a value": lambda r, s, o, c: o.forward(WORK, b"k", LARGE),
    "a key and a value": lambda r, s, o, c: o.forward(WORK, HALF, HALF + b"x"),
    "a key alone": lambda r, s, o, c: o.forward(WORK, LARGE, None),
    "a header and a value": lambda r, s, o, c: o.forward(WORK, b"k", HALF, [("h", HALF)]),
    "very many headers": lambda r, s, o, c: o.forward(WORK, b"k", b"", [("", b"")] * 500_000),
    "a document": lambda r, s, o, c: o.send(WORK, "k", Document(ANY, LARGE, "x")),
    "a document with its key": lambda r, s, o, c: o.send(WORK, "k" * 500_000, Document(ANY, HALF, "x")),
    "a document with its id": lambda r, s, o, c: o.send(WORK, "k", Document(ANY, HALF, "x" * 500_000)),
    "a document with its header": lambda r, s, o, c: o.send(WORK, "k", Document(ANY, HALF, "x"), [("h", HALF)]),
}


@pytest.mark.parametrize("what", TOO_LARGE)
def test_what_no_topic_takes_is_one_records_only(what: str) -> None:
    assert isolated(TOO_LARGE[what])["code"] == "too-large"


def test_state_that_just_fits_is_kept() -> None:
    store = Store()
    made = batch(lambda r, state, o, c: state.put("ы" * 1000, b"x" * (MAX_BYTES - 2002)), store)
    made.process([record()])
    assert (made.dead_letters.total(), max(len(one.key) + len(one.value or b"") for one in made.changes())) == (
        0,
        MAX_BYTES,
    )


def send(r: Record, s: State, outputs: Outputs, c: Context) -> None:
    outputs.send("t.nowhere", "k", Document(ANY, b"v", "x"))


@pytest.mark.parametrize(
    "process",
    [
        lambda r, s, o, c: o.forward("t.nowhere", b"k", b"v"),
        lambda r, s, o, c: o.broadcast("t.nowhere", Document(ANY, b"v", "x")),
        send,
    ],
)
def test_a_topic_that_does_not_exist_is_named_in_the_letter(process: Process) -> None:
    letter = isolated(process)
    assert letter["code"] == "unknown-topic"
    assert all("t.nowhere" in words for words in letter["reason"].values())


def test_a_topic_without_partitions_takes_nothing_without_a_word() -> None:
    def tick(record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
        outputs.broadcast(WORK, Document(ANY, b"v", "x"))

    made = batch(tick, count=lambda topic: 0 if topic == WORK else 1)
    made.process([record()])
    assert [letter["code"] for letter in batches.dead_letters(made)] == ["unknown-topic"]


def test_each_topic_is_asked_for_once() -> None:
    asked: list[str] = []

    def count(topic: str) -> int:
        asked.append(topic)
        return batches.partitions(topic)

    made = batch(counted(send), count=count)
    made.process([record(number, key) for number, key in enumerate(["a", "bad", "b", "bad"])])
    assert sorted(asked) == ["t.hub.dead-letters", "t.hub.events", WORK, "t.nowhere"]


@pytest.mark.parametrize("missing", [LETTERS, batches.EVENTS])
def test_without_a_topic_for_letters_the_stage_ends_and_names_it(missing: str) -> None:
    def count(topic: str) -> int:
        if topic == missing:
            raise Misconfigured(WORDS)
        return 1

    with pytest.raises(Failed, match=missing):
        batch(raising(InvalidDocument(Refusal.X, WORDS)), count=count).process([record()])


@pytest.mark.parametrize("error", [MemoryError(), KeyboardInterrupt(), Unavailable(WORDS), Misconfigured(WORDS)])
def test_what_is_no_records_fault_ends_the_batch(error: BaseException) -> None:
    made = batch(raising(error))
    with pytest.raises(type(error)):
        made.process([record()])
    assert (made.offsets, made.dead_letters) == ({}, {})


@pytest.mark.parametrize("error", [MemoryError(), Unavailable(WORDS)])
def test_a_letter_hides_nothing_that_is_no_records_fault(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letter, "build", raising(error))
    with pytest.raises(type(error)):
        batch(raising(InvalidDocument(Refusal.X, WORDS))).process([record()])


def test_a_record_without_readable_headers_is_a_letter() -> None:
    bad = record(1, "bad")
    bad.readable = False
    made = batch(counted(lambda *_: None))
    made.process([record(0, "a"), bad, record(2, "b")])
    assert [one.value for one in sent_records(made)] == [b"1", b"2"]
    assert [one["code"] for one in batches.dead_letters(made)] == ["unreadable-headers"]


def test_a_batch_that_has_taken_long_enough_stops_early(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(module, "monotonic", lambda: next(clock))
    made = batch(counted(lambda *_: None))
    assert made.process([record(number) for number in range(10)], ENOUGH_S) == 3
    assert made.offsets == {(WORK, 0): 3}
    assert len(made.outputs) == 3


def test_a_batch_without_a_limit_takes_all(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 100_000, 100))
    monkeypatch.setattr(module, "monotonic", lambda: next(clock))
    assert batch(counted(lambda *_: None)).process([record(number) for number in range(10)]) == 10


def test_a_wrong_output_is_the_hubs_defect_and_no_connectors() -> None:
    letter = isolated(lambda r, s, o, c: o.send(WORK, "k", Document(Subject.TICK, UNFIT, "x")))
    assert letter["code"] == "schema-mismatch"
    assert "stage planner made a Tick" in letter["reason"]["en"]
    assert "mapping" not in letter["reason"]["en"]
    assert "ошибка в самом центре" in letter["reason"]["ru"]


def test_dead_letters_are_counted_by_code_whoever_writes_them_and_only_those_that_stay() -> None:
    def process(record: Record, _state: State, outputs: Outputs, _ctx: Context) -> None:
        if record.key in ("stage", "both"):
            outputs.dead_letter(InvalidDocument(DocumentCode.UNMAPPED_ITEM, WORDS))
        if record.key in ("raised", "both"):
            raise InvalidDocument(Refusal.TOO_LONG, WORDS)

    made = batch(process, Store())
    made.process([record(0, "stage"), record(1, "fine"), record(2, "raised"), record(3, "both")])
    assert made.dead_letters == {"unmapped-item": 1, "too-long": 2}
    assert len(batches.dead_letters(made)) == made.dead_letters.total()
