"""Plant orders into sales, each once, in a Tryton that cannot enforce that a reference is unique.

Look the reference up; create an inert draft; look again: a sale that people have confirmed wins, else the lowest id;
the losers are cancelled and lose their reference; only then is the draft quoted, and looked up once more. People
confirm. The draft is the persisted intent: after a crash at any point the next delivery continues from it. A
cancellation that comes before its plant order becomes a cancelled sale without lines in the same way, which keeps older
revisions out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from connectors.tryton import comment_block, fields, readback, rejections, stock
from connectors.tryton.client import Client, Record
from connectors.tryton.codes import Codes, inner, without_zeros
from connectors.tryton.errors import Refused, busy
from connectors.tryton.fields import Fields, Kind
from connectors.tryton.mapping import LINE_MARK
from kranhub.connector import Event, Outcome, Receipt
from kranhub.failpoints import failpoint
from kranhub.wire import messages
from kranhub.wire.messages import PlantOrderDocumentStatus

MODEL = "sale.sale"
FIELDS: Fields = {"number": Kind.TEXT, "state": Kind.STATE, "comment": Kind.TEXT, "_timestamp": Kind.TEXT}
REWRITTEN: Fields = {"comment": Kind.TEXT, "_timestamp": Kind.TEXT, "lines": Kind.IDS}
CHECKED: Fields = {
    "reference": Kind.TEXT,
    "party.code": Kind.TEXT,
    "currency.code": Kind.TEXT,
    "shipping_date": Kind.DAY,
    "comment": Kind.TEXT,
    "_timestamp": Kind.TEXT,
    "lines.product.code": Kind.TEXT,
    "lines.quantity": Kind.NUMBER,
    "lines.unit.symbol": Kind.TEXT,
    "lines.unit_price": Kind.NUMBER,
    "lines.note": Kind.TEXT,
}
IN_WORK = ("processing", "done")
ACTIVE, CANCELLED = PlantOrderDocumentStatus.ACTIVE, PlantOrderDocumentStatus.CANCELLED
REACHED = {
    "draft": ("draft",),
    "quote": ("quotation", "confirmed", *IN_WORK),
    "cancel": ("cancelled",),
}


@dataclass(frozen=True, slots=True)
class PlantOrder:
    """One event, and what its sale is to look like."""

    event: Event
    sale: Record
    revision: int
    status: str

    @property
    def reference(self) -> str:
        """The plant order's id: the sale's reference."""
        return self.value["plant_order_id"]

    @property
    def value(self) -> messages.PlantOrder:
        """The event's record."""
        return self.event.value_as(messages.PlantOrder)


class Sales:
    """Delivers plant orders. May be called again with the same event after any failure."""

    def __init__(self, client: Client, codes: Codes) -> None:
        """Take where to write and how codes translate."""
        self._client, self._codes = client, codes
        self._cleaned_up = False

    async def deliver(self, event: Event) -> Receipt:
        """Bring one plant order into Tryton.

        Raises:
            Rejected: When the plant order cannot be taken.
            Misconfigured: As for `Client.call`.
            Unavailable: As for `Client.call`.
            Refused: As for `Client.call`.
            Busy: As for `Client.call`.
        """
        await self._clean_up()
        found = await self._choose(event.value_as(messages.PlantOrder)["plant_order_id"])
        failpoint("tryton.after-lookup")
        order = await self._order(event, found)
        if found is not None:
            return await self._revise(order, found)
        return await self._create(order)

    async def _create(self, order: PlantOrder) -> Receipt:
        sale = await self._client.create(MODEL, order.sale)
        failpoint("tryton.after-create")
        chosen = await self._choose(order.reference)
        failpoint("tryton.after-reread")
        if chosen is not None and chosen["id"] != sale:
            return await self._revise(order, chosen)
        try:
            await self._to_end(order, sale, "draft")
        except (Refused, rejections.Rejected):
            chosen = await self._choose(order.reference)
            if chosen is not None and not _is_as_created(chosen, sale, order.revision):
                return await self._revise(order, chosen)
            await self._discard(sale)
            raise
        return await self._applied(order)

    async def _revise(self, order: PlantOrder, found: Record) -> Receipt:
        """Take an existing sale to this revision, or finish what a crash left undone of it."""
        before = comment_block.read(found["comment"], found["id"])
        if before.revision > order.revision:
            await self._end_cancellation(before, found)
            return _receipt(order.event, Outcome.DUPLICATE, found["number"])
        if before.revision == order.revision:
            return await self._finish(order, found)
        _check_revisable(found, before, order.status)
        stays = found["state"] == "draft" or (found["state"] == "cancelled" and order.status == CANCELLED)
        if not stays:
            await self._press("draft", found["id"], found["_timestamp"])
        await self._rewrite(order, found["id"])
        await self._to_end(order, found["id"], found["state"] if stays else "draft")
        return await self._applied(order)

    async def _finish(self, order: PlantOrder, found: Record) -> Receipt:
        changed = await self._to_end(order, found["id"], found["state"])
        if not changed:
            return _receipt(order.event, Outcome.DUPLICATE, found["number"])
        return await self._applied(order)

    async def _to_end(self, order: PlantOrder, sale: int, state: str) -> bool:
        """Quote an active draft, cancel a cancelled one; return whether there was anything to do."""
        if order.status == CANCELLED and state != "cancelled":
            await self._cancel(sale, order.revision)
            return True
        if order.status == ACTIVE and state == "draft":
            await self._claim(sale, await self._compare(order, sale))
            await self._press("quote", sale)
            failpoint("tryton.after-quote")
            return True
        return False

    async def _cancel(self, sale: int, revision: int) -> None:
        """Cancel a sale, unless somebody was faster and it is at another revision."""
        record = await self._at(revision, sale)
        if await self._claim(sale, record):
            record = await self._at(revision, sale)
        await self._press("cancel", sale, record["_timestamp"])

    async def _at(self, revision: int, sale: int) -> Record:
        record = await self._sale(sale, REWRITTEN)
        if comment_block.read(record["comment"], sale).revision != revision:
            raise busy()
        return record

    async def _end_cancellation(self, before: comment_block.Block, found: Record) -> None:
        """Finish what a crash left undone of a cancellation before its plant order: nobody may quote that draft."""
        if before.status == CANCELLED and before.record is None and found["state"] == "draft":
            await self._cancel(found["id"], before.revision)

    async def _press(self, button: str, sale: int, timestamp: str | None = None) -> None:
        """Press a button; when Tryton refuses because the sale is there already, that is well."""
        try:
            await self._client.press(MODEL, button, sale, timestamp)
        except Refused:
            if (await self._sale(sale, {"state": Kind.STATE}))["state"] not in REACHED[button]:
                raise

    async def _rewrite(self, order: PlantOrder, sale: int) -> None:
        """Replace head and lines in one write, unless somebody is faster; a cancelled order keeps them."""
        now = await self._sale(sale, REWRITTEN)
        if comment_block.read(now["comment"], sale).revision >= order.revision:
            raise busy()
        wanted = _wanted_lines(order.value) if order.status == ACTIVE else []
        values = order.sale | {
            "comment": comment_block.write(now["comment"], sale, order.revision, wanted, order.status)
        }
        if order.status == ACTIVE:
            values["lines"] = [["delete", now["lines"]], *order.sale["lines"]]
        await self._client.write(MODEL, sale, values, now["_timestamp"])

    async def _choose(self, reference: str) -> Record | None:
        """Return the one sale of this reference and clear away the drafts that lost against it.

        A copy that people made of such a sale has another record's id in its comment: it is the plant's own business.
        """
        found = await self._client.search(MODEL, [["reference", "=", reference]], [*FIELDS])
        for sale in found:
            fields.check(sale, FIELDS)
        found = [sale for sale in found if not comment_block.is_foreign(sale["comment"], sale["id"])]
        if not found:
            return None
        in_use = [sale for sale in found if sale["state"] in {"confirmed", *IN_WORK}]
        chosen = (in_use or found)[0]
        for other in found:
            if other["id"] != chosen["id"] and other["state"] not in {"confirmed", *IN_WORK}:
                await self._discard(other["id"])
        return chosen

    async def _clean_up(self) -> None:
        """Once after a start, clear away drafts that a sink left when it died after another had done its work."""
        if not self._cleaned_up:
            domain = [["state", "=", "draft"], ["reference", "like", "%:%/%"]]
            drafts = await self._client.search(MODEL, domain, ["reference"])
            for reference in sorted({str(draft.get("reference")) for draft in drafts}):
                await self._choose(reference)
            self._cleaned_up = True

    async def _discard(self, sale: int) -> None:
        """Cancel a sale that is nobody's and take its reference away, so that it is never found again."""
        await self._client.write(MODEL, sale, {"reference": None})
        await self._press("cancel", sale)

    async def _applied(self, order: PlantOrder) -> Receipt:
        """Look up once more: two that were created at the same moment may both have been quoted."""
        chosen = await self._choose(order.reference)
        return _receipt(order.event, Outcome.APPLIED, chosen["number"] if chosen else None)

    async def _compare(self, order: PlantOrder, sale: int) -> Record:
        """Read back what was written, compare it field by field, and return it."""
        record = await self._sale(sale, CHECKED)
        wrong = readback.differences(order.value, record, self._codes)
        if wrong:
            raise rejections.not_as_written(wrong)
        return record

    async def _claim(self, sale: int, record: Record) -> bool:
        """Write the sale's own id into its comment, so that a copy of it is none; return whether it was not there."""
        comment = comment_block.claimed(record["comment"], sale)
        if comment == record["comment"]:
            return False
        await self._client.write(MODEL, sale, {"comment": comment}, record["_timestamp"])
        failpoint("tryton.after-claim")
        return True

    async def _sale(self, sale: int, names: Fields) -> Record:
        """Return a sale as it is now. Raises `InvalidDocument` where it is strange, `Rejected` where it was deleted."""
        for record in await self._client.search(MODEL, [["id", "=", sale]], [*names]):
            fields.check(record, names)
            return record
        raise rejections.gone(sale)

    async def _order(self, event: Event, found: Record | None) -> PlantOrder:
        value = event.value_as(messages.PlantOrder)
        revision, status = value["revision"], value["document_status"]
        known = comment_block.read(found["comment"], found["id"]).revision if found else 0
        if status == ACTIVE and known < revision:
            return PlantOrder(event, await self._values(value), revision, status)
        return PlantOrder(event, {} if found else await self._head(value), revision, status)

    async def _values(self, value: messages.PlantOrder) -> Record:
        """Return the sale as Tryton's own client would send it, defaults of party and product included."""
        party = await self._party(value["buyer"])
        currency = await self._currency(value["currency"])
        head = {"party": party, "company": await self._client.company(), "lines": []}
        filled = await self._client.on_change(MODEL, head, ["party"])
        addresses = {name: filled.get(name) for name in ("invoice_address", "shipment_address", "payment_term")}
        lines = [await self._line(line, party, currency) for line in value["lines"]]
        return {
            **await self._head(value, party, _wanted_lines(value)),
            **addresses,
            "currency": currency,
            "shipping_date": value["requested_date"],
            "lines": [["create", lines]],
        }

    async def _head(self, value: messages.PlantOrder, party: int | None = None, wanted: Sequence[str] = ()) -> Record:
        """Return what every sale of the hub has; for a cancellation that finds none, it is all."""
        return {
            "party": await self._party(value["buyer"]) if party is None else party,
            "reference": value["plant_order_id"],
            "description": f"{value['buyer']}: {value.get('order_number') or value['order_id']}",
            "comment": comment_block.write(None, None, value["revision"], wanted, value["document_status"]),
        }

    async def _line(self, line: messages.PlantOrderLine, party: int, currency: int) -> Record:
        product = await self._product(line["item_code"])
        asked = {
            "type": "line",
            "product": product["id"],
            "unit": await self._unit(line["unit"], product),
            "quantity": float(line["quantity"]),
            "taxes": [],
        }
        parent = {"_parent_sale.party": party, "_parent_sale.currency": currency, "sale": -1}
        changed = await self._client.on_change("sale.line", asked | parent, ["product", "quantity"])
        price = changed.get("unit_price") if line["price"] is None else without_zeros(line["price"])
        return asked | {
            "taxes": [["add", changed["taxes"]]] if changed.get("taxes") else [],
            "unit_price": price if price is not None else Decimal(0),
            "description": line["description"] or None,
            "note": LINE_MARK + comment_block.token(line["line_id"]),
        }

    async def _product(self, code: str) -> Record:
        names = ["default_uom.category", "rec_name"]
        found = await self._client.search("product.product", [["code", "=", code]], names)
        if not found:
            raise rejections.unknown_product(code)
        if len(found) > 1:
            raise rejections.Rejected(stock.ambiguous(code, found))
        return found[0]

    async def _unit(self, unit: str, product: Record) -> int:
        domain = [
            ["symbol", "in", self._codes.symbols(unit)],
            ["category", "=", inner(product, "default_uom.category")],
        ]
        for found in await self._client.search("product.uom", domain, ["id"]):
            return int(found["id"])
        raise rejections.unknown_unit(unit)

    async def _party(self, member: str) -> int:
        code = self._codes.party(member)
        for party in await self._client.search("party.party", [["code", "=", code]], ["id"]):
            return int(party["id"])
        raise rejections.unknown_party(code)

    async def _currency(self, code: str) -> int:
        for currency in await self._client.search("currency.currency", [["code", "=", code]], ["id"]):
            return int(currency["id"])
        raise rejections.unknown_currency(code)


def _check_revisable(found: Record, before: comment_block.Block, status: str) -> None:
    if found["state"] in IN_WORK:
        raise rejections.in_work(found["number"])
    if found["state"] == "cancelled" and status == ACTIVE and before.status != CANCELLED:
        raise rejections.cancelled_by_plant(found["number"])


def _is_as_created(found: Record, sale: int, revision: int) -> bool:
    """Return whether this is the sale that was just made, and no other sink has taken it to another revision."""
    return found["id"] == sale and comment_block.read(found["comment"], sale).revision == revision


def _wanted_lines(value: messages.PlantOrder) -> Sequence[str]:
    return [
        comment_block.wanted_line(
            line["line_id"],
            comment_block.Wanted(line["quantity"], line["unit"], line["requested_date"] or value["requested_date"]),
        )
        for line in value["lines"]
    ]


def _receipt(event: Event, outcome: Outcome, number: str | None) -> Receipt:
    return Receipt(event.id, event.revision, outcome, number)
