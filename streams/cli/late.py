"""``kranhub orders late``: open orders that are late or soon will be, the least slack first, with what decides."""

from datetime import UTC, datetime

import click

from kranhub.cli.main import emit, output_option
from kranhub.readmodel import names as public_names
from kranhub.readmodel import order_name, plan_texts, plans
from kranhub.readmodel.names import Names
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.plain_json import plain
from kranhub.wire.registry import Registry
from streams.admin import late_orders
from streams.admin.late_orders import WITHIN, LateOrder
from streams.cli import tables

_HELP = Text(
    en="List the open orders that are late or soon will be, the least slack first: days from the promise to the day on "
    "which the order is wanted. Each with the part that decides, and its plant.",
    ru="Показать открытые заказы, которые опаздывают или скоро опоздают, сначала с наименьшим запасом: дней от "
    "обещания до желаемого срока. У каждого часть, которая решает срок, и её завод.",
)
_WITHIN = Text(en="the most slack that is listed, in days", ru="наибольший запас в списке, дней")
_PLANT = Text(en="only orders that a part at this plant decides", ru="только заказы, срок которых решает этот завод")
_BUYER = Text(en="only orders of this buyer", ru="только заказы этого заказчика")
_HEADINGS = (
    Text(en="slack, days", ru="запас, дней"),
    Text(en="order", ru="заказ"),
    Text(en="wanted", ru="нужен"),
    Text(en="promised", ru="обещан"),
    Text(en="state", ru="состояние"),
    Text(en="what decides", ru="что решает"),
)


@click.command("late", help=str(_HELP))
@click.option("--within", type=int, default=WITHIN, show_default=True, metavar="DAYS", help=str(_WITHIN))
@click.option("--plant", metavar="P", help=str(_PLANT))
@click.option("--buyer", metavar="B", help=str(_BUYER))
@output_option
def late(within: int, plant: str | None, buyer: str | None, output: str) -> None:
    """Write the orders that are late or soon will be."""
    settings, today = Settings(), datetime.now(UTC).date()
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        known = plans.read_all(settings, codec)
        names = Names() if output == "json" else public_names.read(settings, codec)
    found = late_orders.late(known.values(), today, within=within, plant=plant, buyer=buyer)
    if output == "json":
        emit([{"slack_at_most": order.slack, **_deciding(order), "plan": plain(order.plan)} for order in found])
    elif not found:
        click.echo(str(_nothing(within)))
    else:
        tables.show(_HEADINGS, (_cells(order, names) for order in found))


def _deciding(order: LateOrder) -> dict[str, str | None]:
    part = plan_texts.deciding(order.plan)
    return {"part": part["place"] if part else None, "plant": part["plant"] if part else None}


def _cells(order: LateOrder, names: Names) -> tuple[str, ...]:
    value, part = order.plan, plan_texts.deciding(order.plan)
    promised, earliest = value["promised_date"], value["earliest_date"]
    return (
        str(order.slack) if value["slack"] == order.slack else f"≤ {order.slack}",
        order_name.shown(value["order_key"], value["order_number"]),
        str(value["requested_date"]),
        str(promised or (f"({earliest})" if earliest else plan_texts.NONE)),
        str(plan_texts.state_of(value["state"])),
        str(plan_texts.part_and_plant(part, names)) if part else plan_texts.NONE,
    )


def _nothing(within: int) -> Text:
    return Text(
        en=f"No open order has {within} days of slack or less.",
        ru=f"Открытых заказов с запасом {within} дн. и меньше нет.",
    )
