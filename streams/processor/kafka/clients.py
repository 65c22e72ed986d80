"""librdkafka clients as exactly-once needs them. Each is guarded: nothing but the hub's errors leaves them."""

import logging
from collections.abc import Callable
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka.admin import AdminClient

from kranhub.broker import client_settings
from kranhub.operations import single_instance
from kranhub.settings import Settings
from streams.processor.kafka.guarded import GuardedClient, TransactionalProducer, opened
from streams.processor.kafka.stalled_fetch import STATISTICS_INTERVAL_S
from streams.processor.stage import Stage

log = structlog.get_logger()

LOGGER = logging.getLogger("librdkafka")
"""Receives librdkafka's own lines, which must not go to standard error past the hub's log."""


def group(settings: Settings, stage: str) -> str:
    """Return the stage's consumer group."""
    return f"{settings.namespace}core.{stage}"


def identity(settings: Settings, stage: str, instance: str) -> str:
    """Return the stage's group.instance.id and transactional.id: a restart under it fences its predecessor.

    Args:
        settings: The settings, with the namespace.
        stage: The stage's name.
        instance: The worker's name, which must last.
    """
    return f"{group(settings, stage)}.{instance}"


def member(settings: Settings, stage: str, instance: str) -> tuple[str, str]:
    """Return the stage's group and the name of this instance in it.

    Args:
        settings: The settings, with the namespace.
        stage: The stage's name.
        instance: The worker's name, which must last.
    """
    return group(settings, stage), identity(settings, stage, instance)


def consumer(settings: Settings, stage: Stage, instance: str, on_statistics: Callable[[str], None]) -> GuardedClient:
    """Return the stage's consumer: static member, read_committed; it never resets or commits an offset by itself.

    Equal partitions of several inputs go to one instance where there is state (range); else all are spread evenly.

    Args:
        settings: The settings, with the namespace and the brokers.
        stage: The stage.
        instance: The worker's name, which must last.
        on_statistics: Called with the client's statistics (JSON) every `STATISTICS_INTERVAL_S`, while it polls.

    Raises:
        Misconfigured: librdkafka does not take the settings.
    """
    return GuardedClient(
        opened(
            Consumer,
            {
                **_quiet(settings),
                "group.id": group(settings, stage.name),
                "group.instance.id": identity(settings, stage.name, instance),
                "client.id": single_instance.client_id(),
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",
                "session.timeout.ms": int(single_instance.SESSION_S * 1000),
                "heartbeat.interval.ms": 2_000,
                "partition.assignment.strategy": "range" if stage.changelog else "roundrobin",
                "topic.metadata.refresh.interval.ms": 5_000,
                "fetch.wait.max.ms": 100,
                "fetch.queue.backoff.ms": 20,
                "statistics.interval.ms": int(STATISTICS_INTERVAL_S * 1000),
                "stats_cb": on_statistics,
            },
        )
    )


def reader(settings: Settings, group_id: str | None = None) -> GuardedClient:
    """Return a consumer that joins no group and reads a changelog, read_committed, and reports a partition's end."""
    return GuardedClient(
        opened(
            Consumer,
            {
                **_quiet(settings),
                "group.id": group_id or f"{settings.namespace}core.restore",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 10,
                "fetch.message.max.bytes": 8 * 1024 * 1024,
                "queued.min.messages": 1_000_000,
                "queued.max.messages.kbytes": 128 * 1024,
                "fetch.queue.backoff.ms": 10,
            },
        )
    )


def producer(settings: Settings, stage: str, instance: str) -> TransactionalProducer:
    """Return the stage's transactional producer. murmur2 puts keys where every other client puts them.

    Args:
        settings: The settings, with the namespace and the brokers.
        stage: The stage's name.
        instance: The worker's name, which must last.

    Raises:
        Misconfigured: librdkafka does not take the settings.
    """
    return TransactionalProducer(
        opened(
            Producer,
            {
                **_quiet(settings),
                "transactional.id": identity(settings, stage, instance),
                "transaction.timeout.ms": 10_000,
                "retry.backoff.ms": 1,
                "partitioner": "murmur2_random",
                "message.max.bytes": 5_000_000,
                "linger.ms": 5,
                "delivery.report.only.error": True,
            },
        )
    )


def plain_producer(settings: Settings, **config: Any) -> GuardedClient:
    """Return a producer without transactions, for a few records; its keys, too, go where every other client's go."""
    quiet = {"log_level": 3, "error_cb": lambda _error: None, "logger": LOGGER}
    return GuardedClient(
        opened(Producer, {**client_settings.librdkafka(settings), "partitioner": "murmur2_random", **quiet, **config})
    )


def admin(settings: Settings) -> GuardedClient:
    """Return an admin client."""
    return GuardedClient(opened(AdminClient, _quiet(settings)))


def _log_connection_error(error: KafkaError) -> None:
    """Log librdkafka's errors of connections, seldom: a core without brokers is idle, but not silent.

    They are for information; what must be acted on is raised elsewhere.
    """
    log.warning("kafka does not answer", error=error.name(), reason=error.str(), repeats=True)


def _quiet(settings: Settings) -> dict[str, Any]:
    return {
        **client_settings.librdkafka(settings),
        "log_level": 2,
        "error_cb": _log_connection_error,
        "logger": LOGGER,
        # A broker that comes back is seen at once; librdkafka would look again only after up to 10 s.
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        "socket.timeout.ms": 10_000,
        "socket.connection.setup.timeout.ms": 5_000,
        "allow.auto.create.topics": False,
    }
