"""Allocator: the one writer of each plant's stock; answers the planner's requests."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from kranhub import topics
from kranhub.codec import Codec
from kranhub.settings import Settings
from streams.exactly_once import Context, Document, Out, Record, State
from streams.router import allocate
from streams.router.masterdata import MasterData

Value = Mapping[str, Any]


class Allocator:
    """Reads hub.allocation by plant; remembers stock and holds per plant and item."""

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
        key = f"{record.key}/{value['item']}"
        before = allocate.load(state.get(key))
        if subject == "InventoryLevel":
            after = allocate.counted(before, value)
        elif value["action"] == "RESERVE":
            after, hold = allocate.reserve(before, value["request_id"], value["quantity"])
            self._answer(value, hold.from_stock, record, out)
        else:
            after = allocate.release(before, value["request_id"])
        if after != before:
            state.put(key, allocate.dump(after))

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
