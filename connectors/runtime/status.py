"""A task's reports on the member's compacted connector-status topic: at each change, and every half minute.

Repeated, the status is the heartbeat: a process that was killed stops writing it. The broker's timestamp shows when
that was.
"""

import asyncio
import math
import time
from datetime import UTC, datetime

import structlog
from kafka import KafkaProducer

from connectors.runtime import last_status
from connectors.runtime.context import Context, Task, worker
from kranhub.broker import client_settings
from kranhub.errors import KranhubError, Unavailable
from kranhub.operations.health import LOOPS
from kranhub.text import Text
from kranhub.wire import envelope, messages
from kranhub.wire.messages import Subject, TaskState

log = structlog.get_logger()

WAIT_S = 5.0
HEARTBEAT_S = 30
"""How often a task repeats its state."""


class Reporter:
    """Writes a task's state when it changes, and again while it lasts. Never fails: without Kafka it writes nothing."""

    def __init__(self, context: Context, task: Task) -> None:
        """Take whose state it is; nothing is opened before the first change."""
        self.task = task
        self._context = context
        self._sent: tuple[TaskState, dict[str, str]] | None = None
        self._changed_at = datetime.now(UTC)
        self._failed: tuple[dict[str, str], datetime] | None = None
        """Why the task fails, and since when; None once it works, waits or was stopped."""
        self._looked = False
        self._progress: float | None = None
        self._writing = asyncio.Lock()
        self._over = False
        self._loop = LOOPS.loop(task, math.inf)

    def progressed(self) -> None:
        """Note that the task had everything at hand just now: it has looked at its ERP, or at its topics."""
        self._progress = time.monotonic()

    async def beat(self) -> None:
        """Write the last state again every `HEARTBEAT_S`, until the task has written its final one or is cancelled."""
        while not self._over:
            await asyncio.sleep(HEARTBEAT_S)
            async with self._writing:
                if self._sent and not self._over:
                    await asyncio.to_thread(self._send, *self._sent)

    async def silent(self) -> None:
        """Write nothing more, as a newer instance does. What is being written is waited for."""
        async with self._writing:
            self._over = True

    async def starting(self) -> None:
        """Report that the task opens its connections; a failed one stays FAILED, since when and why, until it works."""
        await self._look()
        if self._failed:
            await self._change(TaskState.FAILED, self._failed[0])
        else:
            await self._change(TaskState.STARTING, {})

    async def running(self) -> None:
        """Say that the task works."""
        await self._change(TaskState.RUNNING, {})

    async def stopped(self, because: Text | None = None) -> None:
        """Report that the task was stopped, and why where no signal did it."""
        await self._change(TaskState.STOPPED, because.as_map() if because else {}, last=True)

    async def waiting(self, error: KranhubError) -> None:
        """Say why the task waits, and what a person can do."""
        state = TaskState.BACKING_OFF if isinstance(error, Unavailable) else TaskState.FAILED
        await self._change(state, error.text.as_map())

    async def failed(self, text: Text) -> None:
        """Say why the task has ended and its process is about to."""
        await self._look()
        await self._change(TaskState.FAILED, text.as_map(), last=True)

    async def _look(self) -> None:
        """Find out, once, whether an earlier process failed."""
        if not self._looked:
            self._failed = await asyncio.to_thread(self._failed_before)
            self._looked = True

    async def _change(self, state: TaskState, reason: dict[str, str], *, last: bool = False) -> None:
        same = self._sent == (state, reason)
        if same and not last:  # the next heartbeat writes what could not be written
            return
        self._changed_at = self._changed_at if same else datetime.now(UTC)
        self._sent = (state, reason)
        if state != TaskState.FAILED:
            self._failed = None
        elif self._failed is None or self._failed[0] != reason:
            self._failed = (reason, datetime.now(UTC))
        self._set_readiness(state, reason)
        log.info("task state", task=self.task, state=state, reason=reason.get("en", ""))
        async with self._writing:
            self._over = last
            await asyncio.to_thread(self._send, state, reason)

    def _set_readiness(self, state: TaskState, reason: dict[str, str]) -> None:
        """Report to /readyz: a task that runs has reached the ERP, or will with the next document, and Kafka."""
        if state == TaskState.RUNNING:
            self._loop.serves()
        else:
            self._loop.waits(Text(en=reason.get("en", state), ru=reason.get("ru", state)))

    def _failed_before(self) -> tuple[dict[str, str], datetime] | None:
        """Return why and since when an earlier process failed, if that is the last status."""
        try:
            last = last_status.read(self._context, self._key)
        except Exception as error:  # noqa: BLE001  (without Kafka there is nothing to look at)
            log.warning("last state not read", task=self.task, error=type(error).__name__)
            return None
        return (dict(last["reason"]), last["changed_at"]) if last and last["state"] == TaskState.FAILED else None

    @property
    def _key(self) -> str:
        return f"{self._context.loaded.name}.{self.task}"

    def _send(self, state: TaskState, reason: dict[str, str]) -> None:
        value: messages.ConnectorStatus = {
            "member": self._context.member,
            "connector": self._context.loaded.name,
            "task": self.task,
            "state": state,
            "reason": reason,
            "worker": worker(),
            "changed_at": self._failed[1] if self._failed else self._changed_at,
            "heartbeat_s": HEARTBEAT_S,
            "progress_age_s": None if self._progress is None else round(time.monotonic() - self._progress),
        }
        key = self._key
        try:
            data = self._context.codec.encode(Subject.CONNECTOR_STATUS, value)
            self._write(key, data)
        except Exception as error:  # noqa: BLE001  (a status that cannot be written must not end what could go on)
            log.warning("state not written", task=self.task, state=state, error=type(error).__name__, repeats=True)

    def _write(self, key: str, data: bytes) -> None:
        producer = KafkaProducer(
            **client_settings.kafka_python(self._context.settings),
            max_block_ms=WAIT_S * 1000,
            delivery_timeout_ms=WAIT_S * 1000,
            request_timeout_ms=int(WAIT_S * 1000) - 1000,
            bootstrap_timeout_ms=int(WAIT_S * 1000),
            allow_auto_create_topics=False,
        )
        try:
            now = datetime.now(UTC)
            event_id = f"{self._context.member}/ConnectorStatus/{key}/{worker()}/{now.isoformat()}"
            about = self._context.about(Subject.CONNECTOR_STATUS, event_id, key, data, time=now)
            topic = self._context.out("connector-status")
            sent = producer.send(topic, key=key.encode(), value=data, headers=envelope.headers(about))
            sent.get(timeout=WAIT_S)
        finally:
            producer.close(timeout=WAIT_S)
