"""Ingest: takes what members write, trusting nothing but the topic's name; validates its shape, stamps, re-keys."""

from collections.abc import Iterator, Sequence

from kranhub import identifiers
from kranhub.broker import topics
from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import envelope, messages
from kranhub.wire.codec import Codec
from kranhub.wire.messages import AnyDecoded, Subject
from streams.processor import Context, Document, Outputs, Record, State
from streams.routing.masterdata import entries
from streams.routing.model.codes import AlertCode
from streams.routing.notify import clock_alert
from streams.routing.validation import timestamps
from streams.routing.validation.validate import validate

_OF_AN_ORDER = frozenset(
    (Subject.ORDER, Subject.ORDER_RESPONSE, Subject.PRODUCTION_STATUS, Subject.RECEIPT, Subject.SHIPMENT)
)
_OF_A_PLANT = frozenset((Subject.INVENTORY_LEVEL, Subject.PLANNED_RECEIPT, Subject.DISRUPTION))


class Ingest:
    """Reads every member's out topics, of members to come as well. Keeps no state, knows no master data.

    A document's bytes stay as they are; codes and units are normalised where the document is used.
    """

    name = "ingest"
    changelog = None
    state_version = 1

    def __init__(self, settings: Settings, codec: Codec) -> None:
        """Take the namespace and the codec."""
        self.inputs = (topics.out_pattern(settings.namespace),)
        self._namespace, self._codec = settings.namespace, codec

    def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:  # noqa: ARG002  (a stage's interface)
        """Send the document to the topic of whoever handles it and to hub.events, or to the dead letters.

        Args:
            record: A member's record.
            state: Not used: the stage has none.
            outputs: What the stage sends.
            ctx: The hub's time of the record.
        """
        owner = topics.owner(self._namespace, record.topic)
        came: AnyDecoded | None = None
        try:
            came = self._decode(record)
            validate(came.subject, came.value, owner)
        except InvalidDocument as error:
            key = _place(record, owner, came)
            number = came.value["number"] if came and came.subject is Subject.ORDER else None
            outputs.dead_letter(error, key=key, member=owner, order_number=number)
            return
        document = self._document(came.subject, record.value or b"", record, owner)
        self._send(document, list(_places(came, owner)), outputs)
        if found := timestamps.ahead(came.subject, came.value, record.envelope.time, ctx.time):
            alert = clock_alert.alert(owner, came.subject, came.value, found, ctx.time)
            self._clock(alert, document, owner, outputs)
        if came.subject is Subject.ITEM_MAPPING:
            self._propose(came.value, document, outputs)

    def _decode(self, record: Record) -> AnyDecoded:
        if record.value is None:
            raise InvalidDocument(DocumentCode.EMPTY, _empty())
        came = self._codec.decode(record.value)
        expected = topics.OUT_KINDS[_kind(record.topic)]
        if came.subject not in expected:
            raise InvalidDocument(DocumentCode.WRONG_RECORD, _wrong(came.subject, expected))
        return came

    def _document(self, subject: Subject, data: bytes, record: Record, owner: str) -> Document:
        event_id = record.envelope.id or f"{record.topic}/{record.partition}/{record.offset}"
        source = envelope.member_source(self._namespace, owner)
        return Document(subject, data, event_id, source=source, time=record.envelope.time)

    def _send(self, document: Document, places: list[tuple[str, str]], outputs: Outputs) -> None:
        """Send the document; where it is about several orders, it is an event of its own for each of them."""
        several = document.subject is Subject.SHIPMENT and len({key for _, key in places}) > 1
        for name, key in places:
            event = document._replace(id=f"{document.id};{identifiers.line_place(key)}") if several else document
            outputs.send(topics.hub(self._namespace, name), key, event)

    def _clock(self, alert: messages.Alert, cause: Document, owner: str, outputs: Outputs) -> None:
        """Propose the alert to the one partition that reads all of the member's; it sends one an hour (`Allocator`)."""
        document = Document(Subject.ALERT, alert, f"{cause.id}/{AlertCode.CLOCK_AHEAD}", source=cause.source)
        outputs.send(topics.hub(self._namespace, "allocation"), owner, document)

    def _propose(self, value: messages.ItemMapping, cause: Document, outputs: Outputs) -> None:
        """Propose a member's mapping as an entry of the master data."""
        entry = entries.mapping(value["member"], value["item_code"], value["item"], value["unit"])
        content = entries.record(entry)
        document = Document(
            Subject.MASTER_DATA_ENTRY, content, f"{cause.id}{entries.PROPOSED}", source=cause.source, time=cause.time
        )
        outputs.send(topics.hub(self._namespace, "masterdata"), entry.record_key, document)


def _places(came: AnyDecoded, owner: str) -> Iterator[tuple[str, str]]:
    """Yield the hub's topics and the keys that the document goes to."""
    keys = list(_order_keys(came))
    if came.subject in _OF_AN_ORDER:
        yield from (("work", key) for key in keys)
    if came.subject in _OF_A_PLANT:
        yield "allocation", owner
    match came.subject:
        case Subject.INVENTORY_LEVEL | Subject.PLANNED_RECEIPT | Subject.ITEM_MAPPING:
            keys = [f"{owner}/{came.value['item_code']}"]
    yield from (("events", key) for key in keys or [owner])


def _kind(topic: str) -> str:
    return topic.rpartition(".")[2]


def _place(record: Record, owner: str, came: AnyDecoded | None) -> str:
    """Return the key of a document that is refused: its order's where it could be read, in its author's own name."""
    if came is not None and came.subject is Subject.ORDER:
        return identifiers.order_key(owner, came.value["order_id"])
    keys = _order_keys(came) if came is not None else iter(())
    return next(keys, None) or _guess(record, owner, _kind(record.topic))


def _guess(record: Record, owner: str, kind: str) -> str:
    """Return the order key as the record's own key suggests it, for a document that cannot be read."""
    if kind == "orders":
        return identifiers.order_key(owner, record.key)
    return identifiers.order_key_of(record.key) if kind == "responses" else record.key


def _order_keys(came: AnyDecoded) -> Iterator[str]:
    """Yield the keys of the orders that the document is about, each once."""
    match came.subject:
        case Subject.ORDER:
            yield identifiers.order_key(came.value["buyer"], came.value["order_id"])
        case Subject.RECEIPT:
            yield _receipts_order(came.value)
        case Subject.SHIPMENT:
            numbers = [number for line in came.value["lines"] if (number := line["plant_order_id"])]
            yield from dict.fromkeys(identifiers.order_key_of(number) for number in numbers)
        case Subject.ORDER_RESPONSE | Subject.PRODUCTION_STATUS:
            if number := came.value["plant_order_id"]:
                yield identifiers.order_key_of(number)


def _receipts_order(value: messages.Receipt) -> str:
    """Return the order of what was delivered: a status of another member's order has that order's key as its own."""
    member, key = value["member"], value["key"]
    if value["subject"] == Subject.PLANT_ORDER:
        return identifiers.order_key_of(key)
    if value["subject"] == Subject.ORDER_STATUS and value["event_id"].startswith(f"hub/OrderStatus/{member}/{key}/"):
        return key
    return identifiers.order_key(member, key)


def _empty() -> Text:
    return Text(
        en="The record has no value. A deleted document is sent again with document_status CANCELLED.",
        ru="Запись пуста. Удалённый документ отправляют ещё раз с document_status CANCELLED.",
    )


def _wrong(subject: str, expected: Sequence[str]) -> Text:
    known = ", ".join(expected)
    return Text(
        en=f"This topic carries {known}, not {subject}. Send each kind of document to its own topic.",
        ru=f"В этот топик пишут {known}, а не {subject}. Отправляйте каждый вид документов в свой топик.",
    )
