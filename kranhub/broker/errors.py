"""kafka-python's errors as the hub's own. Those of librdkafka: `streams.processor.kafka.errors`."""

from collections.abc import Iterator
from contextlib import contextmanager

from kafka import errors

from kranhub.errors import Fenced, Misconfigured, Unavailable
from kranhub.settings import Settings, endpoints
from kranhub.text import Text

FENCING = (
    errors.ProducerFencedError,
    errors.InvalidProducerEpochError,
    errors.TransactionCoordinatorFencedError,
    errors.FencedInstanceIdError,
)
"""A newer client of the same name has begun."""

_NO_RIGHTS = (errors.AuthorizationError, errors.SaslAuthenticationFailedError)
_EXPIRED = (errors.OffsetOutOfRangeError, errors.NoOffsetForPartitionError)
_DEFECTS = (errors.KafkaConfigurationError, errors.IllegalArgumentError, errors.IllegalStateError)


@contextmanager
def translated(settings: Settings) -> Iterator[None]:
    """Raise what a kafka-python client raises as an error of the hub.

    Raises:
        Fenced: A newer instance has taken this one's place.
        Misconfigured: Kafka refuses the account, or a consumer's offset is no longer in its topic.
        Unavailable: Anything else that the brokers may get over.
        KafkaError: A client that was used wrongly: a defect.
    """
    try:
        yield
    except FENCING:
        raise Fenced(_fenced()) from None
    except _NO_RIGHTS as error:
        raise Misconfigured(_no_rights(error)) from None
    except _EXPIRED as error:
        raise Misconfigured(_expired(error)) from None
    except _DEFECTS:
        raise
    except errors.KafkaError as error:
        if any(kind.__name__ in str(error) for kind in FENCING):  # an error state is reported as text only
            raise Fenced(_fenced()) from None
        raise Unavailable(_away(settings, error)) from None


def _fenced() -> Text:
    return Text(
        en="A newer instance of this connector has started; this one stops. Run each connector once only.",
        ru="Запущен более новый экземпляр этого коннектора; этот останавливается. Запускайте каждый один раз.",
    )


def _no_rights(error: Exception) -> Text:
    return Text(
        en=f"Kafka refuses this account ({type(error).__name__}). Check KRANHUB_KAFKA_USERNAME, the password and the "
        "account's rights.",
        ru=f"Kafka отказывает этой учётной записи ({type(error).__name__}). Проверьте KRANHUB_KAFKA_USERNAME, пароль "
        "и права учётной записи.",
    )


def _expired(error: Exception) -> Text:
    return Text(
        en=f"The position of this sink is no longer in its topic ({type(error).__name__}): documents expired "
        "unread. Compare the ERP with the hub, then set the group's offset by hand.",
        ru=f"Позиции этого приёмника больше нет в топике ({type(error).__name__}): документы устарели "
        "непрочитанными. Сверьте ERP с центром и задайте смещение группы вручную.",
    )


def _away(settings: Settings, error: Exception) -> Text:
    bootstrap, text = endpoints(settings).bootstrap, f"{type(error).__name__}: {error}"
    return Text(
        en=f"Kafka at {bootstrap} does not do its part ({text}). `kranhub status` shows whether it runs.",
        ru=f"Kafka {bootstrap} не отвечает как должно ({text}). `kranhub status` покажет, работает ли она.",
    )
