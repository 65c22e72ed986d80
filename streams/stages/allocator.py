"""Allocator: the one writer of each plant's stock and capacity; answers the planner's requests."""

import json
from collections.abc import Iterable
from typing import NamedTuple

from kranhub.broker import topics
from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.values import confusables
from kranhub.wire import envelope
from kranhub.wire.codec import Codec
from kranhub.wire.messages import (
    AllocationRequest,
    Disruption,
    InventoryLevel,
    Message,
    PlannedReceipt,
    RepromisingState,
    Subject,
    narrowed,
)
from streams.processor import Context, Document, Outputs, Record, State
from streams.routing.allocator import allocator, repromise
from streams.routing.allocator.allocator import AllocatorStep
from streams.routing.context import DecisionContext
from streams.routing.masterdata.entries import Kind
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.codes import UNMAPPED
from streams.routing.notify import unmapped_stock
from streams.routing.validation import timestamps
from streams.routing.validation.normalise import normalise_level, normalise_receipt
from streams.stages.support.clock_alerts import ClockAlerts
from streams.stages.support.masterdata_state import MasterDataState
from streams.stages.support.plant_loads import PlantLoads
from streams.stages.support.queues import RecordQueue
from streams.stages.support.unmapped_stock import UnmappedStock

MAX_WAITING = 20_000
"""How many records a partition keeps while it has no master data."""

PORTION = 200
"""How many of those are handled with one record."""


class _Arrival(NamedTuple):
    """A record as it came, with the id of its event and its place."""

    event_id: str
    place: str
    data: bytes

    @classmethod
    def of(cls, record: Record) -> "_Arrival":
        place = str(record.location)
        return cls(record.envelope.id or place, place, record.value or b"")

    @classmethod
    def load(cls, kept: bytes) -> "_Arrival":
        head, _, data = kept.partition(b"\n")
        event_id, place = json.loads(head)
        return cls(event_id, place, data)

    def dump(self) -> bytes:
        return json.dumps([self.event_id, self.place]).encode() + b"\n" + self.data


class Allocator:
    """Reads hub.allocation by plant.

    Its state holds the master data (`MasterDataState`), what waits for them, what `allocator` keeps of every plant,
    when it sent alerts of members' clocks (`ClockAlerts`), and which plants' loads it has published (`PlantLoads`).
    """

    name = "allocator"
    state_version = 3

    def __init__(self, settings: Settings, codec: Codec) -> None:
        """Take the namespace and the codec."""
        self.inputs = (topics.hub(settings.namespace, "allocation"),)
        self.changelog = topics.hub(settings.namespace, "allocator-changelog")
        self._namespace = settings.namespace
        self._allocation, self._work = self.inputs[0], topics.hub(settings.namespace, "work")
        self._alerts = [topics.hub(settings.namespace, name) for name in ("alerts", "events")]
        self._repromisings, self._audit = (topics.hub(settings.namespace, name) for name in ("repromisings", "audit"))
        self._codec, self._masterdata = codec, MasterDataState(codec)
        self._pending, self._unmapped = RecordQueue("early"), UnmappedStock()
        self._clock_alerts, self._loads = ClockAlerts(self._alerts, codec), PlantLoads(settings.namespace)

    def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
        """Handle what a plant says of stock and disruptions, a request, a tick, master data, or an alert of a clock.

        Args:
            record: The record.
            state: The state of its partition.
            outputs: What the stage sends.
            ctx: The hub's time of the record.

        Raises:
            InvalidDocument: ``no-masterdata`` where too much waits for the first publication, ``bad-masterdata`` for a
                publication that contradicts itself, ``too-many-digits`` for a level or a planned receipt,
                ``too-many-disruptions`` for a disruption.
        """
        if record.value is None:
            return
        if record.envelope.type == "kranhub.Alert":
            self._clock_alerts.send(record, state, outputs, ctx)
            return
        is_entry = self._masterdata.take(record, state)
        for entry in self._masterdata.published(record, state) if is_entry else ():
            self._unmapped.name(state, entry.codes())
            if entry.kind == Kind.PUBLICATION:
                self._loads.note_all(state)
        master = self._masterdata.current(state)
        is_tick = record.envelope.type == "kranhub.Tick"
        if not is_entry and not is_tick:
            self._handle_in_order(_Arrival.of(record), state, outputs, ctx, master)
        elif master is not None:
            self._catch_up(state, outputs, ctx, master)
            if is_tick:
                self._handle(_Arrival.of(record), state, outputs, ctx, master)
                self._count(state, outputs, ctx)
                self._loads.publish(state, outputs, DecisionContext(record.envelope.id, ctx.time, master))

    def _handle_in_order(
        self, arrival: _Arrival, state: State, outputs: Outputs, ctx: Context, master: MasterData | None
    ) -> None:
        """Handle what came, behind all that came before it.

        Raises:
            InvalidDocument: ``no-masterdata`` where too much waits for the first publication.
        """
        if master is not None and self._pending.is_empty(state):
            self._handle(arrival, state, outputs, ctx, master)
            return
        if self._pending.length(state) >= MAX_WAITING:
            raise InvalidDocument(DocumentCode.NO_MASTERDATA, _no_masterdata())
        self._pending.put(state, arrival.dump())
        if master is not None:
            self._catch_up(state, outputs, ctx, master)

    def _catch_up(self, state: State, outputs: Outputs, ctx: Context, master: MasterData) -> None:
        """Handle a portion of what has waited for master data."""
        for kept in (*self._pending.take(state, PORTION), *self._unmapped.mapped(state, master)):
            self._handle(_Arrival.load(kept), state, outputs, ctx, master, late=True)

    def _count(self, state: State, outputs: Outputs, ctx: Context) -> None:
        """Alert operators, in one alert per member, to how many of its codes the nomenclature does not have."""
        for count in self._unmapped.due_counts(state, ctx.time):
            alert = unmapped_stock.alert(count.member, count.codes, count.examples, ctx.time, is_full=count.is_full)
            document = Document(alert.subject, alert.value, alert.id)
            for topic in self._alerts:
                outputs.send(topic, count.member, document)

    def _handle(
        self, arrival: _Arrival, state: State, outputs: Outputs, ctx: Context, master: MasterData, *, late: bool = False
    ) -> None:
        subject, value = self._codec.decode(arrival.data, trusted=True)
        owner = _owner(subject, value)
        event_id = arrival.place if owner else arrival.event_id  # A member may give two documents one id.
        try:
            if level := narrowed(InventoryLevel, subject, value):
                value = normalise_level(level, master)
            elif receipt := narrowed(PlannedReceipt, subject, value):
                value = normalise_receipt(receipt, master)
            if owner and not _makes(owner, master):
                return
            fingerprint = timestamps.fingerprint(arrival.event_id, value) if owner else ""
            context = DecisionContext(event_id, ctx.time, master, fingerprint)
            step = allocator.handle(state, subject, value, context)
        except InvalidDocument as error:
            self._refuse(error, subject, value, arrival, state, outputs, late=late)
            return
        for key, data in step.changes.items():
            _write(state, key, data)
        for plant in _plants(subject, value, step):
            self._loads.note(plant, state, changed=bool(step.changes))
        for each in step.availability:
            outputs.broadcast(self._work, Document(Subject.AVAILABILITY, each.value, each.id))
        for result in step.results:
            outputs.send(
                self._work,
                result.value["order_key"],
                Document(Subject.ALLOCATION_RESULT, result.value, result.id),
            )
        if request := narrowed(AllocationRequest, subject, value):
            self._answer(request, step, outputs)

    def _answer(self, request: AllocationRequest, step: AllocatorStep, outputs: Outputs) -> None:
        """Answer who has had a plant's orders promised anew, or asked for a proposal; what was done is audited."""
        made = step.repromising
        if made is None:
            return
        name = f"{made['plant']}/{made['request_id']}"
        document = Document(Subject.REPROMISING, made, f"hub/Repromising/{name}/{made['state']}")
        outputs.send(self._repromisings, made["plant"], document)
        if made["state"] == RepromisingState.DONE:
            entry = repromise.audit_entry(request, made)
            outputs.send(self._audit, made["plant"], Document(Subject.AUDIT_ENTRY, entry, f"hub/AuditEntry/{name}"))

    def _refuse(
        self,
        error: InvalidDocument,
        subject: Subject,
        value: Message,
        arrival: _Arrival,
        state: State,
        outputs: Outputs,
        *,
        late: bool,
    ) -> None:
        """Keep what is said of stock until it can be read, and alert operators; what is late comes again, as a record.

        Of codes that the nomenclature does not have, an ERP has thousands: they are counted (`_count`). A dead letter
        is for a code that only looks like one of the member's, for a unit, and for what is not kept.
        """
        member, stated = _owner(subject, value), _of_an_item(subject, value)
        if member and late:
            document = Document(
                subject, arrival.data, arrival.event_id, source=envelope.member_source(self._namespace, member)
            )
            outputs.send(self._allocation, member, document)
        elif error.code not in UNMAPPED or stated is None:
            raise error
        else:
            kept = self._unmapped.keep(state, stated, arrival.dump(), error.code)
            if not kept.is_kept or (kept.is_new and self._needs_dead_letter(error, stated, state)):
                outputs.dead_letter(error, key=member, member=member)

    def _needs_dead_letter(self, error: InvalidDocument, value: InventoryLevel | PlannedReceipt, state: State) -> bool:
        master = self._masterdata.current(state)
        if error.code != DocumentCode.UNMAPPED_ITEM or master is None:
            return True
        return confusables.skeleton(value["item_code"]) in master.looks(value["company"])


def _of_an_item(subject: Subject, value: Message) -> InventoryLevel | PlannedReceipt | None:
    """Return what a member says of an item's stock, or of what comes into it; None for any other record."""
    return narrowed(InventoryLevel, subject, value) or narrowed(PlannedReceipt, subject, value)


def _owner(subject: Subject, value: Message) -> str | None:
    """Return the member that wrote the document; None for what the hub itself writes."""
    if stated := _of_an_item(subject, value):
        return stated["company"]
    disruption = narrowed(Disruption, subject, value)
    return disruption["member"] if disruption else None


def _plants(subject: Subject, value: Message, step: AllocatorStep) -> Iterable[str]:
    """Return the plants whose loads the step may have changed."""
    request = narrowed(AllocationRequest, subject, value)
    named = request["plant"] if request else _owner(subject, value)
    of_results = (result.value["plant"] for result in step.results)
    return dict.fromkeys(plant for plant in (named, *of_results) if plant)


def _makes(member: str, master: MasterData) -> bool:
    known = master.members.by_id.get(member)
    return known is not None and known.makes


def _write(state: State, key: str, data: bytes | None) -> None:
    if data is None:
        state.delete(key)
    else:
        state.put(key, data)


def _no_masterdata() -> Text:
    return Text(
        en="The hub has no master data yet, and too many records wait for them. Publish them with `kranhub core "
        "publish`, then send the letter's record again with `kranhub send-again`.",
        ru="В центре ещё нет справочников, и их ждёт слишком много записей. Опубликуйте справочники командой "
        "`kranhub core publish` и отправьте запись из письма ещё раз: `kranhub send-again`.",
    )
