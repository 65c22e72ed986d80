"""What hub.work, hub.allocation and hub.outbox have recorded of orders, for a replay."""

from collections.abc import Collection, Iterator
from datetime import datetime

from kranhub.broker import reading, topics
from kranhub.settings import Settings
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from kranhub.wire.messages import Subject
from streams.routing.replay.history import RecordedEvent

_WORK = frozenset(
    (
        Subject.ORDER,
        Subject.ORDER_RESPONSE,
        Subject.PRODUCTION_STATUS,
        Subject.RECEIPT,
        Subject.SHIPMENT,
        Subject.ALLOCATION_RESULT,
        Subject.PLANNER_ACTION,
        Subject.WAKE,
    )
)
_OUTBOX = frozenset((Subject.PLANT_ORDER,))


def events(settings: Settings, codec: Codec, since: datetime, orders: int | None = None) -> list[RecordedEvent]:
    """Return the recorded events of orders, and all that the allocators were told: all orders share their stock.

    hub.work is read twice, so that only what is wanted is held.

    Args:
        settings: The installation's settings.
        codec: What decodes the hub's records.
        since: Orders that began at or after this time.
        orders: How many of the newest of them; None for all.

    Raises:
        Failed: Where a topic does not exist.
        Unavailable: When Kafka or the registry is away.
    """
    began = _began(settings, codec)
    keys = sorted((key for key, time in began.items() if time >= since), key=lambda key: began[key], reverse=True)
    wanted = frozenset(keys[:orders])
    return [*_allocation(settings, codec), *_work(settings, codec, wanted)] if wanted else []


def _began(settings: Settings, codec: Codec) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for message in reading.messages(settings, codec, topics.hub(settings.namespace, "work")):
        if message.subject == Subject.ORDER:
            found.setdefault(message.key, message.time)
    return found


def _work(settings: Settings, codec: Codec, keys: Collection[str]) -> Iterator[RecordedEvent]:
    raw = {key.encode() for key in keys}
    for name, subjects in (("outbox", _OUTBOX), ("work", _WORK)):
        topic = topics.hub(settings.namespace, name)
        for message in reading.messages(settings, codec, topic, wanted=raw.__contains__):
            if message.subject in subjects and message.value is not None:
                yield RecordedEvent(message.key, message.envelope.id, message.subject, message.value, message.time)


def _allocation(settings: Settings, codec: Codec) -> Iterator[RecordedEvent]:
    """Yield requests and what plants say; a member may give two documents one id, so their places are their ids."""
    for message in reading.messages(settings, codec, topics.hub(settings.namespace, "allocation")):
        place = f"{message.partition}/{message.offset}"
        if request := message.value_as(messages.AllocationRequest):
            key, event_id = request["order_key"], message.envelope.id
            yield RecordedEvent(key, event_id, Subject.ALLOCATION_REQUEST, request, message.time)
        elif level := message.value_as(messages.InventoryLevel):
            yield RecordedEvent("", place, Subject.INVENTORY_LEVEL, level, message.time)
        elif receipt := message.value_as(messages.PlannedReceipt):
            yield RecordedEvent("", place, Subject.PLANNED_RECEIPT, receipt, message.time)
        elif disruption := message.value_as(messages.Disruption):
            yield RecordedEvent("", place, Subject.DISRUPTION, disruption, message.time)
