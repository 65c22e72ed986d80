"""librdkafka's clients, every call of which raises the hub's errors: a fatal one can come out of any of them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException

from kranhub.errors import Failed, Fenced, KranhubError, Misconfigured, Unavailable
from kranhub.text import Text

Result = TypeVar("Result")

RETRY_S = 15.0
"""How long one step of a transaction is tried again; by then the coordinator has timed the transaction out anyway."""

RETRY_PAUSE_S = 0.05

MEET_S = 2.0
"""How long to wait for a new topic's metadata before the client is left to find it by itself."""

_FENCING = (KafkaError._FENCED, KafkaError.FENCED_INSTANCE_ID, KafkaError.PRODUCER_FENCED)

_FENCING_WORDS = ("fenced", "fences", "old epoch")
"""How librdkafka's and the brokers' texts tell of fencing."""

_PASSING = (
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._WAIT_COORD,
    KafkaError._RESOLVE,
    KafkaError._UNKNOWN_BROKER,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.OFFSET_NOT_AVAILABLE,
    KafkaError.REPLICA_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.UNSTABLE_OFFSET_COMMIT,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.NETWORK_EXCEPTION,
    KafkaError.KAFKA_STORAGE_ERROR,
)


class Aborted(Exception):
    """The transaction cannot commit; abort it and do the batch again."""


class BrokerAway(Unavailable):
    """The brokers do not answer these clients any more: end the process, a new one begins with new clients.

    ``retriable`` is what librdkafka says of the same step tried again, ``passes`` whether the cause ends by itself.
    """

    def __init__(self, text: Text, *, retriable: bool = False, passes: bool = False) -> None:
        super().__init__(text)
        self.retriable, self.passes = retriable, passes


class Guarded:
    """A client of librdkafka; each of its methods raises as `errors_as_ours` says, and never Kafka's own errors."""

    def __init__(self, client: Any) -> None:
        """Take a Producer, Consumer or AdminClient."""
        self._client = client

    def __getattr__(self, name: str) -> Any:
        """Return the client's method, guarded; the next call finds it at once."""
        guarded = _guarded(getattr(self._client, name))
        setattr(self, name, guarded)
        return guarded

    def meet(self, topic: str) -> None:
        """Let the client learn where a topic's partitions are, if the brokers answer soon.

        By itself librdkafka asks for a new topic only when its timer comes round, up to a second later: so long would
        each stage of the core wait at the first record for each topic, and before it reads its changelog.
        """
        with suppress(KafkaException):
            self._client.list_topics(topic, timeout=MEET_S)

    def release(self) -> None:
        """Let the client go in this thread. librdkafka takes up to a second for each, at the program's end one by one.

        Nothing may be asked of it afterwards.
        """
        self.__dict__.clear()


class TransactionalProducer(Guarded):
    """A producer with a transactional id: each step of a transaction is tried again as `retried` says."""

    def __init__(self, client: Any) -> None:
        """Take a Producer."""
        super().__init__(client)
        self._met: set[str] = set()

    def produce(self, topic: str, value: bytes | None, key: bytes, partition: int = -1, headers: Any = None) -> None:
        """Produce a record, once there is room for it. Raises `Aborted` when the transaction cannot take it."""
        if topic not in self._met:
            self._met.add(topic)
            self.meet(topic)
        while True:
            try:
                self._client.produce(topic, value, key, partition, headers=headers)
                return
            except BufferError:
                self.poll(0.1)
            except KafkaException as raised:
                raise self._understood(raised.args[0]) from raised

    def _understood(self, error: KafkaError) -> Exception:
        """Return what an error of `produce` means; of a fatal one it does not tell the cause, the next step does."""
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
        retried(lambda: self._client.init_transactions(timeout))

    def begin_transaction(self) -> None:
        """Begin a transaction."""
        retried(self._client.begin_transaction)

    def send_offsets_to_transaction(self, offsets: Any, metadata: Any, timeout: float) -> None:
        """Add a group's offsets to the transaction."""
        retried(lambda: self._client.send_offsets_to_transaction(offsets, metadata, timeout))

    def commit_transaction(self, timeout: float) -> None:
        """Commit the transaction."""
        retried(lambda: self._client.commit_transaction(timeout))

    def abort_transaction(self, timeout: float) -> None:
        """Abort the transaction."""
        retried(lambda: self._client.abort_transaction(timeout))


def opened(kind: Callable[[Any], Result], config: dict[str, Any]) -> Result:
    """Open a client. Raises `Misconfigured` for settings that librdkafka does not take."""
    try:
        return kind(config)
    except KafkaException as raised:
        raise Misconfigured(_not_taken(raised.args[0].str())) from raised


def _guarded(call: Callable[..., Result]) -> Callable[..., Result]:
    @wraps(call)
    def guarded(*words: Any, **named: Any) -> Result:
        try:
            return call(*words, **named)
        except KafkaException as raised:
            raise translated(raised.args[0]) from raised

    return guarded


@contextmanager
def errors_as_ours() -> Iterator[None]:
    """Raise Kafka's errors as `translated` says: for the answers of an AdminClient, which come later than the call."""
    try:
        yield
    except KafkaException as raised:
        raise translated(raised.args[0]) from raised


def retried(step: Callable[[], Result]) -> Result:
    """Run one step of a transaction, again while Kafka calls it retriable.

    Raises `Aborted` when the transaction must be aborted, otherwise as `translated` says.
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


def passes(error: KafkaError) -> bool:
    """Return whether the error ends by itself: a broker, a leader or a new topic's metadata is on its way."""
    return not ends(error) and (bool(error.retriable()) or error.code() in _PASSING)


def ends(error: KafkaError) -> bool:
    """Return whether the client that says so can do nothing any more: it was fenced, or librdkafka calls it fatal."""
    return bool(error.fatal()) or error.code() == KafkaError._FATAL or error.code() in _FENCING


def translated(error: KafkaError) -> KranhubError:
    """Return Kafka's error as ours: `Fenced`, `Failed` for other fatal ones, else `BrokerAway`.

    From its second call on a fatal error is reported as ``_FATAL``, with the cause in its words only.
    """
    if error.code() in _FENCING or (error.code() == KafkaError._FATAL and _tells_of_fencing(error.str())):
        return Fenced(_fenced())
    if ends(error):
        return Failed(_fatal(f"{error.name()}: {error.str()}"))
    return BrokerAway(_away(error.name()), retriable=bool(error.retriable()), passes=passes(error))


def _tells_of_fencing(words: str) -> bool:
    return any(word in words.lower() for word in _FENCING_WORDS)


def _not_taken(reason: str) -> Text:
    return Text(
        en=f"The Kafka client does not take its settings ({reason}). Correct the variables KRANHUB_KAFKA_….",
        ru=f"Клиент Kafka не принимает настройки ({reason}). Исправьте переменные KRANHUB_KAFKA_….",
    )


def _fenced() -> Text:
    return Text(
        en="Another core with the same instance id has started, or the brokers lost sight of this one. "
        "It stops, nothing is lost; started again it goes on. If it happens again and again, give each core "
        "its own --instance.",
        ru="Запущено другое ядро с тем же именем, либо брокеры потеряли это из виду. Оно останавливается, "
        "ничего не потеряно; после запуска работа продолжится. Если это повторяется, задайте каждому ядру свой "
        "--instance.",
    )


def _fatal(reason: str) -> Text:
    return Text(
        en=f"The Kafka client cannot go on ({reason}). Start the core again.",
        ru=f"Клиент Kafka не может продолжать ({reason}). Запустите ядро снова.",
    )


def _away(reason: str) -> Text:
    return Text(
        en=f"Kafka does not answer ({reason}). Run `kranhub status`, then start the core again.",
        ru=f"Kafka не отвечает ({reason}). Выполните `kranhub status` и запустите ядро снова.",
    )
