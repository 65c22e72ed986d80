"""When a plant's stock is less than what was promised of it: the youngest promises lose first. Pure."""

from decimal import Decimal

from streams.routing.allocator import disruptions, reservations
from streams.routing.allocator.capacity import Placed, place, workshop
from streams.routing.allocator.reservations import HOLDS, STOCKS, Hold, Place
from streams.routing.allocator.results import Result, first_day, ready, result
from streams.routing.allocator.stock import ZERO
from streams.routing.model.context import DecisionContext
from streams.routing.model.copying import replace
from streams.routing.tables import Ledger, Table

LEFT: Table[tuple[tuple[str, str], ...]] = Table("short", tuple[tuple[str, str], ...])
_LEFT = "left"
"""The one place of the table: plants and items of which promises are still to be taken back."""


def shorten(ledger: Ledger, plant: str, item: str, context: DecisionContext, limit: int) -> list[Result]:
    """Take back what is promised of the item but is not there, from at most so many requests; the rest is for a tick.

    What a request loses from stock is put into the plant's capacity. What the plant's ERP has taken is not touched.
    """
    said: list[Result] = []
    at = f"{plant}/{item}"
    while (stock := reservations.stock_of(ledger, at)).missing > 0 and stock.youngest:
        if len(said) >= limit:
            _leave(ledger, plant, item)
            break
        where = Place(plant, item, stock.youngest)
        hold = _lose(ledger, where, stock.missing, context)
        said.append(result(where, hold, "SHORTAGE", f"{context.event_id}/shortage/{where.request_id}"))
    return said


def go_on(ledger: Ledger, context: DecisionContext, limit: int) -> list[Result]:
    """Take back what was left over, from at most so many requests in all."""
    left = ledger.get(LEFT, _LEFT) or ()
    ledger.put(LEFT, _LEFT, None)
    said: list[Result] = []
    for plant, item in left:
        said += shorten(ledger, plant, item, context, limit - len(said))
    return said


def _leave(ledger: Ledger, plant: str, item: str) -> None:
    left = ledger.get(LEFT, _LEFT) or ()
    if (plant, item) not in left:
        ledger.put(LEFT, _LEFT, (*left, (plant, item)))


def _lose(ledger: Ledger, where: Place, missing: Decimal, context: DecisionContext) -> Hold:
    """Take so much from the youngest hold, or all that it has from stock; return what it is then."""
    hold = ledger.get(HOLDS, where.hold)
    assert hold is not None  # noqa: S101  (the row names holds only)
    lost = min(hold.counted, missing)
    if lost == hold.counted:
        hold = reservations.step_out(ledger, where, hold)
    stock = reservations.stock_of(ledger, where.stock)
    ledger.put(STOCKS, where.stock, replace(stock, promised=stock.promised - lost))
    after = _made_instead(ledger, where, replace(hold, from_stock=hold.from_stock - lost), lost, context)
    after = reservations.enlist(ledger, where, after, context.time.date())
    ledger.put(HOLDS, where.hold, after)
    return after


def _made_instead(ledger: Ledger, where: Place, hold: Hold, lost: Decimal, context: DecisionContext) -> Hold:
    start = first_day(hold.not_before, context)
    stops = disruptions.stops_of(ledger, where.plant)
    shop = workshop(where.plant, where.item, context.master, stops.making)
    placed = place(reservations.load_of(ledger, shop.load), shop, lost, start) if shop else Placed(ZERO)
    reservations.book(ledger, placed.work, context.time.date())
    after = replace(hold, to_make=hold.to_make + placed.quantity, work=(*hold.work, *placed.work), load=placed.share)
    done = ready(after, start, shop, stops)
    late = stops.between(start, done)
    return replace(after, available_on=done, begins=start if after.to_make > 0 else None, disruption=late)
