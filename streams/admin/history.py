"""What hub.work, hub.allocation and hub.outbox have recorded of orders, for a replay."""

from collections.abc import Collection, Iterator
from datetime import datetime

from kranhub.broker import reading, topics
from kranhub.settings import Settings
from kranhub.wire.codec import Codec
from streams.routing.replay.history import Event

_WORK = frozenset(
    (
        "Order",
        "OrderResponse",
        "ProductionStatus",
        "Receipt",
        "Shipment",
        "AllocationResult",
        "PlannerAction",
        "Wake",
    )
)
_OUTBOX = frozenset(("PlantOrder",))


def events(settings: Settings, codec: Codec, since: datetime, orders: int | None = None) -> list[Event]:
    """Return the events of the orders that began at or after ``since``, of the newest so many where that is said.

    hub.work is read twice, so that only what is wanted is held. Raises as `reading.messages` does.
    """
    began = _began(settings, codec)
    keys = sorted((key for key, time in began.items() if time >= since), key=lambda key: began[key], reverse=True)
    wanted = frozenset(keys[:orders])
    return [*_asked(settings, codec, wanted), *_work(settings, codec, wanted)] if wanted else []


def _began(settings: Settings, codec: Codec) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for message in reading.messages(settings, codec, topics.hub(settings.namespace, "work")):
        if message.subject == "Order":
            found.setdefault(message.key, message.time)
    return found


def _work(settings: Settings, codec: Codec, keys: Collection[str]) -> Iterator[Event]:
    raw = {key.encode() for key in keys}
    for name, subjects in (("outbox", _OUTBOX), ("work", _WORK)):
        topic = topics.hub(settings.namespace, name)
        for message in reading.messages(settings, codec, topic, wanted=raw.__contains__):
            if message.subject in subjects and message.value is not None:
                yield Event(message.key, message.envelope.id, message.subject, message.value, message.time)


def _asked(settings: Settings, codec: Codec, keys: Collection[str]) -> Iterator[Event]:
    for message in reading.messages(settings, codec, topics.hub(settings.namespace, "allocation")):
        if message.subject == "AllocationRequest" and message.value and message.value["order_key"] in keys:
            key = message.value["order_key"]
            yield Event(key, message.envelope.id, message.subject, message.value, message.time)
