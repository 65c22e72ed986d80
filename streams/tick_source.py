"""The source of the hub's clock: one record on hub.clock per period from every worker that runs the clock stage."""

import threading
from datetime import UTC, datetime

import structlog

from kranhub.broker import topics
from kranhub.errors import Unavailable
from kranhub.settings import Settings
from kranhub.wire import envelope
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject
from streams.processor.kafka import clients

log = structlog.get_logger()


def beat(settings: Settings, codec: Codec, instance: str, stopping: threading.Event) -> None:
    """Write a tick every period until ``stopping`` is set.

    A tick that the broker does not take, or for which the registry is away, is dropped: the next one follows.

    Args:
        settings: The installation's settings, with the period in seconds.
        codec: What encodes the ticks.
        instance: The worker's name, which is the ticks' key.
        stopping: Set to end it.
    """
    producer = clients.plain_producer(settings, **{"message.timeout.ms": settings.tick_s * 1000})
    topic = topics.hub(settings.namespace, "clock")
    while not stopping.is_set():
        now = datetime.now(UTC)
        try:
            data = codec.encode(Subject.TICK, {"time": now})
            about = _about(settings.namespace, instance, now, codec.dataschema(data))
            producer.produce(topic, data, instance, headers=envelope.headers(about))
            producer.poll(0)
        except (BufferError, Unavailable) as error:
            log.warning("no beat", reason=str(error), repeats=True)
        stopping.wait(settings.tick_s)
    producer.flush(1)


def _about(namespace: str, instance: str, now: datetime, dataschema: str | None) -> Envelope:
    number, source = f"hub/Beat/{instance}/{now.isoformat()}", envelope.hub_source(namespace, f"worker/{instance}")
    trace = envelope.new_trace(source + number)
    return Envelope(number, source, "kranhub.Tick", now, None, trace, subject=instance, dataschema=dataschema)
