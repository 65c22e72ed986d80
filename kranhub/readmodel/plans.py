"""The plans of orders, read from hub.plans."""

from collections.abc import Mapping

from kranhub.broker import reading, topics
from kranhub.readmodel import order_name
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec


def read_all(settings: Settings, codec: Codec) -> Mapping[str, messages.OrderPlan]:
    """Return the last plan of every order that is not closed, by its key.

    Args:
        settings: The installation's settings.
        codec: The codec over the hub's registry.

    Raises:
        Failed: The topic does not exist.
        Unavailable: Kafka or the registry is away.
        Misconfigured: Kafka refuses the account.
    """
    return reading.latest(settings, codec, topics.hub(settings.namespace, "plans"), messages.OrderPlan)


def read(settings: Settings, codec: Codec, order: str) -> messages.OrderPlan:
    """Return the plan of one order.

    Args:
        settings: The installation's settings.
        codec: The codec over the hub's registry.
        order: What a person calls the order, as in `order_name`; also the id of one of its plant orders.

    Raises:
        Failed: There is no such plan, or no such topic.
        click.UsageError: Several orders may be meant.
        Unavailable: Kafka or the registry is away.
        Misconfigured: Kafka refuses the account.
    """
    known = read_all(settings, codec)
    meant = {
        key: value["order_number"]
        for key, value in known.items()
        if order_name.is_meant(order, key, value["order_number"])
    }
    return known[order_name.only(order, meant, _unknown(order))]


def _unknown(order: str) -> Text:
    return Text(
        en=f"There is no plan of order {order}: it is not known, is closed, or waits for offers. Check the number; "
        f"`kranhub trace {order}` tells what has happened, `kranhub orders waiting` what waits for a person.",
        ru=f"Плана заказа {order} нет: заказ неизвестен, закрыт или ждёт предложений. Проверьте номер; "
        f"`kranhub trace {order}` покажет события, `kranhub orders waiting` то, что ждёт человека.",
    )
