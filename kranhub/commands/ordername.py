"""Which order a person means: by its key, its number alone, or the id of one of its plant orders."""

from collections.abc import Callable, Iterable

import click

from kranhub import identifiers
from kranhub.errors import Failed
from kranhub.text import Text


def encoded(order: str) -> str:
    """Return an order's key or a plant order's id as the hub writes it: a person may leave letters unencoded."""
    key, slash, rest = order.partition("/")
    return f"{identifiers.order_key(*identifiers.order_of(key))}{slash}{rest}" if ":" in key else order


def meant(order: str) -> Callable[[bytes], bool]:
    """Return whether a record's key may be that of the order: for `reading.messages`."""
    key = identifiers.order_key_of(encoded(order))

    def is_meant(raw: bytes) -> bool:
        found = raw.decode("utf-8", "replace")
        return ":" in found and (found == key or identifiers.order_of(found)[1] == order)

    return is_meant


def only(order: str, keys: Iterable[str], unknown: Text) -> str:
    """Return the one order key that is meant.

    Raises `Failed` with ``unknown`` where there is none, click's `UsageError` where several buyers use the number.
    """
    found = sorted(set(keys))
    if not found:
        raise Failed(unknown)
    key = identifiers.order_key_of(encoded(order))
    if key in found:
        return key
    if len(found) > 1:
        raise click.UsageError(str(_several(order, found)))
    return found[0]


def _several(order: str, keys: list[str]) -> Text:
    listed = ", ".join(keys)
    return Text(
        en=f"Several buyers have an order {order}: {listed}. Name one of them.",
        ru=f"Заказ {order} есть у нескольких заказчиков: {listed}. Укажите один из них.",
    )
