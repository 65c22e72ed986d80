"""Writes plant orders into the plant's tables, each in one transaction of its own."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.sql import held_orders
from connectors.sql.client import Client, Transaction
from connectors.sql.columns import ANY
from connectors.sql.config import PlantOrders
from connectors.sql.delivery import DeliveryPlanner, Plan, Stored
from connectors.sql.errors import AlreadyThere, Overtaken, Refused, RowLocked
from connectors.sql.values import Row, Values
from kranhub.connector import Event, Held, Outcome, Receipt, Sink
from kranhub.errors import InvalidDocument, Unavailable
from kranhub.failpoints import failpoint
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.messages import Subject

INTENTS = "kranhub_intent"
INTENT_COLUMNS = {"reference": "text", "revision": "integer", "lines": "text"}
"""The connector's own table; its primary key is ``reference``, ``lines`` are the line ids we wrote, as JSON."""

ATTEMPTS = 3


def create_intents(client: Client) -> None:
    """Create the connector's own table where it is missing.

    Raises:
        Unavailable: When the database is locked or unreachable.
        Misconfigured: Where it may not be created.
    """
    with suppress(AlreadyThere), client.writing() as transaction:
        transaction.create(INTENTS, INTENT_COLUMNS, "reference")


class Damaged(Exception):
    """What was read again differs from what was written."""


class SqlSink(Sink):
    """Looks the reference up, creates what is absent, changes what is outdated, reads it back, commits.

    The first look-up takes no write lock: a batch delivered again costs the plant nothing. Inside the transaction it is
    repeated, because another sink may have been faster; the unique constraint decides where both were.
    """

    subjects = (Subject.PLANT_ORDER,)

    def __init__(self, client: Client, settings: PlantOrders, values: Values, customers: Mapping[str, str]) -> None:
        """Take where to write, and how."""
        self._client, self._settings, self._values = client, settings, values
        self._customers = customers
        self._prepared = settings.intents != "create"

    async def deliver(self, batch: Sequence[Event]) -> Sequence[Receipt]:
        """Deliver one by one; what was committed stays and is not doubled.

        Raises:
            Unavailable: When the database is locked or unreachable.
            Misconfigured: For a wrong table, column or right.
        """
        await self._prepare()
        return [await asyncio.to_thread(self._deliver, event) for event in batch]

    async def _prepare(self) -> None:
        if not self._prepared:
            await asyncio.to_thread(create_intents, self._client)
            self._prepared = True

    async def held(self) -> AsyncIterator[Held]:
        """Yield the plant orders that the tables hold, page by page.

        Raises:
            Unavailable: When the database is locked or unreachable.
            Misconfigured: For a wrong table, column or right.
        """
        await self._prepare()
        after: list[Any] | None = None
        while True:
            found, after = await asyncio.to_thread(self._held_page, after)
            for one in found:
                yield one
            if after is None:
                return

    def _held_page(self, after: list[Any] | None) -> tuple[list[Held], list[Any] | None]:
        with self._client.scanning() as transaction:
            planner = self._planner(transaction)
            names, end = held_orders.references(transaction, self._settings, self._values, after)
            found = [(name, self._stored(transaction, name)) for name in names]
        known = [(name, stored) for name, stored in found if stored is not None]
        return [held_orders.held(self._settings, self._values, planner, *each) for each in known], end

    def _deliver(self, event: Event) -> Receipt:
        try:
            return self._receipt(event, *self._applied(event.value_as(messages.PlantOrder)))
        except InvalidDocument as error:
            return self._receipt(event, Plan(Outcome.REJECTED, error.text), None)
        except (Refused, Damaged) as error:
            return self._receipt(event, Plan(Outcome.REJECTED, _refused(error)), None)
        except RowLocked as error:
            return self._receipt(event, Plan(Outcome.RETRY, _locked(error)), None)

    def _applied(self, order: messages.PlantOrder) -> tuple[Plan, Stored | None]:
        for _ in range(ATTEMPTS):
            try:
                return self._once(order)
            except AlreadyThere as error:
                last = error
        if not isinstance(last, Overtaken) and self._looked_up(order) is None:
            raise Refused(str(last))
        raise Unavailable(
            Text(
                en=f"Others keep writing {order['plant_order_id']} at the same time. It is tried again.",
                ru=f"{order['plant_order_id']} одновременно пишут другие. Попытка повторится.",
            )
        )

    def _once(self, order: messages.PlantOrder) -> tuple[Plan, Stored | None]:
        self._values.stored(order["plant_order_id"], name=self._settings.head.reference)
        with self._client.reading() as transaction:
            stored, planner = self._stored(transaction, order["plant_order_id"]), self._planner(transaction)
        failpoint("sql.after-lookup")
        plan = planner.plan(order, stored)
        return self._written(order) if plan.writes else (plan, stored)

    def _looked_up(self, order: messages.PlantOrder) -> Stored | None:
        with self._client.scanning() as transaction:
            return self._stored(transaction, order["plant_order_id"])

    def _planner(self, transaction: Transaction) -> DeliveryPlanner:
        head, lines = (transaction.columns(table.table) for table in (self._settings.head, self._settings.lines))
        return DeliveryPlanner(self._settings, self._values, self._customers, head, lines)

    def _written(self, order: messages.PlantOrder) -> tuple[Plan, Stored | None]:
        with self._client.writing() as transaction:
            stored, planner = self._stored(transaction, order["plant_order_id"]), self._planner(transaction)
            plan = planner.plan(order, stored)
            if not plan.writes:
                return plan, stored
            if stored is None and self._intent(transaction, order["plant_order_id"]):
                return Plan(Outcome.REJECTED, _deleted(order)), None
            self._write_intent(transaction, order, stored)
            self._write(transaction, plan, stored, planner.identity)
            stored = self._stored(transaction, order["plant_order_id"])
            if stored is None:
                raise Damaged(self._settings.head.table)
            if different := planner.differences(plan, stored):
                raise Damaged(", ".join(different))
            failpoint("sql.before-commit")
        failpoint("sql.after-commit")
        return plan, stored

    def _stored(self, transaction: Transaction, reference: str) -> Stored | None:
        head, lines = self._settings.head, self._settings.lines
        found = transaction.rows(head.table, self._head_columns, {head.reference: reference}, (head.key,))
        if not found:
            return None
        owner = found[0][lines.head_key or head.key]
        held = transaction.rows(lines.table, lines.columns, {lines.head: owner}, (lines.position,))
        intent = self._intent(transaction, reference)
        revision = self._values.integer(found[0], head.revision) if head.revision else intent.get("revision", 0)
        written = frozenset(json.loads(intent["lines"])) if intent else None
        return Stored(found[0], tuple(held), revision, written)

    @property
    def _head_columns(self) -> tuple[str, ...]:
        columns, key = self._settings.head.columns, self._settings.lines.head_key
        return (*columns, key) if key else columns

    def _intent(self, transaction: Transaction, reference: str) -> Row:
        if self._settings.intents == "none":
            return {}
        found = transaction.rows(INTENTS, tuple(INTENT_COLUMNS), {"reference": reference})
        return found[0] if found else {}

    def _write_intent(self, transaction: Transaction, order: messages.PlantOrder, stored: Stored | None) -> None:
        """Claim the reference: its primary key lets one of two writers through."""
        if self._settings.intents == "none":
            return
        names = {line["line_id"] for line in order["lines"]} | set((stored.written if stored else None) or ())
        values = {"revision": order["revision"], "lines": json.dumps(sorted(names))}
        if stored is not None and stored.written is not None:
            transaction.update(INTENTS, {"reference": order["plant_order_id"]}, values)
        else:
            transaction.insert(INTENTS, {"reference": order["plant_order_id"], **values})

    def _write(self, transaction: Transaction, plan: Plan, stored: Stored | None, identity: str) -> None:
        head, lines = self._settings.head, self._settings.lines
        returned = lines.head_key or head.key
        if stored is None:
            owner = transaction.insert(head.table, self._spelled(transaction, head.table, plan.head), returned)
        else:
            owner = stored.head[returned]
            if plan.head:
                spelled = self._spelled(transaction, head.table, plan.head)
                transaction.update(head.table, {head.key: stored.head[head.key]}, spelled)
        for fields in plan.insert:
            whole = {lines.head: owner, **fields}
            transaction.insert(lines.table, self._spelled(transaction, lines.table, whole))
        for line, fields in plan.update:
            spelled = self._spelled(transaction, lines.table, fields)
            transaction.update(lines.table, {lines.head: owner, identity: line}, spelled)
        for line in plan.delete:
            transaction.delete(lines.table, {lines.head: owner, identity: line})

    def _spelled(self, transaction: Transaction, table: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields as the table's columns take them. Raises `InvalidDocument` where one cannot."""
        columns = transaction.columns(table)
        return {name: self._values.stored(value, columns.get(name, ANY), name) for name, value in fields.items()}

    def _receipt(self, event: Event, plan: Plan, stored: Stored | None) -> Receipt:
        head = self._settings.head
        retry = plan.outcome is Outcome.RETRY
        return Receipt(
            event.id,
            event.revision,
            plan.outcome,
            self._values.text(stored.head, head.number or head.key) if stored else None,
            plan.reason.as_map() if plan.reason else {},
            datetime.now(UTC) + timedelta(seconds=self._settings.retry_seconds) if retry else None,
        )


def _refused(error: Exception) -> Text:
    if isinstance(error, Damaged):
        return Text(
            en=f"The ERP did not keep what it was told: {error}. Nothing was saved. Look at the column's length and "
            "type, and at the table's triggers.",
            ru=f"Учётная система сохранила не то, что ей передали: {error}. Ничего не записано. Проверьте длину и тип "
            "столбца и триггеры таблицы.",
        )
    return Text(
        en=f"A rule of the ERP's database refuses the order: {error}. Nothing was saved.",
        ru=f"Правило базы учётной системы не пропускает заказ: {error}. Ничего не записано.",
    )


def _deleted(order: messages.PlantOrder) -> Text:
    return Text(
        en=f"{order['plant_order_id']} was in the ERP and was deleted there; it is not created again.",
        ru=f"{order['plant_order_id']} уже был в учётной системе и удалён там; второй раз он не создаётся.",
    )


def _locked(error: Exception) -> Text:
    return Text(
        en=f"Another session of the ERP holds the order's row ({error}); it waits.",
        ru=f"Строку заказа держит другой сеанс учётной системы ({error}); заказ ждёт.",
    )
