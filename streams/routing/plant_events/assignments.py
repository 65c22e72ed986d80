"""The assignment that a plant order stands for: a portion and the attempt of it that one plant was asked for."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kranhub import identifiers
from kranhub.errors import DocumentCode, InvalidDocument
from streams.routing import reasons
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Answer, Attempt
from streams.routing.model.codes import CloseReason
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion, with_attempt
from streams.routing.model.quantity import ZERO
from streams.routing.planner import source
from streams.routing.planner.explode import Need, add_portion
from streams.routing.planner.step import Step
from streams.routing.validation import normalise

UNKNOWN = DocumentCode.UNKNOWN_PLANT_ORDER
"""The code of an event on a plant order that was never issued: it waits, as the plant order may yet be."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A portion, and the attempt of it that a plant order stands for."""

    portion: Portion
    attempt: Attempt


def find(state: OrderState, plant_order_id: str) -> Assignment | None:
    """Return the portion and the attempt that this plant order stands for, or None."""
    place, _, number = plant_order_id.rpartition(".")
    line, _, part = place.removeprefix(f"{state.key}/").rpartition(".")
    line_id = identifiers.line_of(line)
    for portion in state.portions:
        if portion.line_id == line_id and str(portion.part) == part:
            found = next((attempt for attempt in portion.attempts if str(attempt.number) == number), None)
            same = found is not None and portion.id_of(state.key, found) == plant_order_id
            return Assignment(portion, found) if found is not None and same else None
    return None


def known_order(state: OrderState | None, plant_order_id: str) -> OrderState:
    """Return the order that an event on this plant order is about.

    Raises:
        InvalidDocument: ``unknown-plant-order`` where the hub does not know the order.
    """
    if state is None:
        raise InvalidDocument(UNKNOWN, reasons.unknown_plant_order(plant_order_id))
    return state


def addressed(state: OrderState, plant_order_id: str, author: str) -> Assignment:
    """Return the assignment of the plant order, whose author is the plant that was asked.

    Args:
        state: The order.
        plant_order_id: The plant order that the event names.
        author: The member that the event comes from.

    Raises:
        InvalidDocument: ``unknown-plant-order`` where it was never issued, ``not-addressee`` where the author was not
            asked.
    """
    assignment = find(state, plant_order_id)
    if assignment is None or assignment.attempt.issued is None:
        raise InvalidDocument(UNKNOWN, reasons.unknown_plant_order(plant_order_id))
    if assignment.attempt.plant != author:
        raise InvalidDocument(DocumentCode.NOT_ADDRESSEE, reasons.not_addressee(plant_order_id, author))
    return assignment


def in_base_unit(portion: Portion, quantity: Decimal, unit: str, master: MasterData) -> Decimal:
    """Return a quantity that a plant reports of a portion in the base unit of its item.

    Args:
        portion: The portion.
        quantity: In the plant's unit.
        unit: That unit.
        master: The master data, with the item's units.

    Raises:
        InvalidDocument: ``unmapped-unit`` where the unit does not convert, ``too-many-digits`` where the quantity does
            not fit.
    """
    found = normalise.in_base(master.items[portion.item], quantity, unit)
    if found is None:
        raise InvalidDocument(normalise.UNMAPPED_UNIT, reasons.unmapped_unit(unit, portion.unit))
    return found


def issued_plant_orders(state: OrderState) -> frozenset[str]:
    """Return the ids of the plant orders that were issued."""
    attempts = ((portion, attempt) for portion in state.portions for attempt in portion.attempts)
    return frozenset(portion.id_of(state.key, attempt) for portion, attempt in attempts if attempt.issued is not None)


def with_attempt_at(state: OrderState, assignment: Assignment, attempt: Attempt) -> OrderState:
    """Return the state with this attempt in the place of the assignment's.

    Args:
        state: The order.
        assignment: The portion and the attempt that is replaced.
        attempt: The attempt as it is now, with the same number.
    """
    return state.with_portion(with_attempt(assignment.portion, attempt))


def current_portion(state: OrderState, portion: Portion) -> Portion:
    """Return the portion in the form that it has in this state."""
    line_id, part = portion.line_id, portion.part
    return next(other for other in state.portions if other.part == part and other.line_id == line_id)


def split_portion(
    state: OrderState, portion: Portion, quantity: Decimal, excluded: tuple[str, ...] | None = None
) -> OrderState:
    """Leave this much to the portion's plant, and make the rest a new portion, for plants that were not tried yet.

    What is on stock stays with the plant, so components are needed for as much as before.

    Args:
        state: The order.
        portion: The portion, whose plant takes only a part of it.
        quantity: How much the plant keeps, in the item's base unit.
        excluded: The members that are not asked for the rest; None for those that were tried.
    """
    rest = Need(portion.line_id, portion.item, portion.unit, portion.quantity - quantity, portion.node, portion.feeds)
    kept = left = portion.to_make
    if portion.to_make is not None:
        made = min(portion.to_make, portion.quantity)
        kept = max(ZERO, quantity - (portion.quantity - made))
        left = made - kept
    state = state.with_portion(replace(portion, quantity=quantity, to_make=kept))
    barred = tuple(sorted(source.tried(portion))) if excluded is None else excluded
    return add_portion(state, rest, barred, left)


def reject(state: OrderState, assignment: Assignment, why: CloseReason, at: datetime, master: MasterData) -> Step:
    """Take the portion from a plant that has refused it.

    Args:
        state: The order.
        assignment: What the plant refused.
        why: How it refused.
        at: When it refused, by its own clock.
        master: The master data.
    """
    if assignment.attempt.close_reason is CloseReason.MOVED:
        return Step(with_attempt_at(state, assignment, assignment.attempt.close(why, withdraw=False)))
    if assignment.attempt.close_reason is not None:
        return Step(state)
    closed = replace(assignment.attempt.close(why, withdraw=False), answer=Answer(at, False))
    return Step(
        with_attempt_at(state, assignment, closed),
        reasons.rejected(assignment.attempt.plant, assignment.portion.item, master),
    )
