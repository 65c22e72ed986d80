"""Which order a person means: by its id or number, either behind ``buyer:``, or by the id of a plant order of it."""

from collections.abc import Mapping

import click

from kranhub import identifiers
from kranhub.errors import Failed
from kranhub.text import Text


def is_meant(order: str, key: str, number: str | None) -> bool:
    """Return whether a person who writes ``order`` may mean the order of this key and number."""
    buyer, order_id = identifiers.order_of(key)
    if ":" not in key:
        return False
    return key in identifiers.keys_named(order) or order in (order_id, number or order_id, f"{buyer}:{number}")


def only(order: str, found: Mapping[str, str | None], unknown: Text) -> str:
    """Return the one order key that is meant, of those that may be, key to number.

    Raises `Failed` with ``unknown`` where there is none, click's `UsageError` where several orders may be.
    """
    if not found:
        raise Failed(unknown)
    if order in found:
        return order
    if len(found) > 1:
        raise click.UsageError(str(_several(order, found)))
    return next(iter(found))


def shown(key: str, number: str | None) -> str:
    """Return an order's key, with what people call it where that is something else."""
    return key if number is None or number == identifiers.order_of(key)[1] else f"{key} (№ {number})"


def _several(order: str, found: Mapping[str, str | None]) -> Text:
    listed = ", ".join(shown(key, number) for key, number in sorted(found.items()))
    return Text(
        en=f"Several orders may be {order}: {listed}. Name one by its key, as it stands here without the bracket.",
        ru=f"Под {order} подходят несколько заказов: {listed}. Укажите один из них по ключу, без скобок.",
    )
