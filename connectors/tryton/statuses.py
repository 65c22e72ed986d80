"""Order statuses onto the customer's purchase: into its comment and its lines' notes, which every state may change."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.tryton import block, refusals
from connectors.tryton.client import Client, Record
from connectors.tryton.codes import Codes
from kranhub.connector import Event, Outcome, Receipt
from kranhub.text import Text

MODEL = "purchase.purchase"
FIELDS = ("number", "comment", "_timestamp", "lines.note")
STATES = {
    "RECEIVED": Text(en="received", ru="получен"),
    "PLANNED": Text(en="planned", ru="запланирован"),
    "CONFIRMED": Text(en="confirmed", ru="подтверждён"),
    "IN_PRODUCTION": Text(en="in production", ru="в производстве"),
    "READY": Text(en="ready", ru="готов"),
    "SHIPPED": Text(en="shipped", ru="отгружен"),
    "DELIVERED": Text(en="delivered", ru="доставлен"),
    "CLOSED": Text(en="closed", ru="закрыт"),
    "ON_HOLD": Text(en="on hold", ru="приостановлен"),
    "REJECTED": Text(en="rejected", ru="отклонён"),
    "CANCELLED": Text(en="cancelled", ru="отменён"),
}
PROMISED = Text(en="promised", ru="обещан")


class Purchases:
    """Delivers order statuses. What people wrote around the hub's paragraph stays."""

    def __init__(self, client: Client, codes: Codes) -> None:
        """Take where to write; the member's language is used."""
        self._client, self._codes = client, codes

    async def deliver(self, event: Event) -> Receipt:
        """Show one status. Raises `refusals.Rejected`, and what the client raises.

        A status of somebody else's order, which the member pays for or uses, has no purchase here: nothing is written.
        """
        value, revision = event.value, event.value["revision"]
        if value.get("addressee") not in (None, value["buyer"]):
            return Receipt(event.id, revision, Outcome.APPLIED)
        purchase = await self._find(value["order_id"])
        if block.read(purchase["comment"]).revision >= revision:
            return Receipt(event.id, revision, Outcome.DUPLICATE, purchase["number"])
        written = self._values(value, purchase)
        await self._client.write(MODEL, purchase["id"], written, purchase["_timestamp"])
        if (await self._find(value["order_id"]))["comment"] != written["comment"]:
            raise refusals.not_as_written(["comment"])
        return Receipt(event.id, revision, Outcome.APPLIED, purchase["number"])

    async def _find(self, number: str) -> Record:
        domain = [["number", "=", number], ["party.code", "=", self._codes.config.hub_party]]
        for purchase in await self._client.search(MODEL, domain, FIELDS):
            return purchase
        raise refusals.unknown_purchase(number)

    def _values(self, value: Mapping[str, Any], purchase: Record) -> Record:
        revision = value["revision"]
        states = {line["line_id"]: self._words(line) for line in value["lines"]}
        notes = [
            ["write", [line["id"]], {"note": block.write(line["note"], revision, [states[str(line["id"])]])}]
            for line in purchase["lines."]
            if str(line["id"]) in states
        ]
        lines = [f"{line['item_code']}: {self._words(line)}" for line in value["lines"]]
        comment = block.write(purchase["comment"], revision, [self._words(value), *lines])
        return {"comment": comment, "lines": notes}

    def _words(self, said: Mapping[str, Any]) -> str:
        """Return ``confirmed (CONFIRMED), promised 2026-12-24. Why.`` in the member's language."""
        state, promised, reason = said["state"], said["promised_date"], said["reason"]
        words = f"{self._say(STATES[state])} ({state})" if state in STATES else state
        if isinstance(promised, date):
            words += f", {self._say(PROMISED)} {promised.isoformat()}"
        why = reason.get(self._codes.member.language) or reason.get("en") or next(iter(reason.values()), "")
        return f"{words}. {why}" if why else words

    def _say(self, text: Text) -> str:
        return text.ru if self._codes.member.language == "ru" else text.en
