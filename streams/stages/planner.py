"""Planner: one partition holds an order's whole history; the pure planner decides, this stage sends its messages."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from kranhub.broker import topics
from kranhub.errors import InvalidDocument
from kranhub.settings import Settings
from kranhub.wire.codec import Codec
from kranhub.wire.messages import Message, Order, Subject, Wake
from streams.processor import Context, Document, Outputs, Record, State
from streams.processor.state.store import Layer
from streams.routing import handler, reasons
from streams.routing.context import DecisionContext
from streams.routing.masterdata.entries import Entry, Kind
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.availability import Availabilities
from streams.routing.model.codes import AlertCode
from streams.routing.model.order import OrderState
from streams.routing.planner import messages, plausibility
from streams.routing.planner.messages import OutputMessage
from streams.routing.plant_events import assignments
from streams.routing.recovery import adopt, texts
from streams.routing.recovery.evidence import Evidence
from streams.routing.validation.normalise import UNMAPPED_ITEM, normalise_order
from streams.routing.validation.validate import first_unknown_member, unknown_member
from streams.stages.support import availability_state, orders_by_plant, timers
from streams.stages.support.availability_state import AvailabilityState
from streams.stages.support.masterdata_state import MasterDataState
from streams.stages.support.order_cache import OrderCache
from streams.stages.support.pending_events import WAIT, PendingEvent, PendingEvents
from streams.stages.support.queues import RecordQueue
from streams.stages.support.recovery import RecoveryState

_TYPES = frozenset(
    f"kranhub.{subject}"
    for subject in (
        "Order",
        "OrderResponse",
        "ProductionStatus",
        "Receipt",
        "Shipment",
        "AllocationResult",
        "DispatchStatus",
        "PlannerAction",
        "Wake",
    )
)

_RECOVERY = ("kranhub.Held", "kranhub.Recovery")

_AT_ONCE = ("Order", "AllocationResult", handler.WAKE)
"""What is taken at once while the hub recovers; events on plant orders wait until these are known again."""

_TOPICS = {
    "PlantOrder": ("outbox", "events"),
    "OrderStatus": ("outbox", "events"),
    "RoutingDecision": ("decisions", "events"),
    "Alert": ("alerts", "events"),
    "AuditEntry": ("audit", "events"),
    "OrderPlan": ("plans", "events"),
    "AllocationRequest": ("allocation",),
}

_START = "wait/start"
"""The queue of what came before any master data."""


class _Event(NamedTuple):
    """An event of an order: the decoded record, and the record itself under the order's key."""

    subject: Subject
    value: Message
    record: Record


class _Environment(NamedTuple):
    """What surrounds an event: its partition's state, what the stage sends, the hub's time and the master data."""

    state: State
    outputs: Outputs
    ctx: Context
    master: MasterData
    availability: Availabilities

    def context(self, record: Record) -> DecisionContext:
        """Return what the pure planner knows of a record beside its content."""
        return DecisionContext(record.envelope.id, self.ctx.time, self.master, availability=self.availability)


class Planner:
    """Reads hub.work by root order; remembers each order; plans, routes and follows it.

    Its state holds, beside the orders, the master data (`MasterDataState`), the plants' availability
    (`AvailabilityState`), what waits for them, events that wait for
    their plant orders (`PendingEvents`), deadlines (`timers`), and which plants have which orders (`orders_by_plant`).
    """

    name = "planner"
    state_version = 5

    def __init__(self, settings: Settings, codec: Codec, recovery_id: str | None = None) -> None:
        """Prepare the stage.

        Args:
            settings: The settings, with the namespace.
            codec: Reads and writes records.
            recovery_id: The recovery that is under way after a restore; None where there is none.
        """
        self.inputs = (topics.hub(settings.namespace, "work"),)
        self.changelog = topics.hub(settings.namespace, "planner-changelog")
        self._namespace, self._codec, self._masterdata = settings.namespace, codec, MasterDataState(codec)
        self._availability = AvailabilityState(codec)
        self._order_cache, self._pending = OrderCache(), PendingEvents()
        self._recovery_state = RecoveryState(recovery_id)

    def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
        """Handle one event of an order, a tick, or a change of master data; other records of the hub are ignored.

        Args:
            record: The record.
            state: The state of its partition.
            outputs: What the stage sends.
            ctx: The hub's time of the record.

        Raises:
            InvalidDocument: As `handler.handle`, for an event other than an Order, whose refusal is sent from here;
                ``bad-masterdata`` for a publication that contradicts itself.
        """
        kind = record.envelope.type
        if record.value is None:
            return
        if kind == "kranhub.Tick" and not self._recovery_state.is_open(state):
            for key in timers.expire(state, ctx.time):
                self._wake(key, outputs, ctx)
        elif kind == availability_state.TYPE:
            self._availability.take(record, state)
        elif kind == "kranhub.MasterDataEntry":
            self._master_data(record, state, outputs, ctx)
        elif kind in _RECOVERY:
            self._recovery(record, state, outputs, ctx)
        elif kind in _TYPES:
            self._event(record, state, outputs, ctx)

    def _event(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
        master = self._masterdata.current(state)
        if master is None:
            self._park(_START, record, state)
            return
        came, environment = (
            self._codec.decode(record.value or b"", trusted=True),
            _Environment(state, outputs, ctx, master, self._availability.current(state)),
        )
        if came.subject is not Subject.ORDER:
            self._plant_event(_Event(came.subject, came.value, record), environment)
            return
        try:
            self._order(came.value, record, environment)
        except InvalidDocument as error:
            _refuse(error, came.value, record, outputs)

    def _order(self, value: Order, record: Record, environment: _Environment) -> None:
        members = environment.master.members
        if (who := first_unknown_member(value, members)) is not None:
            _refuse(unknown_member(who, members), value, record, environment.outputs)
            self._park(f"wait/member/{who}", record, environment.state)
            return
        self._handle(_Event(Subject.ORDER, self._normalised(value, record, environment), record), environment)

    def _normalised(self, value: Order, record: Record, environment: _Environment) -> Order:
        """Return the order in canonical items and base units; unmapped lines are held, reported, and later woken."""
        normalised = normalise_order(value, environment.master)
        for problem in normalised.problems:
            _refuse(problem, value, record, environment.outputs)
        for line in normalised.value["lines"]:
            if line["hold_reason"] == UNMAPPED_ITEM:
                RecordQueue(_waiting(value["buyer"], line["item_code"])).put(environment.state, _bytes(record.key))
            elif line["hold_reason"]:
                RecordQueue(_waiting_item(str(line["item"]))).put(environment.state, _bytes(record.key))
        return normalised.value

    def _plant_event(self, event: _Event, environment: _Environment) -> None:
        """Handle an event of an order; one of a plant order that is not known yet waits for it (`PendingEvents`)."""
        state, outputs, ctx, *_ = environment
        if event.subject == handler.WAKE:
            key = event.record.key
            for pending in self._pending.over(key, state, ctx.time):
                with outputs.on_behalf_of(pending.record):
                    outputs.dead_letter(_never_issued(pending, ctx.time), key=key, member=pending.member)
        try:
            self._handle(event, environment)
        except InvalidDocument as error:
            if error.code != assignments.UNKNOWN or not self._pending.keep(*event, state, ctx.time):
                raise

    def _handle(self, event: _Event, environment: _Environment) -> None:
        """Handle one event, and those that have waited for what it has led to."""
        order_key = event.record.key
        if self._recovery_state.is_open(environment.state):
            self._apply_facts(event, environment)
            return
        if self._recovery_state.is_pending(order_key, environment.state):
            self._resume_order(event, environment)
        else:
            self._decide(event, environment)
        self._apply_pending(order_key, environment)

    def _apply_pending(self, order_key: str, environment: _Environment) -> None:
        """Handle the events that have waited for plant orders which are known now."""
        state = environment.state
        while not self._pending.is_empty(order_key, state):
            order = self._load(order_key, state)
            issued = assignments.issued_plant_orders(order) if order else frozenset()
            events = self._pending.known(order_key, issued, state)
            if not events:
                break
            for pending in events:
                self._apply_one_pending(pending.record, pending.member or None, environment)

    def _apply_one_pending(self, record: Record, member: str | None, environment: _Environment) -> None:
        """Handle an event that has waited; an error in it concerns itself, not what it waited for."""
        state, outputs = environment.state, environment.outputs
        layer = Layer(state)
        with outputs.on_behalf_of(record) as savepoint:
            try:
                subject, value = self._codec.decode(record.value or b"", trusted=True)
                self._decide(_Event(subject, value, record), environment._replace(state=layer))
            except InvalidDocument as error:
                outputs.rollback(savepoint)
                outputs.dead_letter(error, key=record.key, member=member)
                return
        for key, changed in layer.changes.items():
            if changed is None:
                state.delete(key)
            else:
                state.put(key, changed)

    def _decide(self, event: _Event, environment: _Environment) -> None:
        subject, value, record = event
        state = environment.state
        before = self._load(record.key, state)
        context = environment.context(record)
        step = handler.handle(before, subject, value, context)
        if step is None:
            return
        self._put(before, step.state, state, context.time)
        orders_by_plant.note(before, step.state, state)
        _await_members(None if subject == handler.WAKE else before, step.state, state)
        _await_items(before, step.state, state)
        self._send(step.messages, record.key, environment.outputs)
        if step.state.closed and (before is None or not before.closed):
            plans, event_id = topics.hub(self._namespace, "plans"), f"hub/OrderPlan/{record.key}/closed"
            environment.outputs.tombstone(plans, record.key, Subject.ORDER_PLAN, event_id)

    def _load(self, order_key: str, state: State) -> OrderState | None:
        known = state.get(order_key)
        return self._order_cache.load(order_key, known) if known else None

    def _put(self, before: OrderState | None, after: OrderState, state: State, time: datetime) -> None:
        if after != before:
            state.put(after.key, self._order_cache.dump(after.key, after))
            _set_timer(before, after, state, time)

    def _recovery(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
        """Keep what an ERP holds of an order; once everything was read, wake all such orders."""
        came = self._codec.decode(record.value or b"", trusted=True)
        if came.subject is Subject.HELD:
            if self._recovery_state.is_open(state):
                self._recovery_state.add(record.key, came.value, state)
            return
        if came.subject is not Subject.RECOVERY:
            return
        known = orders_by_plant.anywhere(self._masterdata.current(state), state)
        for key in self._recovery_state.close(came.value, known, state):
            self._wake(key, outputs, ctx)

    def _apply_facts(self, event: _Event, environment: _Environment) -> None:
        """Apply an order as it is, and keep its events for later: nothing is decided before everything was read."""
        subject, value, record = event
        state = environment.state
        if subject not in _AT_ONCE:
            self._recovery_state.park(record, state)
            return
        self._recovery_state.touch(record.key, state)
        before = self._load(record.key, state)
        context = environment.context(record)
        step = handler.apply_facts(before, subject, value, context)
        if step is not None:
            self._put(before, step.state, state, context.time)
            self._send(step.messages, record.key, environment.outputs)

    def _resume_order(self, event: _Event, environment: _Environment) -> None:
        """Let the order go on from what the ERPs hold of it: adopt that, apply its events, then decide."""
        subject, value, record = event
        state, context = environment.state, environment.context(record)
        evidence, events = self._recovery_state.take(record.key, state)
        before = order = self._load(record.key, state)
        if subject == "Order":
            step = handler.apply_facts(order, subject, value, context)
            order = step.state if step else None
        events = [*events, *([record] if subject not in _AT_ONCE else [])]
        if order is None or order.closed:
            self._without_order(record.key, order, evidence, events, environment)
            return
        adopted = adopt.adopt(order, evidence, context)
        order, actions = self._apply_waiting(adopted.state, evidence, events, environment)
        missing = adopt.missing(order, evidence, context.time)
        recovered = handler.resume_after_restore(order, evidence, context)
        after = recovered.state
        self._put(before, after, state, context.time)
        orders_by_plant.note(before, after, state)
        if after.due is not None:
            timers.set_timer(state, after.due, after.key)  # what woke it up meanwhile was let pass
        _await_members(None, after, state)
        _await_items(None, after, state)
        self._send([*adopted.messages, *missing, *recovered.messages], record.key, environment.outputs)
        for action in actions:
            self._apply_one_pending(action, None, environment)

    def _apply_waiting(
        self, order: OrderState, evidence: Evidence, events: Sequence[Record], environment: _Environment
    ) -> tuple[OrderState, list[Record]]:
        """Return the order with its events applied, and people's actions, which are handled after all else."""
        decoded = [self._codec.decode(each.value or b"", trusted=True) for each in events]
        old = adopt.outdated(decoded, evidence)
        actions: list[Record] = []
        for place, (each, (subject, value)) in enumerate(zip(events, decoded, strict=True)):
            if subject == "PlannerAction":
                actions.append(each)
            elif place not in old:
                order = self._apply_waiting_event(order, _Event(subject, value, each), environment)
        return order, actions

    def _apply_waiting_event(self, order: OrderState, event: _Event, environment: _Environment) -> OrderState:
        state, outputs, ctx, *_ = environment
        subject, value, record = event
        try:
            step = handler.apply_facts(order, subject, value, environment.context(record))
        except InvalidDocument as error:
            if error.code != assignments.UNKNOWN or not self._pending.keep(*event, state, ctx.time):
                with outputs.on_behalf_of(record):
                    outputs.dead_letter(error, key=record.key)
            return order
        if step is None:
            return order
        self._send(step.messages, record.key, outputs)
        return step.state

    def _without_order(
        self,
        order_key: str,
        closed: OrderState | None,
        evidence: Evidence,
        events: Sequence[Record],
        environment: _Environment,
    ) -> None:
        """Keep what is known of an order that no buyer has sent, and alert operators; of a closed one nothing."""
        state, outputs, ctx, *_ = environment
        if closed is None and evidence.orders:
            self._recovery_state.put_back(order_key, evidence, state)
            numbers = ", ".join(sorted(order.number for order in evidence.orders))
            text = texts.no_order(order_key, numbers)
            alert = messages.alert_of(order_key, None, AlertCode.RECOVERY_NO_ORDER, order_key, text, ctx.time)
            self._send([alert], order_key, outputs)
        for each in events:
            subject, value = self._codec.decode(each.value or b"", trusted=True)
            if closed is not None or not self._pending.keep(subject, value, each, state, ctx.time):
                self._apply_one_pending(each, None, environment)

    def _send(self, messages: Iterable[OutputMessage], order_key: str, outputs: Outputs) -> None:
        for message in messages:
            document = Document(message.subject, message.value, message.id)
            for name in _TOPICS[message.subject]:
                key = message.key if name == "allocation" else order_key
                outputs.send(topics.hub(self._namespace, name), key, document, message.headers)

    def _master_data(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
        """Keep the entry; with a publication, wake what has waited for its entries."""
        self._masterdata.take(record, state)
        for entry in self._masterdata.published(record, state):
            if entry.kind == Kind.PUBLICATION:
                self._unpark(_START, state, outputs)
            elif entry.kind == Kind.PARTY:
                self._party(entry, state, outputs, ctx)
            elif entry.kind == Kind.ITEM:
                still = self._still_waiting(entry.key, state)
                names = [_waiting(member, code) for member, code in entry.codes()]
                self._wake_all([*names, _waiting_item(entry.key)], state, outputs, ctx)
                for key in still:
                    RecordQueue(_waiting_item(entry.key)).put(state, key)
            elif entry.kind == Kind.CUTOVER:
                self._wake_all([_waiting_member(entry.key)], state, outputs, ctx)

    def _still_waiting(self, item: str, state: State) -> list[bytes]:
        """Return the orders that wait for the item and have a line of it on hold: this change of it may not help."""
        keys = dict.fromkeys(RecordQueue(_waiting_item(item)).values(state))
        orders = {key: self._load(_text(key), state) for key in keys}
        return [
            key
            for key, order in orders.items()
            if order is not None and any(line.item == item and line.hold_reason for line in order.order.lines)
        ]

    def _party(self, entry: Entry, state: State, outputs: Outputs, ctx: Context) -> None:
        """Handle what has waited for a member; of one who is gone, wake the orders that its plant has."""
        if entry.content is None:
            for key in orders_by_plant.orders(entry.key, state):
                self._wake(key, outputs, ctx)
            return
        self._unpark(f"wait/member/{entry.key}", state, outputs)
        self._wake_all([_waiting_member(entry.key)], state, outputs, ctx)

    def _wake_all(self, names: Iterable[str], state: State, outputs: Outputs, ctx: Context) -> None:
        """Wake the orders that wait under these names, each once."""
        keys = [key for name in names for key in RecordQueue(name).take(state)]
        for key in dict.fromkeys(keys):
            self._wake(_text(key), outputs, ctx)

    def _wake(self, key: str, outputs: Outputs, ctx: Context) -> None:
        value: Wake = {"order_key": key, "time": ctx.time}
        outputs.send(
            topics.hub(self._namespace, "work"),
            key,
            Document(Subject.WAKE, value, f"hub/Wake/{key}/{ctx.time.isoformat()}"),
        )

    def _park(self, name: str, record: Record, state: State) -> None:
        """Keep the record until the name is called; it then comes again, behind whatever has come meanwhile."""
        came = record.envelope
        head = json.dumps([came.type, came.id, came.source, record.key, came.traceparent, came.tracestate])
        RecordQueue(name).put(state, head.encode() + b"\n" + (record.value or b""))

    def _unpark(self, name: str, state: State, outputs: Outputs) -> None:
        for parked in RecordQueue(name).take(state):
            head, _, value = parked.partition(b"\n")
            kind, event_id, source, key, traceparent, tracestate = json.loads(head)
            subject = Subject(kind.removeprefix("kranhub."))
            document = Document(subject, value, event_id, source, None, traceparent, tracestate)
            outputs.send(topics.hub(self._namespace, "work"), key, document)


def _refuse(error: InvalidDocument, value: Order, record: Record, outputs: Outputs) -> None:
    """Put an order on the dead letters, where people find it by its number."""
    outputs.dead_letter(error, key=record.key, member=value["buyer"], order_number=value.get("number"))


def _never_issued(pending: PendingEvent, time: datetime) -> InvalidDocument:
    """Return the refusal of an event whose plant order was not issued in time."""
    minutes = round((time - pending.until + WAIT).total_seconds() / 60)
    return InvalidDocument(
        assignments.UNKNOWN, reasons.unknown_plant_order(pending.names[0]).then(reasons.waited(minutes))
    )


def _set_timer(before: OrderState | None, after: OrderState, state: State, time: datetime) -> None:
    """Set the order's timer anew where it is another one, or where the one that is due has run out already."""
    if after.due is not None and (before is None or before.due != after.due or after.due <= time):
        is_prompt = after.held_status is not None and after.held_status.due == after.due
        timers.set_timer(state, after.due, after.key, prompt=is_prompt)


def _await_members(before: OrderState | None, after: OrderState, state: State) -> None:
    """Note that the order waits for members' next mode; a wake may have used up that note, so it is made anew."""
    known = before.awaited_members if before else ()
    for member in after.awaited_members:
        if member not in known:
            RecordQueue(_waiting_member(member)).put(state, _bytes(after.key))


def _await_items(before: OrderState | None, after: OrderState, state: State) -> None:
    """Note that lines whose quantities wait for an approval go on as well once their items allow them."""
    known = {line.line_id for line in plausibility.held_lines(before.order, None)} if before else ()
    for line in plausibility.held_lines(after.order, None):
        if line.line_id not in known:
            RecordQueue(_waiting_item(str(line.item))).put(state, _bytes(after.key))


def _waiting_member(member: str) -> str:
    return f"wait/cutover/{member}"


def _waiting(member: str, code: str) -> str:
    return f"wait/code/{member}/{code}"


def _waiting_item(item: str) -> str:
    return f"wait/item/{item}"


def _text(key: bytes) -> str:
    return key.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
