"""The decisions about an order, read from hub.decisions."""

from collections.abc import Sequence

from kranhub.broker import reading, topics
from kranhub.errors import Failed
from kranhub.readmodel import order_name
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec


def read(settings: Settings, codec: Codec, order: str) -> Sequence[messages.RoutingDecision]:
    """Return the decisions about an order, oldest first.

    Args:
        settings: The installation's settings.
        codec: The codec over the hub's registry.
        order: What a person calls the order, as in `order_name`; for the id of a plant order, only the decisions about
            it.

    Raises:
        Failed: There are no such decisions, or no such topic.
        click.UsageError: Several orders may be meant.
        Unavailable: Kafka or the registry is away.
        Misconfigured: Kafka refuses the account.
    """
    topic = topics.hub(settings.namespace, "decisions")
    read = reading.messages(settings, codec, topic)
    decided = [value for message in read if (value := message.value_as(messages.RoutingDecision))]
    numbers = {value["order_key"]: value["order_number"] for value in decided}
    meant = {key: number for key, number in numbers.items() if order_name.is_meant(order, key, number)}
    key = order_name.only(order, meant, _unknown(order))
    values = [value for value in decided if value["order_key"] == key]
    if order.startswith(f"{key}/"):
        values = [value for value in values if value["plant_order_id"] == order]
    if not values:
        raise Failed(_unknown(order))
    return values


def _unknown(order: str) -> Text:
    return Text(
        en=f"Nothing has been decided about order {order}. Check the number; `kranhub trace {order}` tells what has "
        "happened, `kranhub orders waiting` what waits for a person.",
        ru=f"О заказе {order} решений нет. Проверьте номер; `kranhub trace {order}` покажет события, "
        "`kranhub orders waiting` то, что ждёт человека.",
    )
