"""The changelog's records bring back the state they were made of; what no stage wrote is refused and named."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.errors import Misconfigured
from streams.processor.state.changelog import VERSION, Restored, offset_key, state_key


@given(st.dictionaries(st.binary(), st.binary()))
def test_any_key_and_value_comes_back(state: dict[bytes, bytes]) -> None:
    values = {key.decode("utf-8", "surrogateescape"): value for key, value in state.items()}
    restored = Restored()
    for key, value in values.items():
        restored.take(state_key(key), value)
    assert restored.values == values


def test_no_value_forgets() -> None:
    restored = Restored()
    for key, value in ((state_key("a"), b"x"), (offset_key("t"), b"7"), (VERSION, b"1")):
        restored.take(key, value)
    assert (restored.values, restored.offsets, restored.version) == ({"a": b"x"}, {"t": 7}, 1)
    for key in (state_key("a"), offset_key("t"), VERSION, state_key("never")):
        restored.take(key, None)
    assert restored == Restored()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"o:t", b"seven"),
        (b"o:t", b""),
        (b"o:t", b"-1"),
        (b"o:t", b"\xff"),
        (b"o:t", b"1" * 5_000),
        (b"o:\xff", b"7"),
        (b"o:\xff", None),
        (b"v:", b"one"),
        (b"v:x", b"1"),
        (b"", b"x"),
        (b"\xff\xfe", b"x"),
        (b"x:y", b"7"),
        (b"order-17", None),
    ],
)
def test_what_no_stage_wrote_is_refused_and_named(key: bytes, value: bytes | None) -> None:
    with pytest.raises(Misconfigured) as raised:
        Restored(place="t.hub.planner-changelog [3]").take(key, value)
    for words in (raised.value.text.en, raised.value.text.ru):
        assert "t.hub.planner-changelog [3]" in words
        assert repr(key) in words
        assert len(words) < 500


@given(st.binary(), st.none() | st.binary())
def test_only_misconfigured_is_raised(key: bytes, value: bytes | None) -> None:
    with contextlib.suppress(Misconfigured):
        Restored().take(key, value)
