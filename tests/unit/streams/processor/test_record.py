"""What the core takes of a message: keys with their bytes, headers where they can be read, and whose clock counts."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub import identifiers
from kranhub.wire import envelope
from streams.processor import Context, Document, Outputs, Record
from tests.support.batches import TIME_MS, WORK, batch, record, sent_records

STAMP = [("ce_recordedtime", b"2031-01-01T00:00:00Z")]
BROKERS = datetime.fromtimestamp(TIME_MS / 1000, UTC)
OUT = "t.out.sibir-terminal.orders"


ANY: Any = "Any"
"""No record of the shared language."""


class Message:
    """A message as confluent-kafka gives it."""

    def __init__(self, key: bytes | None = b"k", headers: Callable[[], Any] = lambda: None) -> None:
        self.headers, self._key = headers, key

    def key(self) -> bytes | None:
        return self._key

    def topic(self) -> str:
        return WORK

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return 7

    def value(self) -> bytes:
        return b"v"

    def timestamp(self) -> tuple[int, int]:
        return (2, TIME_MS)


def of(message: Any) -> Record:
    return Record.of(message)


def test_headers_that_cannot_be_read_are_no_error_yet() -> None:
    def unreadable() -> Any:
        raise SystemError("<method 'headers'> returned a result with an exception set")

    found = of(Message(headers=unreadable))
    assert (found.readable, found.headers, found.envelope.id, found.offset) == (False, [], "", 7)
    assert of(Message(headers=lambda: STAMP)).readable


@given(st.binary(), st.binary())
def test_different_keys_stay_different_and_keep_their_bytes(first: bytes, second: bytes) -> None:
    keys = [of(Message(key)).key for key in (first, second)]
    assert (keys[0] == keys[1]) == (first == second)
    made = batch(lambda record, state, outputs, ctx: outputs.send(WORK, record.key, Document(ANY, b"v", "x")))
    made.process([record(key=key) for key in keys])
    assert [one.key for one in sent_records(made)] == [first, second]


@given(st.binary())
def test_an_order_key_can_be_guessed_from_any_key(key: bytes) -> None:
    guessed = identifiers.order_key("oemz", of(Message(key)).key)
    assert guessed.encode("utf-8", "surrogateescape") == b"oemz:" + key


@pytest.mark.parametrize("milliseconds", [-1, -(2**63), 2**63 - 1])
def test_any_time_of_a_record_is_a_time(milliseconds: int) -> None:
    assert Record(WORK, 0, 0, "k", b"", None, milliseconds).timestamp.tzinfo is UTC


@pytest.mark.parametrize(
    ("topic", "time"),
    [
        (WORK, datetime(2031, 1, 1, tzinfo=UTC)),
        (OUT, BROKERS),
        ("t.out.hub.orders", BROKERS),
        ("other.hub.work", BROKERS),
    ],
)
def test_a_stamp_counts_only_where_the_hub_wrote_it(topic: str, time: datetime) -> None:
    def tell(record: Record, state: Any, outputs: Outputs, ctx: Context) -> None:
        outputs.send(WORK, "k", Document(ANY, ctx.time.isoformat().encode(), "x"))

    made = batch(tell, changelog=None)
    made.process([record(topic=topic, headers=STAMP)])
    (output,) = sent_records(made)
    assert output.value == time.isoformat().encode()
    assert envelope.read(output.headers).recorded == time


@pytest.mark.parametrize("name", ["ce_recordedtime", "ce_time"])
@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00", "2026-01-01", "noon", ""])
def test_a_time_that_utc_cannot_hold_is_no_time(name: str, text: str) -> None:
    found = envelope.read([(name, text.encode())])
    assert (found.time, found.recorded) == (None, None)


def test_times_are_read_in_utc() -> None:
    time = envelope.read([("ce_time", b"2026-01-01T06:00:00+06:00")]).time
    assert time == datetime(2026, 1, 1, tzinfo=UTC)
    assert time.tzinfo is UTC


PARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([("traceparent", PARENT), ("tracestate", b"a=1")], ["traceparent", "tracestate"]),
        ([("traceparent", PARENT), ("tracestate", b"a" * 513)], ["traceparent"]),
        ([("traceparent", b"0" * 513), ("tracestate", b"a=1")], []),
        ([("tracestate", b"a=1")], []),
    ],
)
def test_the_trace_state_goes_with_its_parent(given: list[tuple[str, bytes]], kept: list[str]) -> None:
    headers = envelope.headers(envelope.read(given))
    assert [name for name, _ in headers if name.startswith("trace")] == kept
