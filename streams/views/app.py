"""The Faust app of the timeline: one agent that folds hub.events into the read model."""

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import faust
import structlog
from faust.auth import SASLCredentials, SSLCredentials
from prometheus_client import Counter
from sqlalchemy import Engine
from yarl import URL

from kranhub.broker import topics
from kranhub.errors import Unavailable
from kranhub.failpoints import failpoint
from kranhub.operations import single_instance
from kranhub.operations.health import LOOPS
from kranhub.readmodel import tables
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire.codec import Codec
from streams.views import timeline
from streams.views.timeline import Folded, TimelineRecord
from streams.views.transport import ModelTransport

log = structlog.get_logger()

VIEW = tables.TIMELINE
LARGEST, WAIT_S = 500, 0.05
"""The most events in one database transaction, and how long the first of them waits for others."""
LONGEST_S = 120.0
"""The longest that a batch may take, on a database that is busy."""

_EVENTS = Counter("kranhub_view_events", "Events folded into the read model.", ["view"]).labels(VIEW)
_UNREADABLE = Counter(
    "kranhub_view_unreadable", "Events that could not be folded and were passed by.", ["view"]
).labels(VIEW)


def group(settings: Settings, instance: str) -> str:
    """Return the view's consumer group. Who is in one group shares the partitions, so they must share the read model.

    A SQLite file is the instance's own and needs every partition: there the instance is part of the group's name.
    """
    name = f"{settings.namespace}views.{VIEW}"
    return name if tables.shared(settings) else f"{name}.{instance}"


def member(settings: Settings, instance: str) -> dict[str, str]:
    """Return the view's group and the name of this instance in it."""
    name = group(settings, instance)
    return {name: f"{name}.{instance}"}


class Timeline:
    """Folds batch after batch: at least once from Kafka, once in the read model.

    After an error it takes nothing more: a later batch would move the view past the events of the one that failed.
    """

    def __init__(self, settings: Settings, codec: Codec, engine: Engine) -> None:
        """Take the read model; opens nothing."""
        self.topic = topics.hub(settings.namespace, "events")
        self._codec, self._engine = codec, engine
        self._broken: BaseException | None = None
        self.loop = LOOPS.loop(VIEW, LONGEST_S)

    def positions(self) -> Mapping[tuple[str, int], int]:
        """Return the next offset of each partition.

        Raises:
            Unavailable: When the database is away.
        """
        with tables.errors(self._engine), self._engine.connect() as connection:
            return {place: stand.next_offset for place, stand in tables.stands(connection, VIEW).items()}

    def fold(self, events: Sequence[TimelineRecord]) -> None:
        """Write a batch and the offsets behind it in one transaction.

        After any error nothing is written, now or later.

        Raises:
            Unavailable: When the database or the registry is away.
            BaseException: Any other error, such as one that the read model does not foresee.
        """
        if self._broken:
            raise self._broken
        self.loop.progressed()
        try:
            folded = timeline.fold(events, self._codec)
            self._write(folded)
        except BaseException as error:
            self._broken = error
            raise
        finally:
            self.loop.idle()
        _EVENTS.inc(len(events))
        for place, offset, reason in folded.unreadable:
            _UNREADABLE.inc()
            log.warning("event passed by", view=VIEW, **place._asdict(), offset=offset, reason=reason)

    def _write(self, folded: Folded) -> None:
        with tables.errors(self._engine), self._engine.begin() as connection:
            tables.fold(connection, VIEW, folded.rows, folded.reached)
            failpoint("views.before-commit")
        failpoint("views.after-commit")


def make(settings: Settings, view: Timeline, instance: str, failed: Callable[[BaseException], None]) -> faust.App:
    """Return the app, not started.

    Args:
        settings: The installation's settings.
        view: What folds the events.
        instance: The process' name; a restart under the same name continues at once.
        failed: Called with an error after which the view cannot continue.
    """
    name = group(settings, instance)
    app = faust.App(
        name,
        broker=[URL(f"aiokafka://{address}") for address in endpoints(settings).bootstrap.split(",")],
        broker_credentials=_credentials(settings),
        datadir=str(settings.data_dir / "views"),
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        key_serializer="raw",
        value_serializer="raw",
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=member(settings, instance)[name],
        broker_client_id=single_instance.client_id(),
        broker_session_timeout=single_instance.SESSION_S,
        broker_heartbeat_interval=2.0,
        stream_wait_empty=False,
        logging_config=None,
        loghandlers=[],
    )
    app.transport = ModelTransport(app.conf.broker_consumer, app, loop=asyncio.get_running_loop())
    app.transport.positions = view.positions
    app.transport.serves = view.loop.serves
    source = app.topic(view.topic, key_type=bytes, value_type=bytes)

    @app.agent(source, name="timeline", concurrency=1)
    async def fold(stream: Any) -> None:
        await _fold(stream, view, failed)

    return app


async def _fold(stream: Any, view: Timeline, failed: Callable[[BaseException], None]) -> None:
    """Fold what the stream gives. Faust would start the agent again, behind the batch that it had: never let it."""
    try:
        async for events in stream.noack_take(LARGEST, within=WAIT_S):
            await asyncio.to_thread(view.fold, [_event(event) for event in events])
            for event in events:
                await stream.ack(event)
    except asyncio.CancelledError:
        failed(Unavailable(_INTERRUPTED))  # changes nothing where the view was asked to stop
        raise
    except Exception as error:  # noqa: BLE001  (passed on to the process, which ends)
        failed(error)
        await asyncio.Event().wait()  # acknowledges nothing: the next start folds this batch again


def _event(event: Any) -> TimelineRecord:
    message = event.message
    headers = message.headers.items() if isinstance(message.headers, Mapping) else message.headers or ()
    return TimelineRecord(
        message.topic, message.partition, message.offset, message.timestamp, message.key or b"", message.value, headers
    )


def _credentials(settings: Settings) -> SASLCredentials | SSLCredentials | None:
    """Return the settings' security as Faust has it, None for PLAINTEXT."""
    tls = (
        ssl.create_default_context(cafile=settings.kafka_ca_file) if "SSL" in settings.kafka_security_protocol else None
    )
    if settings.kafka_sasl_mechanism:
        password = settings.kafka_password.get_secret_value() if settings.kafka_password else None
        return SASLCredentials(
            username=settings.kafka_username,
            password=password,
            ssl_context=tls,
            mechanism=settings.kafka_sasl_mechanism,
        )
    return SSLCredentials(tls) if tls else None


_INTERRUPTED = Text(
    en="The view was interrupted before its events were written. Nothing is lost: started again, it goes on where the "
    "read model stands.",
    ru="Представление прервано до записи событий. Ничего не потеряно: после перезапуска оно продолжит с места, "
    "записанного в витрине данных.",
)
