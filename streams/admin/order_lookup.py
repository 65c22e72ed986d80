"""Which order an action is about: one that the hub has, or, by its full key, one that it is about to get."""

from collections.abc import Container
from dataclasses import dataclass

from kranhub import identifiers
from kranhub.broker import reading, topics
from kranhub.readmodel import order_name
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec


@dataclass(frozen=True, slots=True)
class Target:
    """An order by its key, and one of its plant orders where a person has named that."""

    order_key: str
    plant_order_id: str | None = None


def target_of(settings: Settings, codec: Codec, order: str, members: Container[str]) -> Target:
    """Return the order that a person means.

    It is looked up among the orders of hub.decisions and hub.alerts.

    Args:
        settings: The installation's settings.
        codec: What decodes the hub's records.
        order: The order's number or id, alone or behind ``buyer:``, or a plant order's id.
        members: The ids of all members; an unknown order is accepted by its full key with one of these.

    Raises:
        Failed: For an order that is unknown.
        UsageError: For what may be several orders.
        Unavailable: When Kafka or the registry is away.
    """
    found = {key: number for key, number in _known(settings, codec).items() if order_name.is_meant(order, key, number)}
    if not found and order.partition(":")[0] in members:
        found = {identifiers.order_key_of(order) if identifiers.is_plant_order_id(order) else order: None}
    key = order_name.only(order, found, _unknown(order))
    return Target(key, order if order.startswith(f"{key}/") else None)


def _known(settings: Settings, codec: Codec) -> dict[str, str | None]:
    """Return the number of each order, by its key."""
    found: dict[str, str | None] = {}
    for topic in ("decisions", "alerts"):
        for message in reading.messages(settings, codec, topics.hub(settings.namespace, topic)):
            value = message.value_as(messages.RoutingDecision) or message.value_as(messages.Alert)
            if value is not None and (key := value["order_key"]):
                found[key] = value["order_number"]
    return found


def _unknown(order: str) -> Text:
    return Text(
        en=f"No order {order} is known. Name it as `buyer:number`; `kranhub orders waiting` lists what waits.",
        ru=f"Заказ {order} не найден. Укажите его как `заказчик:номер`; `kranhub orders waiting` покажет, что ждёт "
        "решения.",
    )
