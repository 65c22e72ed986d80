"""What waits for a person, read from the topics of alerts, orders, the audit and the dead letters."""

from collections.abc import Container, Iterator
from contextlib import suppress
from datetime import datetime

from kranhub.broker import reading, topics
from kranhub.broker.reading import Message
from kranhub.errors import Failed
from kranhub.settings import Settings
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from kranhub.wire.messages import Subject
from streams.admin import refused_orders
from streams.routing.notify import open_alerts
from streams.routing.notify.open_alerts import Since


def still_waiting(settings: Settings, codec: Codec, now: datetime) -> list[messages.Alert]:
    """Return what still waits, newest first, from hub.alerts, hub.audit, hub.work, hub.outbox and all dead letters.

    Args:
        settings: The installation's settings.
        codec: What decodes the hub's records.
        now: The present time.

    Raises:
        Unavailable: When Kafka or the registry is away.
    """
    read = _read(settings, codec, "alerts")
    alerts = [alert for message in read if (alert := message.value_as(messages.Alert))]
    dead_letters = [*_read(settings, codec, "dead-letters"), *_of_connectors(settings, codec)]
    refusals = {key for dead_letter in dead_letters if (key := refused_orders.order_of(dead_letter))}
    keys = refusals | {key for alert in alerts if (key := alert["order_key"])}
    since: dict[str, Since] = {}
    orders: dict[str, list[Message]] = {}
    for topic in ("work", "outbox", "audit") if keys else ():
        for message in _read(settings, codec, topic, {key.encode() for key in keys}):
            if message.subject is Subject.ORDER:
                orders.setdefault(message.key, []).append(message)
            else:
                _note(message, since.setdefault(message.key, Since()))
    found = [*open_alerts.waiting(alerts, since, now), *refused_orders.waiting(dead_letters, orders, now)]
    return sorted(found, key=lambda alert: (alert["raised_at"], alert["alert_id"]), reverse=True)


def _of_connectors(settings: Settings, codec: Codec) -> Iterator[Message]:
    """Yield the dead letters of the members' connectors."""
    for member in {message.key for message in _read(settings, codec, "parties")}:
        with suppress(Failed):  # a member whose topics `kranhub up` has not made yet
            yield from reading.messages(settings, codec, topics.out(settings.namespace, member, "dead-letters"))


def _read(settings: Settings, codec: Codec, topic: str, keys: Container[bytes] | None = None) -> list[Message]:
    """Return a topic's records with these keys, those that can be read; an order's records have its key."""
    wanted = (lambda _key: True) if keys is None else keys.__contains__
    found = reading.messages(settings, codec, topics.hub(settings.namespace, topic), wanted=wanted)
    return [message for message in found if message.subject and message.value]


def _note(message: Message, since: Since) -> None:
    """Keep what may answer an alert: a plant order, a status for the buyer, what a person did."""
    if plant_order := message.value_as(messages.PlantOrder):
        since.plant_orders.append(plant_order)
    elif (status := message.value_as(messages.OrderStatus)) and status["role"] in (None, "buyer"):
        since.statuses.append(status)
    elif entry := message.value_as(messages.AuditEntry):
        since.audit.append(entry)
