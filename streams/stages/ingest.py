"""Ingest: takes what members write, trusting nothing but the topic's name; validates its shape, stamps, re-keys."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kranhub import identifiers
from kranhub.broker import topics
from kranhub.errors import InvalidDocument
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import envelope
from kranhub.wire.codec import Codec
from streams.processor import Context, Document, Outputs, Record, State
from streams.routing.masterdata import entries
from streams.routing.model.codes import AlertCode
from streams.routing.notify import clock_alert
from streams.routing.validation import timestamps
from streams.routing.validation.validate import validate

Value = Mapping[str, Any]

_OF_AN_ORDER = frozenset(("Order", "OrderResponse", "ProductionStatus", "Receipt", "Shipment"))
_OF_A_PLANT = frozenset(("InventoryLevel", "Disruption"))


class Ingest:
    """Reads every member's out topics, of members to come as well. Keeps no state, knows no master data.

    A document's bytes pass on untouched; codes and units are normalised where the document is used.
    """

    name = "ingest"
    changelog = None
    state_version = 1

    def __init__(self, settings: Settings, codec: Codec) -> None:
        """Take the namespace and the codec."""
        self.inputs = (topics.out_pattern(settings.namespace),)
        self._namespace, self._codec = settings.namespace, codec

    def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
        """Send the document to the topic of whoever handles it and to hub.events, or to the dead letters."""
        owner = topics.owner(self._namespace, record.topic)
        subject, value = "", dict[str, Any]()
        try:
            subject, value = self._decode(record)
            validate(subject, value, owner)
        except InvalidDocument as error:
            key = _place(record, owner, subject, value)
            outputs.dead_letter(error, key=key, member=owner, order_number=value.get("number"))
            return
        document = self._document(subject, record.value or b"", record, owner)
        self._send(document, list(_places(subject, value, owner)), outputs)
        if found := timestamps.ahead(subject, value, record.envelope.time, ctx.time):
            self._clock(clock_alert.alert(owner, subject, value, found, ctx.time), document, owner, outputs)
        if subject == "ItemMapping":
            self._propose(value, document, outputs)

    def _decode(self, record: Record) -> tuple[str, dict[str, Any]]:
        if record.value is None:
            raise InvalidDocument("empty", _empty())
        subject, value = self._codec.decode(record.value)
        expected = topics.OUT_KINDS[_kind(record.topic)]
        if subject != expected:
            raise InvalidDocument("wrong-record", _wrong(subject, expected))
        return subject, value

    def _document(self, subject: str, data: bytes, record: Record, owner: str) -> Document:
        event_id = record.envelope.id or f"{record.topic}/{record.partition}/{record.offset}"
        source = envelope.member_source(self._namespace, owner)
        return Document(subject, data, event_id, source=source, time=record.envelope.time)

    def _send(self, document: Document, places: list[tuple[str, str]], outputs: Outputs) -> None:
        """Send the document; where it speaks of several orders, it is an event of its own for each of them."""
        several = document.subject == "Shipment" and len({key for _, key in places}) > 1
        for name, key in places:
            said = replace(document, id=f"{document.id};{identifiers.line_place(key)}") if several else document
            outputs.send(topics.hub(self._namespace, name), key, said)

    def _clock(self, alert: Value, said: Document, owner: str, outputs: Outputs) -> None:
        """Propose the alert to the one partition that speaks for the member; it says one in an hour (`Allocator`)."""
        document = Document("Alert", alert, f"{said.id}/{AlertCode.CLOCK_AHEAD}", source=said.source)
        outputs.send(topics.hub(self._namespace, "allocation"), owner, document)

    def _propose(self, value: Value, said: Document, outputs: Outputs) -> None:
        """Propose a member's mapping as an entry of the master data."""
        entry = entries.mapping(value["member"], value["item_code"], value["item"], value["unit"])
        content = entries.record(entry)
        document = Document(
            "MasterDataEntry", content, f"{said.id}{entries.PROPOSED}", source=said.source, time=said.time
        )
        outputs.send(topics.hub(self._namespace, "masterdata"), entry.record_key, document)


def _places(subject: str, value: Value, owner: str) -> Iterator[tuple[str, str]]:
    """Yield the hub's topics and the keys that the document goes to."""
    keys = list(_order_keys(subject, value))
    if subject in _OF_AN_ORDER:
        yield from (("work", key) for key in keys)
    if subject in _OF_A_PLANT:
        yield "allocation", owner
    if subject in ("InventoryLevel", "ItemMapping"):
        keys = [f"{owner}/{value['item_code']}"]
    yield from (("events", key) for key in keys or [owner])


def _kind(topic: str) -> str:
    return topic.rpartition(".")[2]


def _place(record: Record, owner: str, subject: str, value: Value) -> str:
    """Return the key of a document that is refused: its order's where it could be read, in its author's own name."""
    if subject == "Order":
        return identifiers.order_key(owner, value["order_id"])
    return next(_order_keys(subject, value), None) or _guess(record, owner, _kind(record.topic))


def _guess(record: Record, owner: str, kind: str) -> str:
    """Return the order key as the record's own key suggests it, for a document that cannot be read."""
    if kind == "orders":
        return identifiers.order_key(owner, record.key)
    return identifiers.order_key_of(record.key) if kind == "responses" else record.key


def _order_keys(subject: str, value: Value) -> Iterator[str]:
    """Yield the keys of the orders that the document speaks of, each once."""
    if subject == "Order":
        yield identifiers.order_key(value["buyer"], value["order_id"])
    elif subject == "Receipt":
        yield _receipts_order(value)
    elif subject == "Shipment":
        numbers = [line["plant_order_id"] for line in value["lines"] if line["plant_order_id"]]
        yield from dict.fromkeys(identifiers.order_key_of(number) for number in numbers)
    elif value.get("plant_order_id"):
        yield identifiers.order_key_of(value["plant_order_id"])


def _receipts_order(value: Value) -> str:
    """Return the order of what was delivered: a status of somebody else's order has that order's key as its own."""
    member, key = value["member"], value["key"]
    if value["subject"] == "PlantOrder":
        return identifiers.order_key_of(key)
    if value["subject"] == "OrderStatus" and value["event_id"].startswith(f"hub/OrderStatus/{member}/{key}/"):
        return str(key)
    return identifiers.order_key(member, key)


def _empty() -> Text:
    return Text(
        en="The record has no value. A deleted document is sent again with document_status CANCELLED.",
        ru="Запись пуста. Удалённый документ отправляют ещё раз с document_status CANCELLED.",
    )


def _wrong(subject: str, expected: str) -> Text:
    return Text(
        en=f"This topic carries {expected}, not {subject}. Send each kind of document to its own topic.",
        ru=f"В этот топик пишут {expected}, а не {subject}. Отправляйте каждый вид документов в свой топик.",
    )
