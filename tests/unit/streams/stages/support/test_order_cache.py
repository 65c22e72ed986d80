"""Orders that the planner remembers as values decide as those that it reads from its state."""

from collections.abc import Sequence
from datetime import date

import pytest

from benchmarks import members
from benchmarks.passing import Passing
from benchmarks.samples import CRANE, MOTOR, Goods
from kranhub.settings import Settings
from streams.processor.outputs import ProducerRecord
from streams.routing.model import order
from streams.routing.model.order import Order, OrderState
from streams.stages.support import order_cache
from streams.stages.support.order_cache import OrderCache
from tests.support.batches import CODEC, NAMESPACE

ORDER = Order("PO-1", "sibir-terminal", "SALE", "RUB", date(2027, 3, 1), lines=())


@pytest.mark.parametrize("goods", [MOTOR, CRANE], ids=lambda goods: goods.name)
def test_what_is_remembered_says_and_keeps_the_same_as_what_is_read(
    goods: Goods, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembered = _story(goods)
    monkeypatch.setattr(OrderCache, "load", lambda self, key, data: order.load(data))
    assert _story(goods) == remembered


def _story(goods: Goods) -> tuple[list[ProducerRecord], dict[str, bytes]]:
    """Return what the core says of two orders of the goods, and what it keeps."""
    passing = Passing(Settings(namespace=NAMESPACE, kafka_bootstrap="none:9"), CODEC, members.master())
    said: list[ProducerRecord] = []
    route = passing.core.route

    def noted(said_before: Sequence[ProducerRecord]) -> list[ProducerRecord]:
        found = route(said_before)
        said.extend(found)
        return found

    passing.core.route = noted  # type: ignore[method-assign, assignment]
    passing.through([1, 2], goods)
    return said, {
        key: value for store in passing.core.stores["planner"].values() for key, value in store.values.items()
    }


def test_an_order_counts_as_known_by_its_very_bytes_only() -> None:
    known, state = OrderCache(), OrderState("b:1", ORDER, revision=2)
    before = order.dump(OrderState("b:1", ORDER))
    data = known.dump("b:1", state)
    assert known.load("b:1", data) is state
    assert known.load("b:1", before) == OrderState("b:1", ORDER), "a transaction was aborted"
    assert known.load("b:1", bytes(bytearray(data))) is not state


def test_the_orders_handled_last_are_remembered() -> None:
    known, states = OrderCache(), [OrderState(f"b:{number}", ORDER) for number in range(order_cache.LIMIT + 1)]
    written = [known.dump(state.key, state) for state in states]
    written[1] = known.dump("b:1", states[1])
    found = [known.load(state.key, data) is state for state, data in zip(states, written, strict=True)]
    assert found == [False] + [True] * order_cache.LIMIT
    known.dump("b:new", states[0])
    assert known.load("b:1", written[1]) is states[1], "written again, so not among the oldest"
