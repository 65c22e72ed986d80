"""The recovery's job in a worker of the core: requests the connectors' reports, awaits them, and lets the hub continue.

Nothing is sent meanwhile: `gated` keeps dispatch and the clock from starting. Whatever is done twice, by two workers or
after a crash, has the same result again.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime

import structlog
from kafka import TopicPartition

from kranhub.broker import errors, lag, reading, topics
from kranhub.broker.reading import Message
from kranhub.errors import Unavailable
from kranhub.operations import recovery
from kranhub.operations.recovery import Recovery, Reports
from kranhub.parties.members import Members
from kranhub.settings import Settings
from kranhub.wire import envelope, messages
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import RecoveryPhase, Subject
from streams.admin import producing
from streams.admin.producing import Raw
from streams.routing.recovery import evidence

log = structlog.get_logger()

POLL_S, SAY_S = 1.0, 30.0
Job = Callable[[threading.Event], None]
"""Runs until the event is set."""


def gated(job: Job, over: threading.Event) -> Job:
    """Return a job that begins once the recovery is over."""

    def waiting(stopping: threading.Event) -> None:
        while not over.wait(0.2):
            if stopping.is_set():
                return
        job(stopping)

    return waiting


def watch(settings: Settings, codec: Codec, recovery_id: str, over: threading.Event) -> Job:
    """Return the job that notices the end of a recovery, whichever worker or person ends it.

    Args:
        settings: The installation's settings.
        codec: What decodes the hub's records.
        recovery_id: The recovery.
        over: Set once the recovery is finished.
    """

    def run(stopping: threading.Event) -> None:
        while not over.is_set() and not stopping.wait(POLL_S):
            with suppress(Unavailable):
                found = recovery.current(settings, codec)
                if found is None or found.recovery_id != recovery_id or not found.is_open:
                    log.info("recovery finished", recovery=recovery_id)
                    over.set()
        stopping.wait()

    return run


class Coordinator:
    """Requests the connectors' reports, waits for them, and writes them where the planner reads them."""

    def __init__(self, settings: Settings, codec: Codec, members: Members, recovery_id: str) -> None:
        """Take the recovery; opens nothing."""
        self._settings, self._codec, self._members, self._id = settings, codec, members, recovery_id
        self._reports = Reports()
        self._held: dict[tuple[str, str, str], messages.Held] = {}

    def run(self, stopping: threading.Event) -> None:
        """Bring the recovery to its end, or until stopped."""
        logged_at = 0.0
        with closing(Listener(self._settings, self._codec, self._members)) as listener:
            while not stopping.is_set():
                try:
                    found = recovery.current(self._settings, self._codec)
                    if found is None or found.recovery_id != self._id or not found.is_open:
                        return
                    missing = self._step(found, listener)
                    if missing and time.monotonic() - logged_at > SAY_S:
                        log.warning("recovering: nothing is sent yet", waits_for=missing)
                        logged_at = time.monotonic()
                except Unavailable as away:
                    log.warning("recovering: waits", reason=away.text.en, repeats=True)
                stopping.wait(POLL_S)

    def _step(self, found: Recovery, listener: "Listener") -> list[str]:
        if found.phase is RecoveryPhase.BEGUN:
            self._ask(replace(found, phase=RecoveryPhase.ASKED))
        for message in listener.new_messages():
            self._reports = self._reports.take(message, found)
            value = message.value_as(messages.Held)
            if value is not None and value["recovery_id"] == self._id:
                self._held[value["member"], value["subject"], value["key"]] = value
        missing = [str(task) for task in self._reports.missing(found.without)]
        if missing or not self._is_read():
            return missing or ["ingest"]
        self._finish(found)
        return []

    def _ask(self, asked: Recovery) -> None:
        """Ask every member, behind all that was addressed to it before."""
        names = [
            topics.inbound(self._settings.namespace, member.id, kind)
            for member in self._members.members
            for kind in topics.IN_KINDS
        ]
        producing.write(self._settings, list(self._copies(asked, [(name, -1) for name in names])))
        recovery.write(self._settings, self._codec, asked)
        log.info("recovering: connectors were asked what their ERPs hold", recovery=self._id)

    def _is_read(self) -> bool:
        """Return whether ingest has taken all that members wrote."""
        found = [group for group in lag.groups(self._settings) if group.name == "core.ingest"]
        return bool(found) and bool(found[0].workers) and found[0].lag == 0

    def _finish(self, found: Recovery) -> None:
        """Send the planner what the ERPs hold, then that this is all; then record that the hub works."""
        done = replace(
            found,
            phase=RecoveryPhase.FINISHED,
            finished_at=datetime.now(UTC),
            unreported=tuple(str(task) for task in (*self._reports.missing(()), *self._reports.unable())),
            plants=self._reports.reporting(Subject.PLANT_ORDER),
            customers=self._reports.reporting(Subject.ORDER_STATUS),
        )
        work = topics.hub(self._settings.namespace, "work")
        producing.write(self._settings, list(self._evidence(work)))
        places = [(work, number) for number in range(self._settings.work_partitions)]
        producing.write(self._settings, list(self._copies(done, places)))
        recovery.write(self._settings, self._codec, done)
        log.info("recovered", recovery=self._id, documents=len(self._held), unreported=list(done.unreported))

    def _evidence(self, work: str) -> Iterator[Raw]:
        source = envelope.hub_source(self._settings.namespace, "recovery")
        for (member, subject, key), value in self._held.items():
            order = evidence.order_key(value, self._members.by_id)
            if order is None:
                log.warning("no order of the hub's", member=member, subject=subject)
                continue
            data = self._codec.encode(Subject.HELD, value)
            event_id = f"hub/Held/{self._id}/{member}/{subject}/{key}"
            about = Envelope(event_id, source, "kranhub.Held", traceparent=envelope.new_trace(source + event_id))
            headers = envelope.headers(about._replace(dataschema=self._codec.dataschema(data)))
            yield Raw(work, -1, order.encode("utf-8", "surrogateescape"), data, headers)

    def _copies(self, found: Recovery, places: list[tuple[str, int]]) -> Iterator[Raw]:
        data = self._codec.encode(Subject.RECOVERY, found.value())
        for topic, partition in places:
            about = recovery.record_about(self._settings, self._codec, found, data, f"{topic}/{partition}")
            yield Raw(topic, partition, self._id.encode() if partition < 0 else b"", data, envelope.headers(about))


class Listener:
    """Reads the connectors' reports, from the beginning on, as they come."""

    def __init__(self, settings: Settings, codec: Codec, members: Members) -> None:
        """Open the reader. Raises `Unavailable`."""
        self._settings, self._codec = settings, codec
        with errors.translated(settings):
            self._consumer = reading.open_reader(settings, client_id="kranhub-recovery")
            names = [
                topics.out(settings.namespace, member.id, kind)
                for member in members.members
                for kind in ("connector-status", "recovery")
            ]
            self._places = [TopicPartition(name, 0) for name in names]
            self._consumer.assign(self._places)
            self._consumer.seek_to_beginning(*self._places)

    def new_messages(self) -> Iterator[Message]:
        """Yield what came since the last call, up to the present ends of the topics.

        Raises:
            Unavailable: When Kafka or the registry is away.
        """
        with errors.translated(self._settings):
            for record in reading.read_to_end(self._consumer, self._places):
                yield reading.message(record, self._codec)

    def close(self) -> None:
        """Close the reader."""
        self._consumer.close(autocommit=False)
