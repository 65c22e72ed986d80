"""Allocator: the one writer of each plant's stock; answers the planner's requests."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from kranhub import topics
from kranhub.codec import Codec
from kranhub.settings import Settings
from streams.exactly_once import Context, Document, Out, Record, State
from streams.router import allocate
from streams.router.allocate import Stock
from streams.router.masterdata import MasterData

Value = Mapping[str, Any]


class Allocator:
    """Reads hub.allocation by plant; remembers stock per plant and item, and each request's hold."""

    name = "allocator"
    state_version = 1

    def __init__(self, settings: Settings, codec: Codec, master: MasterData) -> None:
        """Take the namespace and the codec; master data is of no use here."""
        self.inputs = (topics.hub(settings.namespace, "allocation"),)
        self.changelog = topics.hub(settings.namespace, "allocator-changelog")
        self._namespace, self._codec = settings.namespace, codec

    def process(self, record: Record, state: State, out: Out, ctx: Context) -> None:
        """Take a plant's stock, or reserve and release from it."""
        if record.value is None or record.envelope.type == "kranhub.Tick":
            return
        subject, value = self._codec.decode(record.value, trusted=True)
        place = f"{record.key}/{value['item']}"
        key = f"stock/{place}"
        before = allocate.load(state.get(key))
        if subject == "InventoryLevel":
            after = allocate.counted(before, value)
        else:
            after = self._request(before, value, f"hold/{place}/{value['request_id']}", state, record, out)
        if after != before:
            state.put(key, allocate.dump(after))

    def _request(self, stock: Stock, value: Value, key: str, state: State, record: Record, out: Out) -> Stock:
        """Reserve for a request or release what it held; return the stock after it."""
        known = allocate.load_hold(state.get(key))
        if value["action"] != "RESERVE":
            state.delete(key)
            return allocate.release(stock, known)
        after, hold = allocate.reserve(stock, known, value["quantity"])
        state.put(key, allocate.dump_hold(hold))
        self._answer(value, hold.from_stock, record, out)
        return after

    def _answer(self, request: Value, from_stock: Decimal, record: Record, out: Out) -> None:
        value = {
            "request_id": request["request_id"],
            "order_key": request["order_key"],
            "plant": request["plant"],
            "from_stock": from_stock,
            "to_make": request["quantity"] - from_stock,
        }
        event_id = f"{record.envelope.id}/result"
        out.send(
            topics.hub(self._namespace, "work"), request["order_key"], Document("AllocationResult", value, event_id)
        )
