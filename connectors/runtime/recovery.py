"""After a restore of the hub: a sink reports what its ERP holds, a source that it has read its ERP to the end."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import structlog

from connectors.runtime import conformance
from connectors.runtime.calls import calling
from connectors.runtime.context import Context, Task
from kranhub.connector import Held, Sink
from kranhub.errors import InvalidDocument
from kranhub.operations import recovery
from kranhub.wire import envelope, messages
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject

log = structlog.get_logger()

BATCH = 500
"""How many documents are reported in one transaction."""

Outgoing = tuple[str, str, bytes, Envelope]
"""Topic, key, value, envelope."""


def is_question(record: Any) -> bool:
    """Return whether a record of an in topic is the hub's question what the ERP holds."""
    return envelope.read(record.headers).type == recovery.TYPE


class Answer:
    """A sink's answer to one question, in portions; `report` is its end."""

    def __init__(self, context: Context, sink: Sink, question: messages.Recovery) -> None:
        """Take the context of the sink, the sink, and the Recovery record that requests the answer."""
        self._context, self._sink, self._id = context, sink, question["recovery_id"]
        self._supported, self._count = True, 0

    async def portions(self) -> AsyncGenerator[list[Outgoing], None]:
        """Yield what the ERP holds.

        Raises:
            Unavailable: When the ERP does not answer.
            Misconfigured: For what a person must correct.
            ConnectorDefect: Where the connector's code breaks the contract.
        """
        with calling(self._context.loaded, "held()"):
            held = self._sink.held()
        if held is None:
            self._supported = False
            return
        portion: list[Outgoing] = []
        async with aclosing(self._checked(held)) as found:
            async for one in found:
                portion.append(self._encoded(one))
                self._count += 1
                if len(portion) >= BATCH:
                    yield portion
                    portion = []
        if portion:
            yield portion

    async def _checked(self, held: Any) -> AsyncGenerator[Held, None]:
        last = ""
        while True:
            with calling(self._context.loaded, "held()", after=last):
                try:
                    one = conformance.held(await anext(held))
                except StopAsyncIteration:
                    return
            last = one.key
            yield one

    def report(self) -> Outgoing:
        """Return the report that all was sent."""
        value = _report(self._context, "sink")
        value["recovery_id"] = self._id
        value["subjects"] = [str(subject) for subject in self._sink.subjects]
        value["supported"] = self._supported
        value["count"] = self._count
        log.info("told what the ERP holds", recovery=self._id, documents=self._count, supported=self._supported)
        return _outgoing(self._context, Subject.HELD_REPORT, self._id, value)

    def _encoded(self, held: Held) -> Outgoing:
        value: messages.Held = {
            "recovery_id": self._id,
            "member": self._context.member,
            "connector": self._context.loaded.name,
            "subject": held.subject,
            "key": held.key,
            "revision": held.revision,
            "cancelled": held.cancelled,
            "requested_date": held.requested_date,
            "lines": [
                {"line_id": line.line_id, "item_code": line.item_code, "quantity": line.quantity, "unit": line.unit}
                for line in held.lines
            ],
            "state": held.state,
            "promised_date": held.promised_date,
        }
        try:
            return _outgoing(self._context, Subject.HELD, f"{held.subject}/{held.key}", value)
        except InvalidDocument as error:  # such as a quantity that people have typed: the revision is what counts
            log.warning("told without its lines", key=held.key, code=error.code)
            return _outgoing(self._context, Subject.HELD, f"{held.subject}/{held.key}", {**value, "lines": []})


def caught_up(context: Context) -> Outgoing:
    """Return a source's report that it has read its ERP to the end since it started."""
    return _outgoing(context, Subject.HELD_REPORT, "source", _report(context, "source"))


def _report(context: Context, task: Task) -> messages.HeldReport:
    return {
        "recovery_id": None,
        "member": context.member,
        "connector": context.loaded.name,
        "task": task,
        "reported_at": datetime.now(UTC),
    }


def _outgoing(context: Context, record: Subject, place: str, value: messages.Message) -> Outgoing:
    data = context.codec.encode(record, value)
    key, now = f"{context.loaded.name}/{place}", datetime.now(UTC)
    event_id = f"{context.member}/{record}/{key}/{now.isoformat()}"
    return context.out("recovery"), key, data, context.about(record, event_id, key, data, time=now)
