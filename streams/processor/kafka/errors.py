"""What an error of librdkafka means, as one of the hub's errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaError, KafkaException

from kranhub.errors import Failed, Fenced, KranhubError, Unavailable
from kranhub.text import Text

_FENCING = (KafkaError._FENCED, KafkaError.FENCED_INSTANCE_ID, KafkaError.PRODUCER_FENCED)

_FENCING_TERMS = ("fenced", "fences", "old epoch")
"""Parts of the texts with which librdkafka and the brokers report fencing."""

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

    Attributes:
        retriable: librdkafka allows the same step to be tried again.
        passes: The cause ends by itself.
    """

    def __init__(self, text: Text, *, retriable: bool = False, passes: bool = False) -> None:
        super().__init__(text)
        self.retriable, self.passes = retriable, passes


@contextmanager
def errors_as_ours() -> Iterator[None]:
    """Raise Kafka's errors as `translated` returns them: for answers of an AdminClient, which come later than the call.

    Raises:
        KranhubError: As `translated`.
    """
    try:
        yield
    except KafkaException as raised:
        raise translated(raised.args[0]) from raised


def passes(error: KafkaError) -> bool:
    """Return whether the error ends by itself: a broker, a leader or a new topic's metadata is on its way."""
    return not ends(error) and (bool(error.retriable()) or error.code() in _PASSING)


def ends(error: KafkaError) -> bool:
    """Return whether the client that reports it can do nothing any more: it was fenced, or the error is fatal."""
    return bool(error.fatal()) or error.code() == KafkaError._FATAL or error.code() in _FENCING


def translated(error: KafkaError) -> KranhubError:
    """Return Kafka's error as ours: `Fenced`, `Failed` for other fatal ones, else `BrokerAway`.

    From its second call on a fatal error is reported as ``_FATAL``, with the cause in its text only.
    """
    if error.code() in _FENCING or (error.code() == KafkaError._FATAL and _names_fencing(error.str())):
        return Fenced(_fenced())
    if ends(error):
        return Failed(_fatal(f"{error.name()}: {error.str()}"))
    return BrokerAway(_away(error.name()), retriable=bool(error.retriable()), passes=passes(error))


def _names_fencing(reason: str) -> bool:
    return any(term in reason.lower() for term in _FENCING_TERMS)


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
