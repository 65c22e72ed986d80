"""The last status of a task from an earlier process, so that a failure keeps its reason and its age."""

from contextlib import suppress

from kafka import TopicPartition

from connectors.runtime.context import Context
from kranhub.broker import reading
from kranhub.broker.reading import EndNotReached
from kranhub.wire import messages

WAIT_S = 5.0


def read(context: Context, key: str) -> messages.ConnectorStatus | None:
    """Return the last ConnectorStatus under the key, None where there is none.

    Once nothing has come for `WAIT_S`, what was found by then is returned.

    Raises:
        Unavailable: When Kafka or the registry is away.
    """
    partition = TopicPartition(context.out("connector-status"), 0)
    found: bytes | None = None
    with reading.reader(context.settings, bootstrap_timeout_ms=WAIT_S * 1000) as consumer:
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        with suppress(EndNotReached):
            for record in reading.read_to_end(consumer, [partition], patience_s=WAIT_S):
                if record.key == key.encode():
                    found = record.value
    return context.codec.decode_as(messages.ConnectorStatus, found) if found is not None else None
