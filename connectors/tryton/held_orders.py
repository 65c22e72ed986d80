"""What Tryton holds of what the hub delivered, by the hub's own paragraphs, whatever people did with the rest."""

import re
from collections.abc import AsyncIterator
from datetime import date

from connectors.tryton import comment_block, fields, orders, statuses
from connectors.tryton.client import Client, Domain, Record
from connectors.tryton.codes import Codes, inner
from connectors.tryton.fields import Fields, Kind
from connectors.tryton.mapping import line_id_of
from connectors.tryton.streams import LIKE_A_PLANT_ORDER
from kranhub import identifiers
from kranhub.connector import Held, HeldLine
from kranhub.wire.messages import OrderState, Subject

PAGE = 200
SALE: Fields = {
    "reference": Kind.TEXT,
    "state": Kind.STATE,
    "comment": Kind.TEXT,
    "shipping_date": Kind.DAY,
    "lines.product.code": Kind.TEXT,
    "lines.note": Kind.TEXT,
}
PURCHASE: Fields = {"comment": Kind.TEXT}
_STATE = re.compile(r"\((?P<state>[A-Z_]+)\)(?:, \S+ (?P<promised>\d{4}-\d\d-\d\d))?")


async def plant_orders(client: Client) -> AsyncIterator[Held]:
    """Yield the plant orders that are sales, as they were requested.

    Raises:
        Misconfigured: As for `Client.search`.
        Unavailable: As for `Client.search`.
    """
    best: dict[str, Held] = {}
    async for sale in _pages(client, orders.MODEL, [LIKE_A_PLANT_ORDER], SALE):
        held = _plant_order(sale)
        if held is not None and (held.key not in best or _weight(held) > _weight(best[held.key])):
            best[held.key] = held
    for held in best.values():
        yield held


def _weight(held: Held) -> tuple[bool, int]:
    """Return what distinguishes the valid sale from a draft that lost against it and is not cleared away yet."""
    return not held.cancelled, held.revision


def _plant_order(sale: Record) -> Held | None:
    reference, block = sale["reference"], comment_block.read(sale["comment"], sale["id"])
    if not block.revision or not reference or not identifiers.is_plant_order_id(reference):
        return None
    items = {line_id_of(line): inner(line, "product.code") for line in sale["lines."]}
    lines = tuple(
        HeldLine(line_id, items.get(line_id), wanted.quantity, wanted.unit) for line_id, wanted in block.wanted.items()
    )
    days = [wanted.date for wanted in block.wanted.values()]
    day = max(days) if days else sale["shipping_date"]
    cancelled = block.status == orders.CANCELLED
    return Held(Subject.PLANT_ORDER, reference, block.revision, cancelled=cancelled, requested_date=day, lines=lines)


async def order_statuses(client: Client, codes: Codes) -> AsyncIterator[Held]:
    """Yield the statuses that purchases show.

    Raises:
        Misconfigured: As for `Client.search`.
        Unavailable: As for `Client.search`.
    """
    async for purchase in _pages(client, statuses.MODEL, [["party.code", "=", codes.config.hub_party]], PURCHASE):
        block = comment_block.read(purchase["comment"], purchase["id"])
        if block.revision:
            state, promised = _shown(purchase["comment"])
            yield Held(Subject.ORDER_STATUS, str(purchase["id"]), block.revision, state=state, promised_date=promised)


def _shown(comment: str) -> tuple[OrderState | None, date | None]:
    found = _STATE.search(comment)
    if found is None:
        return None, None
    return OrderState(found["state"]), date.fromisoformat(found["promised"]) if found["promised"] else None


async def _pages(client: Client, model: str, domain: Domain, names: Fields) -> AsyncIterator[Record]:
    last = 0
    while True:
        page = await client.search(model, [["id", ">", last], *domain], [*names], limit=PAGE)
        for record in page:
            fields.check(record, names)
            yield record
        if len(page) < PAGE:
            return
        last = page[-1]["id"]
