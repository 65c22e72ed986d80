"""Tryton 8.2 over its JSON-RPC: a customer's purchases, a plant's sales, stock and productions."""

from functools import partial
from typing import Any

from connectors.tryton import checks, held_orders, orders, statuses
from connectors.tryton.client import Client
from connectors.tryton.codes import Codes
from connectors.tryton.config import Config, ReceiptKind, Side
from connectors.tryton.planned_receipts import PlannedProductions, PlannedPurchases
from connectors.tryton.sink import OrderStatusSink, PlantOrderSink
from connectors.tryton.source import TrytonSource
from connectors.tryton.stock import Stock
from connectors.tryton.streams import Productions, Purchases, Sales, Stream
from kranhub.connector import Connector, Sink, Source
from kranhub.parties.members import Member

__all__ = ["Config", "Side", "Tryton"]


_RECEIPTS: dict[ReceiptKind, type[Stream]] = {
    ReceiptKind.PURCHASES: PlannedPurchases,
    ReceiptKind.PRODUCTIONS: PlannedProductions,
}


class Tryton(Connector):
    """One company's Tryton database, on the customer's or on the plant's side.

    A customer's confirmed purchases from the hub's party are ``Order`` events, and each ``OrderStatus`` is shown on its
    purchase. A plant's ``PlantOrder`` becomes a quoted sale with the plant order's id as reference; what people then do
    with it is an ``OrderResponse``; stock and productions are ``InventoryLevel`` and ``ProductionStatus``;
    what is still to come into stock is ``PlannedReceipt``, where ``planned_receipts`` names it.
    """

    Config = Config

    def __init__(self, config: Any, member: Member) -> None:
        """Take the validated `Config` and the member."""
        self._codes = Codes(config, member)
        self._clients: list[Client] = []

    async def check(self) -> None:
        """Log in and verify modules, rights, parties, warehouses and units."""
        client = Client(self._codes.config)
        try:
            await checks.check(client, self._codes)
        finally:
            await client.close()

    def source(self) -> Source:
        """Return a reader with a session of its own."""
        client, codes = self._client(), self._codes
        if codes.config.side is Side.CUSTOMER:
            return TrytonSource([Purchases(client, codes)], codes)
        streams: list[Stream] = [Sales(client, codes), Productions(client, codes), Stock(client, codes)]
        streams += [_RECEIPTS[kind](client, codes) for kind in codes.config.planned_receipts]
        return TrytonSource(streams, codes)

    def sink(self) -> Sink:
        """Return a writer with a session of its own."""
        client, codes = self._client(), self._codes
        if codes.config.side is Side.CUSTOMER:
            list_held = partial(held_orders.order_statuses, client, codes)
            return OrderStatusSink(statuses.Purchases(client, codes).deliver, list_held=list_held)
        return PlantOrderSink(orders.Sales(client, codes).deliver, list_held=partial(held_orders.plant_orders, client))

    async def close(self) -> None:
        """Close the sessions' connections."""
        for client in self._clients:
            await client.close()

    def _client(self) -> Client:
        client = Client(self._codes.config)
        self._clients.append(client)
        return client
