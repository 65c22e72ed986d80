"""The allocator: what a plant has and can make of an item, and what of it the hub has promised. Pure.

There is one writer per plant, so neither stock nor a week's capacity is ever promised twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from streams.routing.allocator import disruptions, expiry, reschedule, reservations, shortage, stock
from streams.routing.allocator.capacity import Placed, place, workshop
from streams.routing.allocator.reservations import HOLDS, STOCKS, Hold, Place
from streams.routing.allocator.results import Result, first_day, ready, result
from streams.routing.allocator.stock import ZERO
from streams.routing.model.context import DecisionContext
from streams.routing.model.copying import replace
from streams.routing.schedule.downtime import NO_STOPS, Stops
from streams.routing.tables import Changes, Get, Ledger, Table
from streams.routing.validation import timestamps

Value = Mapping[str, Any]

PORTION = 500
"""Holds that one record may end, shorten or look at; the next tick goes on with the others."""

CODES = Table("code", str)
"""The item that a plant's code meant last."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an event leads to: the state's changes, and the results to send to their orders, in order."""

    changes: Changes
    results: Sequence[Result]


def handle(get: Get, subject: str, value: Value, context: DecisionContext) -> Outcome:
    """Take one event of a partition's plants; ``get`` looks up the partition's state as it is before the event.

    ``subject`` is InventoryLevel (normalised: canonical item, base unit), AllocationRequest, Disruption or Tick;
    another one changes nothing. Levels and disruptions count in the order in which they come.
    ``context.event_id`` begins the results' ids, so it must be another one for every event. Raises
    `InvalidDocument` as `disruptions.take` does.
    """
    take = _TAKERS.get(subject)
    ledger = Ledger(get)
    with localcontext(prec=60):
        results = take(ledger, timestamps.bounded(subject, value, context.time), context) if take else []
        quote = subject == "AllocationRequest" and value["action"] == "QUOTE"
        return Outcome({} if quote else ledger.changes(), results)


def _level(ledger: Ledger, level: Value, context: DecisionContext) -> list[Result]:
    plant, item, code = level["company"], level["item"], level["item_code"]
    said = _moved(ledger, plant, item, code, context)
    main = context.master.code_for(plant, item) == code
    at = f"{plant}/{item}"
    ledger.put(STOCKS, at, stock.counted(reservations.stock_of(ledger, at), level, context, main=main))
    return said + shortage.shorten(ledger, plant, item, context, PORTION - len(said))


def _moved(ledger: Ledger, plant: str, item: str, code: str, context: DecisionContext) -> list[Result]:
    """Where the code meant another item before, that one has nothing under it any more."""
    before = ledger.get(CODES, f"{plant}/{code}")
    ledger.put(CODES, f"{plant}/{code}", item)
    if before is None or before == item:
        return []
    at = f"{plant}/{before}"
    ledger.put(STOCKS, at, stock.without_code(reservations.stock_of(ledger, at), code))
    return shortage.shorten(ledger, plant, before, context, PORTION)


def _request(ledger: Ledger, request: Value, context: DecisionContext) -> list[Result]:
    where = Place(request["plant"], request["item"], request["request_id"])
    known = ledger.get(HOLDS, where.hold)
    if request["action"] in ("RESERVE", "QUOTE"):
        hold = _reserve(ledger, where, known, request, context)
        kind = "RESERVED" if request["action"] == "RESERVE" else "QUOTE"
        return [result(where, hold, kind, f"{context.event_id}/result")]
    if known is not None and request["action"] == "RELEASE":
        reservations.give_back(ledger, where, known, context.time.date())
    if known is not None and request["action"] == "DELIVERED":
        _deliver(ledger, where, known, request, context)
    return []


def _reserve(ledger: Ledger, where: Place, known: Hold | None, request: Value, context: DecisionContext) -> Hold:
    if known is not None and _same(known, request):
        terms = {name: request[name] for name in ("quantity", "generation", "expires_at")}
        hold = replace(known, **terms)
        ledger.put(HOLDS, where.hold, hold)
    else:
        if known is not None:
            reservations.give_back(ledger, where, known, context.time.date())
        taken = min(known.taken, request["quantity"]) if known else ZERO
        hold = _fresh(ledger, where, taken, request, context)
        reservations.keep(ledger, where, hold, context.time.date())
    if hold.expires_at and (known is None or known.expires_at != hold.expires_at):
        expiry.add(ledger, (where.plant, where.item, where.request_id), hold.expires_at, context.time)
    return hold


def _same(known: Hold, request: Value) -> bool:
    """Say whether what is held already answers the request, repeated or changed in its terms alone."""
    if not known.order_key or known.not_before != request["not_before"]:
        return False
    if known.generation == request["generation"]:
        return bool(known.quantity == request["quantity"])
    return known.offered > 0 and request["quantity"] in (known.quantity, known.offered)


def _fresh(ledger: Ledger, where: Place, taken: Decimal, request: Value, context: DecisionContext) -> Hold:
    """Return what can be held around the plant's stops, and which disruption makes it later or less than without."""
    stops = disruptions.stops_of(ledger, where.plant)
    hold = _possible(ledger, where, taken, request, context, stops)
    late = stops.between(first_day(request["not_before"], context), hold.available_on)
    if late is None:
        return hold
    plain = _possible(ledger, where, taken, request, context, NO_STOPS)
    same = (plain.to_make, plain.available_on) == (hold.to_make, hold.available_on)
    return hold if same else replace(hold, disruption=late)


def _possible(
    ledger: Ledger, where: Place, taken: Decimal, request: Value, context: DecisionContext, stops: Stops
) -> Hold:
    """Return what can be held: from stock first, then what there is capacity for."""
    quantity, start = request["quantity"], first_day(request["not_before"], context)
    from_stock = taken + min(reservations.stock_of(ledger, where.stock).free, quantity - taken)
    shop = workshop(where.plant, where.item, context.master, stops.making)
    rest = quantity - from_stock
    placed = place(reservations.load_of(ledger, shop.load), shop, rest, start) if shop else Placed(ZERO)
    hold = Hold(
        quantity=quantity,
        from_stock=from_stock,
        order_key=request["order_key"],
        generation=request["generation"],
        not_before=request["not_before"],
        expires_at=request["expires_at"],
        taken=taken,
        to_make=placed.quantity,
        load=placed.share,
        work=placed.work,
        begins=start if placed.quantity > 0 else None,
    )
    return replace(hold, available_on=ready(hold, start, shop, stops))


def _deliver(ledger: Ledger, where: Place, known: Hold, request: Value, context: DecisionContext) -> None:
    """The plant's ERP has the plant order: it reserves the stock itself, and the hold never ends by time again."""
    if known.counted > 0:
        known = reservations.step_out(ledger, where, known)
        at = request["at"] or context.time
        changed = stock.delivered(reservations.stock_of(ledger, where.stock), known.counted, at)
        ledger.put(STOCKS, where.stock, changed)
    ledger.put(HOLDS, where.hold, replace(known, taken=known.from_stock, expires_at=None))


def _tick(ledger: Ledger, tick: Value, context: DecisionContext) -> list[Result]:
    said = []
    for entry in expiry.due(ledger, tick["time"], PORTION):
        where = Place(*entry)
        hold = ledger.get(HOLDS, where.hold)
        if hold and hold.expires_at and hold.expires_at <= tick["time"]:
            reservations.give_back(ledger, where, hold, context.time.date())
            ended = Hold(ZERO, ZERO, hold.order_key, hold.generation)
            said.append(result(where, ended, "EXPIRED", f"{context.event_id}/expired/{where.request_id}"))
    said += shortage.go_on(ledger, context, PORTION - len(said))
    return said + reschedule.go_on(ledger, context, PORTION - len(said))


def _disruption(ledger: Ledger, value: Value, context: DecisionContext) -> list[Result]:
    since = disruptions.take(ledger, value, context)
    if since is None:
        return []
    reschedule.begin(ledger, value["member"], since)
    return reschedule.go_on(ledger, context, PORTION)


_TAKERS: dict[str, Callable[[Ledger, Value, DecisionContext], list[Result]]] = {
    "InventoryLevel": _level,
    "AllocationRequest": _request,
    "Disruption": _disruption,
    "Tick": _tick,
}
