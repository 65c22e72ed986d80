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

from kranhub import readmodel, topics
from kranhub.codec import Codec
from kranhub.errors import KranhubError
from kranhub.settings import Settings, endpoints
from streams.views import timeline
from streams.views.timeline import Event
from streams.views.transport import ModelTransport

log = structlog.get_logger()

VIEW = readmodel.TIMELINE
LARGEST, WAIT_S = 500, 0.05
"""Events in one database transaction at most, and how long the first waits for company."""

_EVENTS = Counter("kranhub_view_events", "Events folded into the read model.", ["view"]).labels(VIEW)
_UNREADABLE = Counter(
    "kranhub_view_unreadable", "Events that could not be folded and were passed by.", ["view"]
).labels(VIEW)


def group(settings: Settings) -> str:
    """Return the view's consumer group."""
    return f"{settings.namespace}views.{VIEW}"


class Timeline:
    """Folds batch after batch: at least once from Kafka, once in the read model."""

    def __init__(self, settings: Settings, codec: Codec, engine: Engine) -> None:
        """Take the read model; opens nothing."""
        self.topic = topics.hub(settings.namespace, "events")
        self._codec, self._engine = codec, engine

    def positions(self) -> Mapping[tuple[str, int], int]:
        """Return the next offset of each partition. Raises `Unavailable` when the database is away."""
        with readmodel.errors(self._engine), self._engine.connect() as connection:
            return {place: stand.next_offset for place, stand in readmodel.stands(connection, VIEW).items()}

    def fold(self, events: Sequence[Event]) -> None:
        """Write a batch and the offsets behind it in one transaction. Raises `Unavailable`; then nothing is written."""
        folded = timeline.fold(events, self._codec)
        with readmodel.errors(self._engine), self._engine.begin() as connection:
            readmodel.fold(connection, VIEW, folded.rows, folded.reached)
        _EVENTS.inc(len(events))
        if folded.unreadable:
            _UNREADABLE.inc(folded.unreadable)
            log.warning("events passed by", view=VIEW, unreadable=folded.unreadable)


def make(settings: Settings, view: Timeline, instance: str, failed: Callable[[BaseException], None]) -> faust.App:
    """Return the app, not started; a restart under the same ``instance`` goes on at once.

    ``failed`` is told of an error that the view cannot go on after.
    """
    app = faust.App(
        group(settings),
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
        consumer_group_instance_id=f"{group(settings)}.{instance}",
        broker_session_timeout=10.0,
        broker_heartbeat_interval=2.0,
        stream_wait_empty=False,
        logging_config=None,
        loghandlers=[],
    )
    app.transport = ModelTransport(app.conf.broker_consumer, app, loop=asyncio.get_running_loop())
    app.transport.positions = view.positions
    source = app.topic(view.topic, key_type=bytes, value_type=bytes)

    @app.agent(source, name="timeline", concurrency=1)
    async def fold(stream: Any) -> None:
        async for events in stream.noack_take(LARGEST, within=WAIT_S):
            try:
                await asyncio.to_thread(view.fold, [_event(event) for event in events])
            except KranhubError as error:
                failed(error)
                await asyncio.Event().wait()  # acknowledges nothing: the next start folds this batch again
            for event in events:
                await stream.ack(event)

    return app


def _event(event: Any) -> Event:
    message = event.message
    headers = message.headers.items() if isinstance(message.headers, Mapping) else message.headers or ()
    return Event(
        message.topic, message.partition, message.offset, message.timestamp, message.key or b"", message.value, headers
    )


def _credentials(settings: Settings) -> SASLCredentials | SSLCredentials | None:
    """Return the settings' security in Faust's words, None for PLAINTEXT."""
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
