"""Small kernel parts: identifiers, envelope, plain JSON, texts, settings."""

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kranhub import identifiers
from kranhub.errors import Misconfigured
from kranhub.settings import Settings, endpoints
from kranhub.text import Text, language
from kranhub.wire import envelope
from kranhub.wire.envelope import Envelope
from kranhub.wire.plain_json import plain

member_ids = st.from_regex(r"[a-z][a-z0-9-]{1,20}", fullmatch=True)


@given(member_ids, st.text(min_size=1), st.text(min_size=1), st.integers(1, 99), st.integers(1, 99))
@example("irtysh-stroy", "ЗП-12/2026", "1", 1, 1)
@example("irtysh-stroy", "1/1.1.1", "%2F/%25", 1, 1)
def test_a_plant_order_names_its_root_whatever_the_ids_of_order_and_line(
    buyer: str, order_id: str, line_id: str, part: int, attempt: int
) -> None:
    key = identifiers.order_key(buyer, order_id)
    plant_order = identifiers.plant_order_id(key, line_id, str(part), attempt)
    assert identifiers.order_key_of(plant_order) == key
    assert identifiers.order_of(key) == (buyer, order_id)
    line = plant_order.removeprefix(f"{key}/").removesuffix(f".{part}.{attempt}")
    assert identifiers.line_of(line) == line_id
    assert "/" not in line


@pytest.mark.parametrize(
    ("order_id", "line_id", "expected"),
    [
        ("ЗП-12/2026", "1", "irtysh-stroy:ЗП-12/2026/1.1.1"),
        ("100% № 7", "2", "irtysh-stroy:100% № 7/2.1.1"),
        ("17", "1/2", "irtysh-stroy:17/1%2F2.1.1"),
        ("17", "5%", "irtysh-stroy:17/5%25.1.1"),
    ],
)
def test_ids_are_what_people_write(order_id: str, line_id: str, expected: str) -> None:
    plant_order = identifiers.plant_order_id(identifiers.order_key("irtysh-stroy", order_id), line_id, "1", 1)
    assert plant_order == expected
    assert identifiers.is_plant_order_id(plant_order)


@pytest.mark.parametrize("text", ["", "17", "irtysh-stroy:17", "irtysh-stroy:ЗП-12/2026", "Заказ: 4/1.1", "a:b/1.1.1"])
def test_other_references_are_no_plant_orders(text: str) -> None:
    assert not identifiers.is_plant_order_id(text)


moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=6))]))


@given(st.text(min_size=1), moments, st.none() | moments)
def test_the_envelope_survives_the_headers(text: str, time: datetime, recorded: datetime | None) -> None:
    source, trace = envelope.member_source("prod.", "oemz"), envelope.new_trace(text)
    about: dict[str, Any] = {"subject": text, "dataschema": "http://127.0.0.1:8081/schemas/ids/7"}
    sent = Envelope(text, source, "kranhub.Order", time, recorded, trace, **about)
    assert envelope.read(envelope.headers(sent)) == sent
    assert envelope.member_of("prod.", source) == "oemz"
    assert envelope.member_of("test.", source) is None


def test_a_tombstones_headers_say_what_was_deleted_and_that_there_is_no_value() -> None:
    gone = Envelope(
        "hub/Item/7/ITEM/hook", "/kranhub/prod/hub/masterdata", "kranhub.Item", data=False, dataschema="x:1"
    )
    headers = dict(envelope.headers(gone))
    assert headers["ce_type"] == b"kranhub.Item"
    assert not {"content-type", "ce_dataschema"} & headers.keys()


@given(st.text())
def test_a_new_trace_is_valid_and_the_same_for_the_same_seed(seed: str) -> None:
    trace = envelope.new_trace(seed)
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", trace)
    assert envelope.read([("traceparent", trace.encode())]).traceparent == trace == envelope.new_trace(seed)


@pytest.mark.parametrize(
    "text",
    [
        "00-abc-def-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "",
    ],
)
def test_an_invalid_traceparent_is_none(text: str) -> None:
    assert envelope.read([("traceparent", text.encode())]).traceparent is None


def test_a_later_version_of_traceparent_may_say_more() -> None:
    later = "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"
    assert envelope.read([("traceparent", later.encode())]).traceparent == later


@pytest.mark.parametrize(
    ("key", "subject"),
    [(b"", None), ("ЗП-12/2026".encode(), "ЗП-12/2026"), (b"\xff", None), (b"k" * 1025, None)],
)
def test_a_key_that_is_short_text_is_the_events_subject(key: bytes, subject: str | None) -> None:
    assert envelope.subject_of(key) == subject


@given(st.lists(st.tuples(st.sampled_from(["ce_id", "ce_time", "x"]), st.none() | st.binary())))
def test_no_headers_raise(raw: list[tuple[str, bytes | None]]) -> None:
    envelope.read(raw)


def test_plain_is_json_without_loss() -> None:
    value = {
        "quantity": Decimal("14.500000"),
        "big": Decimal("1E+3"),
        "day": date(2026, 1, 2),
        "at": datetime(2026, 1, 2, 3, tzinfo=UTC),
        "raw": b"\x00\x01",
        "list": [None, True, 1],
    }
    assert json.loads(json.dumps(plain(value))) == {
        "quantity": "14.5",
        "big": "1000",
        "day": "2026-01-02",
        "at": "2026-01-02T03:00:00Z",
        "raw": "AAE=",
        "list": [None, True, 1],
    }


@pytest.mark.parametrize(("value", "expected"), [("ru", "ru"), ("ru_RU.UTF-8", "ru"), ("en", "en"), ("de", "en")])
def test_the_language_is_the_readers(monkeypatch: pytest.MonkeyPatch, value: str, expected: str) -> None:
    monkeypatch.setenv("KRANHUB_LANG", value)
    assert language() == expected
    assert str(Text(en="en", ru="ru")) == expected


def test_settings_name_the_broker_before_the_running_stack_does(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text('{"bootstrap": "127.0.0.1:1", "registry_url": "http://127.0.0.1:2"}')
    assert endpoints(Settings(data_dir=tmp_path)).bootstrap == "127.0.0.1:1"
    named = Settings(data_dir=tmp_path, kafka_bootstrap="kafka:9092", registry_url="http://registry")
    assert endpoints(named).bootstrap == "kafka:9092"


def test_without_a_broker_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="kranhub up"):
        endpoints(Settings(data_dir=tmp_path))
