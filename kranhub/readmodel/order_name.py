"""Finds the order that a person means: by id or number, either also after ``buyer:``, or by a plant order's id."""

from collections.abc import Mapping

import click

from kranhub import identifiers
from kranhub.errors import Failed
from kranhub.text import Text


def is_meant(order: str, key: str, number: str | None) -> bool:
    """Return whether a person may mean an order.

    Args:
        order: What the person wrote.
        key: The order's key.
        number: The order's number; None where it has none.
    """
    buyer, order_id = identifiers.order_of(key)
    if ":" not in key:
        return False
    return key in identifiers.keys_named(order) or order in (order_id, number or order_id, f"{buyer}:{number}")


def only(order: str, found: Mapping[str, str | None], unknown: Text) -> str:
    """Return the key of the one order that is meant.

    Args:
        order: What the person wrote.
        found: The orders that may be meant: number by key. A key that is equal to ``order`` is preferred.
        unknown: The sentence for the case that there are none.

    Raises:
        Failed: No order may be meant; with the sentence ``unknown``.
        click.UsageError: Several orders may be meant.
    """
    if not found:
        raise Failed(unknown)
    if order in found:
        return order
    if len(found) > 1:
        raise click.UsageError(str(_several(order, found)))
    return next(iter(found))


def shown(key: str, number: str | None) -> str:
    """Return an order's key, followed by its number where that differs from its id."""
    return key if number is None or number == identifiers.order_of(key)[1] else f"{key} (№ {number})"


def _several(order: str, found: Mapping[str, str | None]) -> Text:
    listed = ", ".join(shown(key, number) for key, number in sorted(found.items()))
    return Text(
        en=f"Several orders may be {order}: {listed}. Name one by its key, as it stands here without the bracket.",
        ru=f"Под {order} подходят несколько заказов: {listed}. Укажите один из них по ключу, без скобок.",
    )
