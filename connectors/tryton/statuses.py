"""Order statuses onto the customer's purchase: into its comment and its lines' notes, which every state may change."""

from collections.abc import Mapping
from datetime import date

from connectors.tryton import comment_block, fields, rejections
from connectors.tryton.client import Client, Record
from connectors.tryton.codes import Codes
from connectors.tryton.fields import Fields, Kind
from kranhub.connector import Event, Outcome, Receipt
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.messages import OrderState

MODEL = "purchase.purchase"
FIELDS: Fields = {"number": Kind.TEXT, "comment": Kind.TEXT, "_timestamp": Kind.TEXT, "lines.note": Kind.TEXT}
HIGHEST_ID = 2**31 - 1
STATES: Mapping[str, Text] = {
    OrderState.RECEIVED: Text(en="received", ru="получен"),
    OrderState.PLANNED: Text(en="planned", ru="запланирован"),
    OrderState.CONFIRMED: Text(en="confirmed", ru="подтверждён"),
    OrderState.IN_PRODUCTION: Text(en="in production", ru="в производстве"),
    OrderState.READY: Text(en="ready", ru="готов"),
    OrderState.SHIPPED: Text(en="shipped", ru="отгружен"),
    OrderState.DELIVERED: Text(en="delivered", ru="доставлен"),
    OrderState.CLOSED: Text(en="closed", ru="закрыт"),
    OrderState.ON_HOLD: Text(en="on hold", ru="приостановлен"),
    OrderState.REJECTED: Text(en="rejected", ru="отклонён"),
    OrderState.CANCELLED: Text(en="cancelled", ru="отменён"),
}
PROMISED = Text(en="promised", ru="обещан")


class Purchases:
    """Delivers order statuses. What people wrote around the hub's paragraph stays."""

    def __init__(self, client: Client, codes: Codes) -> None:
        """Take where to write; the member's language is used."""
        self._client, self._codes = client, codes

    async def deliver(self, event: Event) -> Receipt:
        """Show one status.

        A status of somebody else's order, which the member pays for or uses, has no purchase here: nothing is written.
        Nor is the end of an order whose purchase was deleted, or went to another supplier.

        Raises:
            Rejected: When the purchase does not exist, or Tryton does not hold what was written.
            Misconfigured: As for `Client.call`.
            Unavailable: As for `Client.call`.
            Refused: As for `Client.call`.
            Busy: As for `Client.call`.
        """
        value, revision = event.value_as(messages.OrderStatus), event.revision
        if value.get("addressee") not in (None, value["buyer"]):
            return Receipt(event.id, revision, Outcome.APPLIED)
        purchase = await self._find(value["order_id"])
        if purchase is None and value["state"] == OrderState.CANCELLED:
            return Receipt(event.id, revision, Outcome.APPLIED)
        if purchase is None:
            raise rejections.unknown_purchase(value)
        block = comment_block.read(purchase["comment"], purchase["id"])
        if block.record == purchase["id"] and block.revision >= revision:
            return Receipt(event.id, revision, Outcome.DUPLICATE, purchase["number"])
        written = self._values(value, purchase)
        await self._client.write(MODEL, purchase["id"], written, purchase["_timestamp"])
        now = await self._find(value["order_id"])
        if now is not None and now["comment"] != written["comment"]:
            raise rejections.not_as_written(["comment"])
        return Receipt(event.id, revision, Outcome.APPLIED, purchase["number"])

    async def _find(self, order_id: str) -> Record | None:
        """Return the purchase of this id, None where it was deleted or is no longer the hub's."""
        if not (order_id.isascii() and order_id.isdecimal() and int(order_id[:11]) <= HIGHEST_ID):
            return None
        domain = [["id", "=", int(order_id)], ["party.code", "=", self._codes.config.hub_party]]
        for purchase in await self._client.search(MODEL, domain, [*FIELDS]):
            fields.check(purchase, FIELDS)
            return purchase
        return None

    def _values(self, value: messages.OrderStatus, purchase: Record) -> Record:
        revision, states = value["revision"], {line["line_id"]: self._text(line) for line in value["lines"]}
        if value["state"] == OrderState.CANCELLED:
            noted = [line for line in purchase["lines."] if comment_block.read(line["note"], line["id"]).revision]
            states = {str(line["id"]): self._text(value) for line in noted} | states
        notes = {line["id"]: self._note(line, revision, states.get(str(line["id"]))) for line in purchase["lines."]}
        changed = [line for line in purchase["lines."] if notes[line["id"]] != line["note"]]
        lines = [f"{line['item_code']}: {self._text(line)}" for line in value["lines"]]
        return {
            "comment": comment_block.write(purchase["comment"], purchase["id"], revision, [self._text(value), *lines]),
            "lines": [["write", [line["id"]], {"note": notes[line["id"]]}] for line in changed],
        }

    def _note(self, line: Record, revision: int, text: str | None) -> str | None:
        """Return a line's note with its state; what a copied line has from its original is removed."""
        note: str | None = line["note"]
        if text is not None:
            return comment_block.write(note, line["id"], revision, [text])
        return comment_block.erased(note) if comment_block.is_foreign(note, line["id"]) else note

    def _text(self, status: messages.OrderStatus | messages.OrderStatusLine) -> str:
        """Return ``confirmed (CONFIRMED), promised 2026-12-24. Why.`` in the member's language."""
        state, promised, reason = status["state"], status["promised_date"], status["reason"]
        text = f"{self._translated(STATES[state])} ({state})" if state in STATES else state
        if isinstance(promised, date):
            text += f", {self._translated(PROMISED)} {promised.isoformat()}"
        why = reason.get(self._codes.member.language) or reason.get("en") or next(iter(reason.values()), "")
        return f"{text}. {why}" if why else text

    def _translated(self, text: Text) -> str:
        return text.ru if self._codes.member.language == "ru" else text.en
