"""What a task said last of itself, in an earlier process: so that a failure keeps its reason and its age."""

import time
from contextlib import closing

from kafka import KafkaConsumer, TopicPartition

from connectors.runtime.context import Context
from kranhub.broker import client_settings
from kranhub.wire import messages

WAIT_S = 5.0
POLL_MS = 200


def read(context: Context, key: str) -> messages.ConnectorStatus | None:
    """Return the last ConnectorStatus under the key, None where there is none. Raises `Unavailable`.

    Gives up after `WAIT_S`; then what was found by then is returned.
    """
    place = TopicPartition(context.out("connector-status"), 0)
    found: bytes | None = None
    with client_settings.errors_as_ours(context.settings), closing(_consumer(context)) as consumer:
        consumer.assign([place])
        consumer.seek_to_beginning(place)
        end, deadline = consumer.end_offsets([place])[place], time.monotonic() + WAIT_S
        while consumer.position(place) < end and time.monotonic() < deadline:
            for record in consumer.poll(timeout_ms=POLL_MS).get(place, ()):
                if record.key == key.encode():
                    found = record.value
    return context.codec.decode_as(messages.ConnectorStatus, found) if found is not None else None


def _consumer(context: Context) -> KafkaConsumer:
    return KafkaConsumer(
        **client_settings.kafka_python(context.settings),
        bootstrap_timeout_ms=WAIT_S * 1000,
        isolation_level="read_committed",
        enable_auto_commit=False,
    )
