"""The checker of the stream's contract sees each rule broken."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import avro.schema
import pytest

from kranhub.wire import envelope
from kranhub.wire.envelope import Envelope
from tests.support.stream_contract import Checker

URI = "http://127.0.0.1:1/schemas/ids/7"
SCHEMA = {"type": "record", "name": "Tick", "namespace": "kranhub", "fields": [{"name": "n", "type": "int"}]}
VALUE = b"\x00\x00\x00\x00\x07\x02"


def checker() -> Checker:
    return Checker("http://127.0.0.1:1", "t.", {URI: avro.schema.parse(json.dumps(SCHEMA))})


def record(topic: str = "t.out.oemz.orders", key: bytes = b"17", value: bytes | None = VALUE, **head: Any) -> Any:
    about: dict[str, Any] = {"id": "e1", "source": "/kranhub/t/members/oemz", "type": "kranhub.Tick", "subject": "17"}
    about |= {"dataschema": URI, "traceparent": envelope.new_trace("e1"), "data": value is not None, **head}
    headers = envelope.headers(Envelope(**about))
    return SimpleNamespace(topic=topic, partition=0, offset=0, key=key, value=value, headers=headers)


def found(*records: Any) -> list[str]:
    judge = checker()
    return [mistake for one in records for mistake in judge.take(one)]


def test_sound_records_are_in_order() -> None:
    copy = record(topic="t.hub.work", key=b"oemz:17", subject="oemz:17")
    gone = record(topic="t.hub.items", value=None, id="e2")
    assert found(record(), copy, gone, record(key=b"", subject=None, id="e3")) == []


def without(name: str) -> Callable[[Any], None]:
    def change(one: Any) -> None:
        one.headers = [header for header in one.headers if header[0] != name]

    return change


@pytest.mark.parametrize(
    "broken",
    [
        record(source="/members/oemz"),
        record(source="/kranhub/other/members/oemz"),
        record(source="/kranhub/t/members/zmk-most"),
        record(subject="18"),
        record(subject=None),
        record(traceparent="00-abc-def-01"),
        record(traceparent=None),
        record(dataschema=None),
        record(dataschema="http://127.0.0.1:1/schemas/ids/8"),
        record(type="kranhub.Order"),
        record(value=VALUE + b"\x00"),
        record(value=VALUE[1:]),
        record(value=None, data=True),
    ],
)
def test_a_broken_rule_is_seen(broken: Any) -> None:
    assert found(broken) != []


@pytest.mark.parametrize("name", ["content-type", "ce_id", "ce_source", "ce_type", "ce_specversion", "ce_dataschema"])
def test_a_missing_header_is_seen(name: str) -> None:
    one = record()
    without(name)(one)
    assert found(one) != []


def test_two_events_with_one_id_are_seen() -> None:
    assert "another event" in found(record(), record(value=b"\x00\x00\x00\x00\x07\x04"))[0]
    assert "another event" in found(record(), record(value=None))[0]
