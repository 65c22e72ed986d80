"""What `kranhub tail` shows of a record."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from kranhub.broker.reading import Message
from kranhub.readmodel.record_texts import as_json, as_line, headers
from kranhub.wire import envelope
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject

OMSK = timezone(timedelta(hours=6))
MOMENT = datetime(2026, 11, 25, 1, 48, 44, tzinfo=OMSK)
LETTER: dict[str, object] = {
    "dead_letter_id": "97046acb",
    "event_id": "sibir-terminal/Order/4/1/7",
    "stage": "planner",
    "code": "unmapped-item",
    "reason": {"en": "Add the code.", "ru": "Добавьте код."},
    "original": b"payload",
}


def message(subject: str, value: Any) -> Message:
    head = Envelope("e", "/hub", f"kranhub.{subject}", MOMENT)
    return Message("t", 0, 5, MOMENT, "sibir-terminal:4", head, Subject(subject), value, b"")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "unmapped-item: Add the code. (stage planner, event sibir-terminal/Order/4/1/7, letter 97046acb)",
        ),
        (
            "ru",
            "unmapped-item: Добавьте код. (этап planner, событие sibir-terminal/Order/4/1/7, письмо 97046acb)",
        ),
    ],
)
def test_a_dead_letter_is_its_reason_in_the_readers_language(
    language: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KRANHUB_LANG", language)
    found = message("DeadLetter", LETTER)
    assert as_line(found) == f"2026-11-24 19:48:44 UTC      0@5 sibir-terminal:4 DeadLetter {said}"
    assert as_json(found)["value"]["original"] == "cGF5bG9hZA=="


def test_any_other_record_is_its_json() -> None:
    assert as_line(message("Order", {"a": "й"})).endswith(' Order {"a": "й"}')


def test_a_script_gets_headers_key_and_place() -> None:
    found = message("Order", {"a": 1})
    found = replace(found, headers=tuple(envelope.headers(found.envelope)))
    told = as_json(found)
    assert told["headers"]["ce_id"] == "e"
    assert told["headers"]["ce_type"] == "kranhub.Order"
    assert (told["topic"], told["partition"], told["offset"], told["key"]) == ("t", 0, 5, "sibir-terminal:4")
    json.dumps(told)


def test_headers_of_other_programs_lose_nothing() -> None:
    raw = [("a", b"1"), ("b", b"\xff"), ("a", b"2"), ("c", None)]
    assert headers(raw) == {"a": ["1", "2"], "b": "base64:/w==", "c": None}
