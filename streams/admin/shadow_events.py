"""The events of orders in shadow, read from hub.events."""

from collections.abc import Iterator

from kranhub.broker import reading, topics
from kranhub.settings import Settings
from kranhub.wire.codec import Codec
from streams.routing.planner.cutover import SHADOW_HEADER
from streams.routing.replay.shadow import HubEvent


def read(settings: Settings, codec: Codec) -> Iterator[HubEvent]:
    """Yield the events of orders, each with whether it was decided in shadow.

    Raises:
        Unavailable: When Kafka or the registry is away.
    """
    topic = topics.hub(settings.namespace, "events")
    for message in reading.messages(settings, codec, topic, wanted=_is_of_an_order):
        if message.subject and message.value:
            yield HubEvent(message.subject, message.value, SHADOW_HEADER in message.headers)


def _is_of_an_order(key: bytes) -> bool:
    """Return whether the key may be an order's; the others are those of stock, and of documents of no order."""
    return b":" in key
