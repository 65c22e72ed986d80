"""librdkafka's clients, every call of which raises the hub's errors: a fatal one can come out of any of them."""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException

from kranhub.errors import Misconfigured
from kranhub.text import Text
from streams.processor.kafka.errors import Aborted, ends, translated

Result = TypeVar("Result")

RETRY_S = 15.0
"""How long one step of a transaction is tried again; by then the coordinator has timed the transaction out anyway."""

RETRY_PAUSE_S = 0.05

METADATA_S = 2.0
"""How long to wait for a new topic's metadata before the client is left to find it by itself."""


class GuardedClient:
    """A client of librdkafka; each of its methods raises as `translated` does, and never Kafka's own errors."""

    def __init__(self, client: Any) -> None:
        """Take a Producer, Consumer or AdminClient."""
        self._client = client

    def __getattr__(self, name: str) -> Any:
        """Return the client's method, guarded; the next call finds it at once."""
        guarded = _guarded(getattr(self._client, name))
        setattr(self, name, guarded)
        return guarded

    def load_metadata(self, topic: str) -> None:
        """Let the client learn where a topic's partitions are, if the brokers answer soon.

        By itself librdkafka asks for a new topic only when its timer comes round, up to a second later: so long would
        each stage of the core wait at the first record for each topic, and before it reads its changelog.
        """
        with suppress(KafkaException):
            self._client.list_topics(topic, timeout=METADATA_S)

    def release(self) -> None:
        """Let the client go in this thread. librdkafka takes up to a second for each, at the program's end one by one.

        Nothing may be asked of it afterwards.
        """
        self.__dict__.clear()


class TransactionalProducer(GuardedClient):
    """A producer with a transactional id: each step of a transaction is tried again as `_retried` describes."""

    def __init__(self, client: Any) -> None:
        """Take a Producer."""
        super().__init__(client)
        self._known: set[str] = set()

    def produce(self, topic: str, value: bytes | None, key: bytes, partition: int = -1, headers: Any = None) -> None:
        """Produce a record, once there is room for it.

        Args:
            topic: The topic's full name.
            value: The value; None for a tombstone.
            key: The key.
            partition: The partition; -1 for the one that follows from the key.
            headers: The headers; None for none.

        Raises:
            Aborted: The transaction cannot take it.
            Fenced: Another producer has the same transactional id.
            Failed: librdkafka reports another fatal error.
        """
        if topic not in self._known:
            self._known.add(topic)
            self.load_metadata(topic)
        while True:
            try:
                self._client.produce(topic, value, key, partition, headers=headers)
                return
            except BufferError:
                self.poll(0.1)
            except KafkaException as raised:
                raise self._understood(raised.args[0]) from raised

    def _understood(self, error: KafkaError) -> Exception:
        """Return what an error of `produce` means; the cause of a fatal one comes out of the next step only."""
        if not ends(error):
            return Aborted(error.name())
        try:
            self._client.begin_transaction()
        except KafkaException as raised:
            if ends(raised.args[0]):
                return translated(raised.args[0])
        return translated(error)

    def init_transactions(self, timeout: float) -> None:
        """Fence every older producer of the same id and end its transaction."""
        _retried(lambda: self._client.init_transactions(timeout))

    def begin_transaction(self) -> None:
        """Begin a transaction."""
        _retried(self._client.begin_transaction)

    def send_offsets_to_transaction(self, offsets: Any, metadata: Any, timeout: float) -> None:
        """Add a group's offsets to the transaction.

        Args:
            offsets: The next offset of each partition.
            metadata: The group's metadata, as its consumer returns it.
            timeout: How long to wait for the brokers, in seconds.

        Raises:
            Aborted: The transaction must be aborted.
            KranhubError: As `translated`.
        """
        _retried(lambda: self._client.send_offsets_to_transaction(offsets, metadata, timeout))

    def commit_transaction(self, timeout: float) -> None:
        """Commit the transaction."""
        _retried(lambda: self._client.commit_transaction(timeout))

    def abort_transaction(self, timeout: float) -> None:
        """Abort the transaction."""
        _retried(lambda: self._client.abort_transaction(timeout))


def opened(kind: Callable[[Any], Result], config: dict[str, Any]) -> Result:
    """Open a client.

    Args:
        kind: Its class.
        config: Its settings.

    Raises:
        Misconfigured: librdkafka does not take the settings.
    """
    try:
        return kind(config)
    except KafkaException as raised:
        raise Misconfigured(_not_taken(raised.args[0].str())) from raised


def _guarded(call: Callable[..., Result]) -> Callable[..., Result]:
    @wraps(call)
    def guarded(*arguments: Any, **named: Any) -> Result:
        try:
            return call(*arguments, **named)
        except KafkaException as raised:
            raise translated(raised.args[0]) from raised

    return guarded


def _retried(step: Callable[[], Result]) -> Result:
    """Run one step of a transaction, again while Kafka calls it retriable.

    Raises:
        Aborted: The transaction must be aborted.
        KranhubError: As `translated`.
    """
    deadline = time.monotonic() + RETRY_S
    while True:
        try:
            return step()
        except KafkaException as raised:
            error = raised.args[0]
            if not error.retriable() or time.monotonic() > deadline:
                if error.txn_requires_abort() and not ends(error):
                    raise Aborted(error.name()) from raised
                raise translated(error) from raised
            time.sleep(RETRY_PAUSE_S)


def _not_taken(reason: str) -> Text:
    return Text(
        en=f"The Kafka client does not take its settings ({reason}). Correct the variables KRANHUB_KAFKA_….",
        ru=f"Клиент Kafka не принимает настройки ({reason}). Исправьте переменные KRANHUB_KAFKA_….",
    )
