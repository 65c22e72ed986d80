"""Dispatch: hands plant orders to plants and statuses to customers."""

from kranhub import topics
from kranhub.codec import Codec
from kranhub.settings import Settings
from streams.exactly_once import Context, Document, Out, Record, State
from streams.router.cutover import SHADOW_HEADER

_RULE = ("kranhub-rule", "kranhub-rule-version")


class Dispatch:
    """Reads hub.work; what it writes is for the addressee's topics only, whatever rights the broker enforces.

    Its changelog holds nothing but how far it has come: should the brokers ever forget that, it would hand out a month
    of plant orders again.
    """

    name = "dispatch"
    state_version = 1

    def __init__(self, settings: Settings, codec: Codec) -> None:
        """Take the namespace and the codec."""
        self.inputs = (topics.hub(settings.namespace, "work"),)
        self.changelog = topics.hub(settings.namespace, "dispatch-changelog")
        self._namespace, self._codec = settings.namespace, codec

    def process(self, record: Record, state: State, out: Out, ctx: Context) -> None:
        """Pass a PlantOrder or an OrderStatus on, byte by byte; what is in shadow and all else is not for members."""
        if record.value is None:
            return
        if record.envelope.type == "kranhub.PlantOrder" and SHADOW_HEADER not in record.headers:
            plant, plant_order_id = self._codec.texts(record.value, "plant", "plant_order_id")
            rule = [(name, content) for name, content in record.headers if name in _RULE]
            topic = topics.inbound(self._namespace, plant, "orders")
            out.send(topic, plant_order_id, _same("PlantOrder", record.value, record), rule)
        elif record.envelope.type == "kranhub.OrderStatus":
            member, key = self._addressee(record.value)
            topic = topics.inbound(self._namespace, member, "statuses")
            out.send(topic, key, _same("OrderStatus", record.value, record))

    def _addressee(self, status: bytes) -> tuple[str, str]:
        """Return whom a status is for, and its key: the buyer's number for the buyer, the order's key for others."""
        order_key, order_id, buyer = self._codec.texts(status, "order_key", "order_id", "buyer")
        addressee = self._codec.optional_text(status, "addressee") or buyer
        return addressee, order_id if addressee == buyer else order_key


def _same(subject: str, value: bytes, record: Record) -> Document:
    """Return the document under the event's own id: the hub said it once, to whoever reads it."""
    return Document(subject, value, record.envelope.id, source=record.envelope.source, time=record.envelope.time)
