"""A packed state is small, comes back as it was, and what earlier releases wrote can still be read."""

import zlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.routing.model import compression, order
from streams.routing.model.order import Order, OrderState


@given(st.binary(max_size=20_000))
def test_what_is_packed_comes_back(data: bytes) -> None:
    assert compression.decompress(compression.compress(data)) == data


@given(st.lists(st.text(max_size=40), max_size=300))
def test_a_large_state_comes_back(seen: list[str]) -> None:
    state = OrderState("b:1", _order(), seen_events=tuple(seen))
    assert order.load(order.dump(state)) == state


def test_the_state_of_an_order_shrinks_to_a_third_or_less() -> None:
    state = OrderState("sibir-terminal:PO-1", _order(), revision=1, seen_events=("sibir-terminal/Order/PO-1/0/1",))
    assert len(order.dump(state)) < len(compression.decompress(order.dump(state))) / 2.5


def test_plain_json_of_earlier_releases_is_read() -> None:
    state = OrderState("b:1", _order(), revision=2)
    assert order.load(compression.decompress(order.dump(state))) == state


def test_the_dictionary_changes_only_with_the_version_of_the_planners_state() -> None:
    assert zlib.crc32(compression.DICTIONARY) == 3481262744, (
        "states in changelogs need this dictionary; with another one raise the planner's state_version"
    )


def test_bytes_that_are_no_state_are_an_error() -> None:
    with pytest.raises(zlib.error):
        compression.decompress(compression.MARK + b"\xff\xff\xff")


def _order() -> Order:
    return Order("PO-1", "sibir-terminal", "SALE", "RUB", date(2027, 3, 1), lines=())
