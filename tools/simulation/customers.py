"""Everything that customers do in the day, in its order: orders, repeats, changes, cancels, and what codes mean."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from tools.simulation.orders import CHANGES, MAPPINGS, Ordered, order
from tools.simulation.random_values import random_for
from tools.simulation.timetable import CLOSING, HOUR, HOURS, MAPPED_AT, MINUTE, OPENING

REVISED, CANCELLED, REPEATED, OLD_AGAIN = 0.05, 0.03, 0.01, 0.1
"""The shares of orders that are changed, cancelled and sent twice, and the share of changed ones whose old version
comes again."""

_SOUND = ("motor", "cabinet", "paint", "steel", "crane", "span", "unmapped", "unmapped-kit")


class CustomerDocument(NamedTuple):
    """A document that a member sends at a time of the simulation; the same ``event_id`` again is a repeat."""

    at: datetime
    member: str
    subject: str
    key: str
    event_id: str
    value: dict[str, Any]


def customer_documents(seed: int, count: int, scale: int) -> list[CustomerDocument]:
    """Return the documents of a day, in the order of their time.

    Args:
        seed: The seed of all chance.
        count: How many orders.
        scale: By how much the capacities are greater than the files'.
    """
    documents = [document for number in range(count) for document in _documents_of(seed, number, count, scale)]
    documents += [_mapping(*mapping) for mapping in MAPPINGS]
    return sorted(documents, key=lambda document: document.at)


def _documents_of(seed: int, number: int, count: int, scale: int) -> Iterator[CustomerDocument]:
    at = OPENING + HOURS * HOUR * (number + 0.5) / count
    ordered = order(seed, number, at, scale)
    first = _version(ordered.value, at, 1)
    yield first
    chance = random_for(seed, "changes", number)
    draw = chance.random()
    if draw < REPEATED:
        yield first._replace(at=_later(at, chance.randint(1, 30)))
    elif ordered.kind in _SOUND and draw < REPEATED + REVISED:
        yield from _revised(seed, number, ordered, first)
    elif ordered.kind in _SOUND and draw < REPEATED + REVISED + CANCELLED:
        then = _later(at, chance.randint(1, 300))
        yield _version({**ordered.value, "document_status": "CANCELLED", "issued_at": then}, then, 2)


def _revised(seed: int, number: int, ordered: Ordered, first: CustomerDocument) -> Iterator[CustomerDocument]:
    """Yield a second version; sometimes the first one comes after it once more, and changes nothing then."""
    chance = random_for(seed, "revision", number)
    then = _later(first.at, chance.randint(2, 240))
    changed = chance.choice(CHANGES)(ordered.value, chance)
    yield _version({**changed, "issued_at": then}, then, 2)
    if chance.random() < OLD_AGAIN:
        yield first._replace(at=_later(then, 10))


def _version(value: dict[str, Any], at: datetime, version: int) -> CustomerDocument:
    buyer, number = value["buyer"], value["order_id"]
    return CustomerDocument(at, buyer, "Order", number, f"{buyer}/Order/{number}/0/{version}", value)


def _mapping(member: str, code: str, item: str) -> CustomerDocument:
    value = {"member": member, "item_code": code, "item": item, "unit": None}
    return CustomerDocument(MAPPED_AT, member, "ItemMapping", code, f"{member}/ItemMapping/{code}/0/1", value)


def _later(at: datetime, minutes: int) -> datetime:
    return min(at + minutes * MINUTE, CLOSING)
