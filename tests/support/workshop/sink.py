"""Writes into the workshop: plant orders become jobs, statuses are shown on purchases."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta

from kranhub.connector import Event, Held, Outcome, Receipt, Sink
from kranhub.errors import InvalidDocument
from kranhub.failpoints import failpoint
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.messages import PlantOrderDocumentStatus, Subject
from tests.support.workshop import mapping
from tests.support.workshop.client import Client, Conflict, Found, Refused, Row

ATTEMPTS = 3
BUSY = timedelta(seconds=5)


class WorkshopSink(Sink):
    """Looks the reference up; a unique constraint decides between two creators, a row's version between two editors."""

    subjects = (Subject.PLANT_ORDER, Subject.ORDER_STATUS)

    def __init__(self, client: Client) -> None:
        self.client = client

    async def deliver(self, batch: Sequence[Event]) -> Sequence[Receipt]:
        """Bring every event into the workshop. Raises `Unavailable`."""
        return [await asyncio.to_thread(self.delivered, event) for event in batch]

    def held(self) -> AsyncIterator[Held]:
        """Yield what the workshop holds of plant orders and statuses."""
        return self.holding()

    async def holding(self) -> AsyncIterator[Held]:
        """Yield them, one document after the other."""
        for job in await asyncio.to_thread(self.client.jobs):
            yield self.held_job(job)
        for purchase in await asyncio.to_thread(self.client.told):
            promised = purchase["hub_promised"]
            yield Held(
                Subject.ORDER_STATUS,
                str(purchase["id"]),
                purchase["hub_revision"],
                state=purchase["hub_state"],
                promised_date=date.fromisoformat(promised) if promised else None,
            )

    def held_job(self, job: Found) -> Held:
        """Return what a job says of its plant order."""
        head = job.head
        return Held(
            Subject.PLANT_ORDER,
            head["reference"],
            head["revision"],
            cancelled=head["state"] == "cancelled",
            requested_date=date.fromisoformat(head["wanted"]) if head["wanted"] else None,
            lines=tuple(mapping.held_line(line) for line in job.lines if line["line"] is not None),
        )

    def delivered(self, event: Event) -> Receipt:
        """Deliver one event; look again when somebody was faster."""
        for _ in range(ATTEMPTS):
            try:
                return self.plant_order(event) if event.subject == Subject.PLANT_ORDER else self.status(event)
            except Conflict:
                continue
            except InvalidDocument as error:
                return self.refused(event, error.text)
            except Refused as error:
                return self.refused(event, _not_taken(error))
        return self.receipt(event, Outcome.RETRY)

    def plant_order(self, event: Event) -> Receipt:
        """Create a job, or take it to the event's revision."""
        order = event.value_as(messages.PlantOrder)
        found = self.client.job(order["plant_order_id"])
        failpoint("workshop.after-lookup")
        if found is not None and found.head["revision"] >= order["revision"]:
            return self.receipt(event, Outcome.DUPLICATE, found.head)
        if order["document_status"] == PlantOrderDocumentStatus.CANCELLED:
            return self.cancel(event, found)
        unknown = {line["item_code"] for line in order["lines"]} - self.client.codes()
        if unknown:
            return self.refused(event, _unknown(sorted(unknown)))
        lines = [mapping.job_line(line) for line in order["lines"]]
        if found is None:
            self.client.create_job(mapping.job(order, "new"), lines)
        else:
            self.change(found, mapping.job(order, "changed"), lines)
        failpoint("workshop.after-write")
        return self.receipt(event, Outcome.APPLIED)

    def change(self, found: Found, head: Row, lines: list[Row]) -> None:
        """Write a newer revision, only while the job is as it was looked up."""
        self.client.change_job(found.head, head, lines)

    def cancel(self, event: Event, found: Found | None) -> Receipt:
        """Cancel a job; one that never was is created as cancelled, so that no older revision can live."""
        head = mapping.job(event.value_as(messages.PlantOrder), "cancelled")
        if found is None:
            self.client.create_job(head, [])
        else:
            self.client.change_job(found.head, head)
        return self.receipt(event, Outcome.APPLIED)

    def status(self, event: Event) -> Receipt:
        """Show the status of one of the workshop's own orders."""
        value = event.value_as(messages.OrderStatus)
        purchase = self.client.purchase(value["order_id"])
        if purchase is None:
            return self.refused(event, _unknown_purchase(value["order_id"]))
        if purchase["hub_revision"] >= value["revision"]:
            return self.receipt(event, Outcome.DUPLICATE, purchase)
        promised = value["promised_date"].isoformat() if value["promised_date"] else None
        shown = {"hub_revision": value["revision"], "hub_state": value["state"], "hub_promised": promised}
        self.client.show(purchase, shown)
        return self.receipt(event, Outcome.APPLIED, purchase)

    def refused(self, event: Event, text: Text) -> Receipt:
        """Return a business no."""
        return Receipt(event.id, event.revision, Outcome.REJECTED, reason=text.as_map())

    def receipt(self, event: Event, outcome: Outcome, row: Row | None = None) -> Receipt:
        """Return a receipt with the workshop's own number."""
        later = datetime.now(UTC) + BUSY if outcome is Outcome.RETRY else None
        return Receipt(event.id, event.revision, outcome, str(row["id"]) if row else None, not_before=later)


def _unknown(codes: list[str]) -> Text:
    return Text(
        en=f"The workshop does not know the item {', '.join(codes)}. Enter it there, or correct the nomenclature.",
        ru=f"В мастерской нет номенклатуры {', '.join(codes)}. Заведите её там или исправьте справочник.",
    )


def _unknown_purchase(key: str) -> Text:
    return Text(
        en=f"The workshop has no purchase {key}; it may have been deleted.",
        ru=f"В мастерской нет закупки {key}; возможно, её удалили.",
    )


def _not_taken(error: Exception) -> Text:
    return Text(
        en=f"The workshop's database does not take the order ({error}). Correct the order.",
        ru=f"База мастерской не принимает заказ ({error}). Исправьте заказ.",
    )
