"""Dispatch: hands plant orders to plants and statuses to customers, in their own item codes."""

from collections.abc import Mapping
from typing import Any

from kranhub import topics
from kranhub.codec import Codec
from kranhub.settings import Settings
from streams.exactly_once import Context, Document, Out, Record, State
from streams.router.masterdata import MasterData

_RULE = ("kranhub-rule", "kranhub-rule-version")


class Dispatch:
    """Reads hub.work; the broker's rights let only the addressee read what it writes.

    Its changelog holds nothing but how far it has come: should the brokers ever forget that, it would hand out a month
    of plant orders again.
    """

    name = "dispatch"
    state_version = 1

    def __init__(self, settings: Settings, codec: Codec, master: MasterData) -> None:
        """Take the namespace, the codec and the master data."""
        self.inputs = (topics.hub(settings.namespace, "work"),)
        self.changelog = topics.hub(settings.namespace, "dispatch-changelog")
        self._namespace, self._codec, self._master = settings.namespace, codec, master

    def process(self, record: Record, state: State, out: Out, ctx: Context) -> None:
        """Pass a PlantOrder or an OrderStatus on; everything else on hub.work is not for members."""
        if record.value is None:
            return
        if record.envelope.type == "kranhub.PlantOrder":
            self._plant_order(record, out)
        elif record.envelope.type == "kranhub.OrderStatus":
            buyer, order_id = self._codec.texts(record.value, "buyer", "order_id")
            topic = topics.inbound(self._namespace, buyer, "statuses")
            out.send(topic, order_id, _same("OrderStatus", record.value, record))

    def _plant_order(self, record: Record, out: Out) -> None:
        value = self._codec.decode(record.value or b"", trusted=True).value
        plant = value["plant"]
        lines = [self._in_own_words(plant, line) for line in value["lines"]]
        topic = topics.inbound(self._namespace, plant, "orders")
        rule = [(name, content) for name, content in record.headers if name in _RULE]
        document = _same("PlantOrder", {**value, "lines": lines}, record)
        out.send(topic, value["plant_order_id"], document, rule)

    def _in_own_words(self, plant: str, line: Mapping[str, Any]) -> dict[str, Any]:
        return {**line, "item_code": self._master.code_for(plant, line["item"])}


def _same(subject: str, value: Mapping[str, Any] | bytes, record: Record) -> Document:
    """Return the document under the event's own id: the hub said it once, to whoever reads it."""
    return Document(subject, value, record.envelope.id, source=record.envelope.source, time=record.envelope.time)
