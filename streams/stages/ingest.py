"""Ingest: takes what members write, trusting nothing but the topic's name; validates, normalises, stamps, re-keys."""

from collections.abc import Iterator, Mapping
from typing import Any

from kranhub import identifiers, topics
from kranhub.codec import Codec
from kranhub.errors import InvalidDocument
from kranhub.settings import Settings
from kranhub.text import Text
from streams.exactly_once import Context, Document, Out, Record, State
from streams.router.masterdata import MasterData
from streams.router.normalise import normalise
from streams.router.validate import validate

Value = Mapping[str, Any]

_AS_THEY_CAME = ("OrderResponse", "Receipt")
"""Nothing in them is normalised here, so their bytes pass on untouched."""


class Ingest:
    """Reads every member's out topics, of members to come as well. Keeps no state."""

    name = "ingest"
    changelog = None
    state_version = 1

    def __init__(self, settings: Settings, codec: Codec, master: MasterData) -> None:
        """Take the namespace, the codec and the master data."""
        self.inputs = (topics.out_pattern(settings.namespace),)
        self._namespace, self._codec, self._master = settings.namespace, codec, master

    def process(self, record: Record, state: State, out: Out, ctx: Context) -> None:
        """Send the document to hub.work or hub.allocation and to hub.events, or to the dead letters."""
        owner = topics.owner(self._namespace, record.topic)
        key = _guess(record, owner, _kind(record.topic))
        try:
            subject, value = self._decode(record)
            validate(subject, value, owner, self._master.members)
            key = next(_order_keys(subject, value), key)
            normalised = normalise(subject, value, owner, self._master)
        except InvalidDocument as error:
            out.dead_letter(error, key=key, member=owner)
            return
        for problem in normalised.problems:
            out.dead_letter(problem, key=key, member=owner)
        document = self._document(record, subject, normalised.value, owner)
        for topic, place in self._places(subject, normalised.value, owner):
            out.send(topic, place, document)

    def _decode(self, record: Record) -> tuple[str, dict[str, Any]]:
        if record.value is None:
            raise InvalidDocument("empty", _empty())
        subject, value = self._codec.decode(record.value)
        expected = topics.OUT_KINDS[_kind(record.topic)]
        if subject != expected:
            raise InvalidDocument("wrong-record", _wrong(subject, expected))
        return subject, value

    def _document(self, record: Record, subject: str, value: dict[str, Any], owner: str) -> Document:
        content = record.value if subject in _AS_THEY_CAME and record.value else value
        event_id = record.envelope.id or f"{record.topic}/{record.partition}/{record.offset}"
        return Document(subject, content, event_id, source=f"/members/{owner}", time=record.envelope.time)

    def _places(self, subject: str, value: Value, owner: str) -> Iterator[tuple[str, str]]:
        """Yield the topics and keys that the document goes to."""
        keys = list(_order_keys(subject, value))
        events = topics.hub(self._namespace, "events")
        if subject in ("Order", "OrderResponse", "ProductionStatus", "Receipt"):
            yield from ((topics.hub(self._namespace, "work"), key) for key in keys)
        if subject == "InventoryLevel":
            yield events, f"{owner}/{value['item']}"
            if self._master.members.by_id[owner].makes:
                yield topics.hub(self._namespace, "allocation"), owner
        else:
            yield from ((events, key) for key in keys or [owner])


def _kind(topic: str) -> str:
    return topic.rpartition(".")[2]


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
        is_plant = value["subject"] == "PlantOrder"
        yield (
            identifiers.order_key_of(value["key"]) if is_plant else identifiers.order_key(value["member"], value["key"])
        )
    elif subject == "Shipment":
        numbers = [line["plant_order_id"] for line in value["lines"] if line["plant_order_id"]]
        yield from dict.fromkeys(identifiers.order_key_of(number) for number in numbers)
    elif value.get("plant_order_id"):
        yield identifiers.order_key_of(value["plant_order_id"])


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
