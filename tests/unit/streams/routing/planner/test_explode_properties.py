"""Whatever the order of events, and however often they repeat, an order ends in the same state and loses nothing."""

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kranhub.wire.messages import Subject
from streams.routing.model import order
from streams.routing.model.order import OrderState
from streams.routing.validation.validate import number_of
from tests.support.order_lines import lines, quantities
from tests.support.plants import MASTER, START, Cluster, Event, Value, full_order, full_response
from tests.support.responses import extents, refusers, responding


def may_come(pending: list[Event]) -> list[int]:
    """Return the places of what may come next: words on one document come in their order, as one partition has them."""
    documents = [
        (event.subject, number_of(Subject(event.subject), event.value) if event.subject in NUMBERED else event.id)
        for event in pending
    ]
    return [place for place, document in enumerate(documents) if document not in documents[:place]]


NUMBERED = ("OrderResponse", "ProductionStatus")


def outcome(cluster: Cluster) -> Any:
    """Return what the customer and the plants end up with."""
    status = cluster.status()
    told = {name: status[name] for name in ("state", "promised_date", "order_revision", "lines")}
    return told, sorted((plant, amount) for (_, plant), amount in cluster.at_plants().items())


def covered(state: OrderState) -> dict[tuple[str, str], Decimal]:
    """Return what the portions add up to, by line and item."""
    total: dict[tuple[str, str], Decimal] = {}
    for portion in state.portions:
        if not portion.cancelled:
            key = (portion.line_id, portion.item)
            total[key] = total.get(key, Decimal(0)) + portion.quantity
    return total


@given(lines, refusers, extents, st.data())
def test_shuffled_and_repeated_events_converge(ordered: Any, refusing: set[str], extent: str, data: Any) -> None:
    first = Event("o1", "Order", full_order("17", ordered))
    straight = Cluster(responding(refusing, extent))
    straight.take(first)
    straight.run()
    shuffled = Cluster(responding(refusing, extent))
    delivered = [first]
    shuffled.take(first)
    while shuffled.pending:
        event = shuffled.pending.pop(data.draw(st.sampled_from(may_come(shuffled.pending))))
        delivered.append(event)
        shuffled.take(event)
        if data.draw(st.booleans()):
            shuffled.take(data.draw(st.sampled_from(delivered)))
    assert outcome(shuffled) == outcome(straight)
    assert shuffled.refused == []


@given(st.lists(lines, min_size=1, max_size=4), refusers, st.booleans(), st.data())
def test_every_portion_is_somewhere_after_any_changes(
    versions: list[Any], refusing: set[str], cancel: bool, data: Any
) -> None:
    cluster = Cluster(responding(refusing, "answered"))
    for number, ordered in enumerate(versions):
        cluster.take(Event(f"o{number}", "Order", full_order("17", ordered)))
        cluster.run(lambda count: data.draw(st.integers(0, count - 1)))
    if cancel:
        cluster.take(Event("oc", "Order", full_order("17", versions[-1], document_status="CANCELLED")))
        cluster.run()
    state = cluster.state
    assert state is not None
    if cancel:
        assert cluster.at_plants() == {}
        return
    needed = {
        (line["line_id"], line["item"]): line["quantity"]
        for line in full_order("17", versions[-1])["lines"]
        if line["item"]
    }
    assert {key: amount for key, amount in covered(state).items() if key in needed} == needed
    for portion in state.portions:
        if portion.cancelled:
            assert not any(
                attempt.issued and not attempt.issued.cancelled and not attempt.close_reason
                for attempt in portion.attempts
            )
        else:
            assert bool(portion.hold_reason) != (portion.current is not None)
    promised = cluster.at_plants()
    for portion in state.portions:
        attempt = portion.current
        if attempt and attempt.issued and not portion.cancelled:
            assert promised[portion.id_of(state.key, attempt), attempt.plant] == portion.quantity


@given(quantities, st.integers(1, 999), st.data())
def test_a_split_keeps_the_quantity(quantity: Decimal, share: int, data: Any) -> None:
    part = (quantity * share / 1000).quantize(Decimal("0.000001")) or Decimal("0.000001")

    def answers(asked: Value) -> list[Event]:
        taken = min(part, asked["lines"][0]["quantity"])
        value = full_response(asked, "CA", START, quantity=taken)
        return [Event(f"{asked['plant_order_id']}/{asked['revision']}", "OrderResponse", value)]

    cluster = Cluster(answers)
    painted = {"line_id": "1", "item_code": "ОКР-М2", "quantity": quantity, "unit": "MTK"}
    cluster.take(Event("o1", "Order", full_order("17", [painted])))
    cluster.run()
    assert cluster.state is not None
    assert covered(cluster.state) == {("1", "coating-girders"): quantity}


@given(st.sampled_from(sorted(MASTER.items)))
def test_candidates_are_the_same_every_time(item: str) -> None:
    again = type(MASTER)(MASTER.members, MASTER.nomenclature)
    assert again.candidates(item) == MASTER.candidates(item)


@given(lines, st.dates(date(2000, 1, 1), date(2099, 1, 1)))
def test_state_survives_its_bytes(ordered: Any, wanted: date) -> None:
    cluster = Cluster(responding({"zmk-most"}, "made"))
    cluster.take(Event("o1", "Order", full_order("17/4 №", ordered, requested_date=wanted)))
    cluster.run()
    assert cluster.state is not None
    assert order.load(order.dump(cluster.state)) == cluster.state
