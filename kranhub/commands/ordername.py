"""Which order a person means: by its key, its id alone, or the id of one of its plant orders."""

from collections.abc import Callable, Iterable

import click

from kranhub import identifiers
from kranhub.errors import Failed
from kranhub.text import Text


def named(order: str) -> frozenset[str]:
    """Return the order keys that the text may be, or may begin with: a slash may be the order's own."""
    return frozenset((order, identifiers.order_key_of(order)) if identifiers.is_plant_order_id(order) else (order,))


def meant(order: str) -> Callable[[bytes], bool]:
    """Return whether a record's key may be that of the order: for `reading.messages`."""
    keys = named(order)

    def is_meant(raw: bytes) -> bool:
        found = raw.decode("utf-8", "replace")
        return ":" in found and (found in keys or identifiers.order_of(found)[1] == order)

    return is_meant


def only(order: str, keys: Iterable[str], unknown: Text) -> str:
    """Return the one order key that is meant.

    Raises `Failed` with ``unknown`` where there is none, click's `UsageError` where several orders may be.
    """
    found = sorted(set(keys))
    if not found:
        raise Failed(unknown)
    if order in found:
        return order
    if len(found) > 1:
        raise click.UsageError(str(_several(order, found)))
    return found[0]


def _several(order: str, keys: list[str]) -> Text:
    listed = ", ".join(keys)
    return Text(
        en=f"Several buyers have an order {order}: {listed}. Name one of them.",
        ru=f"Заказ {order} есть у нескольких заказчиков: {listed}. Укажите один из них.",
    )
