"""Which order an action is about: one that the hub knows, or, by its full key, one that it is about to know."""

import re
from collections.abc import Container
from dataclasses import dataclass

from kranhub import identifiers, reading, topics
from kranhub.codec import Codec
from kranhub.commands import ordername
from kranhub.settings import Settings
from kranhub.text import Text

_PLANT_ORDER = re.compile(r"^[^/]+/.+\.\d+\.\d+$")
"""As `identifiers.plant_order_id` makes them: the number of an order holds no slash."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An order by its key, and one of its plant orders where a person has named that."""

    order_key: str
    plant_order_id: str | None = None


def subject_of(settings: Settings, codec: Codec, order: str, members: Container[str]) -> Subject:
    """Return what is meant by ``buyer:number``, a plant order's id, or an order's number alone.

    A number is looked up among the orders of which hub.decisions or hub.alerts have a word. Raises `Failed` for one
    that is unknown, click's `UsageError` for one that several buyers use.
    """
    number = ordername.encoded(order)
    if number.partition(":")[0] in members and (_PLANT_ORDER.match(number) or "/" not in number):
        return Subject(identifiers.order_key_of(number), number if "/" in number else None)
    keys = {
        message.key
        for topic in ("decisions", "alerts")
        for message in reading.messages(
            settings, codec, topics.hub(settings.namespace, topic), wanted=ordername.meant(order)
        )
    }
    if "/" in order:
        keys = {key for key in keys if identifiers.order_of(key)[1] == order}
    return Subject(ordername.only(order, keys, _unknown(order)))


def _unknown(order: str) -> Text:
    return Text(
        en=f"No order {order} is known. Name it as `buyer:number` (a slash in the number is written %2F); "
        "`kranhub orders waiting` lists what waits.",
        ru=f"Заказ {order} не найден. Укажите его как `заказчик:номер` (косая черта в номере пишется %2F); "
        "`kranhub orders waiting` покажет, что ждёт решения.",
    )
