"""Dispatch: hands plant orders to plants and statuses to customers."""

import json
from datetime import datetime
from typing import NamedTuple

from kranhub.broker import topics
from kranhub.settings import Settings
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from kranhub.wire.messages import Subject
from streams.processor import Context, Document, Outputs, Record, State
from streams.routing.planner.cutover import SHADOW_HEADER
from streams.stages.support.queues import RecordQueue

_RULE = ("kranhub-rule", "kranhub-rule-version")

MAX_WAITING = 10_000
"""How many records a partition keeps for one topic that does not exist; further ones go to the dead letters."""

AT_ONCE = 200
"""How many of those are sent with one tick, once the topic exists."""

_TOPICS = "waiting"


class _Addressed(NamedTuple):
    """A document on its way: where to, under which key, and the plant order that it is, where it is one."""

    topic: str
    key: str
    document: Document
    extra: list[tuple[str, bytes]]
    order_key: str
    plant_order_id: str | None


class Dispatch:
    """Reads hub.outbox, and writes to the addressee's topics only, whatever rights the broker enforces.

    Where a topic does not exist, its records wait, in their order, and are handed out with the first tick after it is
    there. The planner is informed of a plant order that waits, and again once it has gone (DispatchStatus). Beside what
    waits, the changelog holds how far the stage has come: should the brokers ever forget that, it would hand out a
    month of plant orders again.
    """

    name = "dispatch"
    state_version = 3

    def __init__(self, settings: Settings, codec: Codec) -> None:
        """Take the namespace and the codec."""
        self.inputs = (topics.hub(settings.namespace, "outbox"),)
        self.changelog = topics.hub(settings.namespace, "dispatch-changelog")
        self._work = topics.hub(settings.namespace, "work")
        self._namespace, self._codec = settings.namespace, codec

    def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
        """Write a PlantOrder or an OrderStatus to its addressee, byte by byte.

        What is in shadow, and every other record but a tick, is not for members.

        Args:
            record: The record.
            state: The state of its partition: what waits for topics.
            outputs: What the stage sends.
            ctx: The hub's time of the record.

        Raises:
            InvalidDocument: ``unknown-topic`` where too much waits for a topic.
        """
        if record.value is None:
            return
        if record.envelope.type == "kranhub.PlantOrder" and SHADOW_HEADER not in record.headers:
            plant, number = self._codec.texts(record.value, "plant", "plant_order_id")
            rule = [(name, content) for name, content in record.headers if name in _RULE]
            topic = topics.inbound(self._namespace, plant, "orders")
            document = _same(Subject.PLANT_ORDER, record.value, record)
            self._send_or_keep(_Addressed(topic, number, document, rule, record.key, number), state, outputs, ctx)
        elif record.envelope.type == "kranhub.OrderStatus":
            member, key = self._addressee(record.value)
            topic = topics.inbound(self._namespace, member, "statuses")
            document = _same(Subject.ORDER_STATUS, record.value, record)
            self._send_or_keep(_Addressed(topic, key, document, [], record.key, None), state, outputs, ctx)
        elif record.envelope.type == "kranhub.Tick":
            for topic in _waiting(state):
                if outputs.has(topic):
                    self._send_waiting(topic, state, outputs, ctx)

    def _addressee(self, status: bytes) -> tuple[str, str]:
        """Return a status' addressee, and its key: the buyer's number for the buyer, the order's key for others."""
        order_key, order_id, buyer = self._codec.texts(status, "order_key", "order_id", "buyer")
        addressee = self._codec.optional_text(status, "addressee") or buyer
        return addressee, order_id if addressee == buyer else order_key

    def _send_or_keep(self, one: _Addressed, state: State, outputs: Outputs, ctx: Context) -> None:
        """Send the document, or keep it: behind what waits for the topic already, or where there is no such topic."""
        queue = RecordQueue(f"for/{one.topic}")
        waiting = queue.length(state) if one.topic in _waiting(state) else 0
        if waiting >= MAX_WAITING or (not waiting and outputs.has(one.topic)):
            outputs.send(one.topic, one.key, one.document, one.extra)
            return
        if not waiting:
            _put_waiting([*_waiting(state), one.topic], state)
        queue.put(state, _dump(one))
        self._report(one, outputs, ctx, held=True)

    def _send_waiting(self, topic: str, state: State, outputs: Outputs, ctx: Context) -> None:
        queue = RecordQueue(f"for/{topic}")
        for kept in queue.take(state, AT_ONCE):
            one = _load(topic, kept)
            outputs.send(one.topic, one.key, one.document, one.extra)
            self._report(one, outputs, ctx, held=False)
        if not queue.length(state):
            _put_waiting([other for other in _waiting(state) if other != topic], state)

    def _report(self, one: _Addressed, outputs: Outputs, ctx: Context, *, held: bool) -> None:
        if one.plant_order_id is None:
            return
        value: messages.DispatchStatus = {
            "order_key": one.order_key,
            "plant_order_id": one.plant_order_id,
            "topic": one.topic,
            "held": held,
            "at": ctx.time,
        }
        event_id = f"hub/DispatchStatus/{one.document.id}/{'held' if held else 'sent'}"
        outputs.send(self._work, one.order_key, Document(Subject.DISPATCH_STATUS, value, event_id))


def _same(subject: Subject, value: bytes, record: Record) -> Document:
    """Return the document under the event's own id: it is the same event, whoever reads it."""
    came = record.envelope
    return Document(subject, value, came.id, came.source, came.time, came.traceparent, came.tracestate)


def _waiting(state: State) -> list[str]:
    """Return the topics that something waits for."""
    found: list[str] = json.loads(state.get(_TOPICS) or b"[]")
    return found


def _put_waiting(found: list[str], state: State) -> None:
    if found:
        state.put(_TOPICS, json.dumps(found).encode())
    else:
        state.delete(_TOPICS)


def _dump(one: _Addressed) -> bytes:
    document, data = one.document, one.document.value
    assert isinstance(data, bytes)  # noqa: S101  (dispatch passes bytes on)
    extra = [(name, content.decode("latin-1")) for name, content in one.extra]
    time = document.time.isoformat() if document.time else None
    about = [document.subject, document.id, document.source, time, document.traceparent, document.tracestate]
    head = json.dumps([one.key, one.order_key, one.plant_order_id, extra, about])
    return head.encode() + b"\n" + data


def _load(topic: str, kept: bytes) -> _Addressed:
    head, _, data = kept.partition(b"\n")
    key, order_key, number, extra, (subject, event_id, source, time, trace, tracestate) = json.loads(head)
    when = datetime.fromisoformat(time) if time else None
    document = Document(Subject(subject), data, event_id, source, when, trace, tracestate)
    return _Addressed(topic, key, document, [(name, text.encode("latin-1")) for name, text in extra], order_key, number)
