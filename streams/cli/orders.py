"""``kranhub orders``: what a person decides on an order by hand, and what waits for a person."""

import getpass
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import click

from kranhub.cli.main import emit, output_option
from kranhub.readmodel import names
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.values.times import FIRST_YEAR, LAST_YEAR
from kranhub.wire.codec import Codec
from kranhub.wire.messages import PlannerActionKind, Subject
from kranhub.wire.plain_json import plain
from kranhub.wire.registry import Registry
from streams.admin import orders_texts, producing
from streams.admin.order_actions import Given, planner_action
from streams.admin.order_lookup import target_of
from streams.admin.producing import Row
from streams.cli.late import late
from streams.cli.shadow import shadow
from streams.cli.waiting import waiting

REASON_CHARACTERS = 2000

Command = Callable[..., Any]
Option = Callable[[Command], Command]


@click.group(help=str(orders_texts.HELP))
def orders() -> None:
    """Group the commands about single orders."""


orders.add_command(waiting)
orders.add_command(late)
orders.add_command(shadow)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise click.UsageError(str(orders_texts.NO_USER)) from None


def _reason(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not value.strip() or len(value) > REASON_CHARACTERS:
        raise click.BadParameter(str(orders_texts.BAD_REASON))
    return value.strip()


def _day(_context: click.Context, _parameter: click.Parameter, value: datetime) -> date:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise click.BadParameter(f"{FIRST_YEAR}..{LAST_YEAR}")
    return value.date()


_LINE = click.option("--line", "line_id", metavar="L", help=str(orders_texts.LINE))
_PLANT_ORDER = click.option("--plant-order", "plant_order_id", metavar="ID", help=str(orders_texts.PLANT_ORDER))
_PLANT = click.option("--plant", required=True, metavar="P", help=str(orders_texts.PLANT))
_DATE = click.option(
    "--date",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    callback=_day,
    help=str(orders_texts.DATE),
)
_PART = (_LINE, _PLANT_ORDER)

reason_option: Option = click.option(
    "--reason", required=True, metavar="TEXT", callback=_reason, help=str(orders_texts.REASON)
)
"""Why somebody acts, as the argument ``reason``."""

actor_option: Option = click.option(
    "--actor", default=_user, show_default="$USER", metavar="NAME", help=str(orders_texts.ACTOR)
)
"""Who acts, as the argument ``actor``."""


def _command(action: PlannerActionKind, help_text: Text, *more: Option) -> None:
    """Add the command of an action; ``more`` are its own options."""

    def act(order: str, reason: str, actor: str, output: str, **given: Any) -> None:
        _act(action, order, {"reason": reason, "actor": actor, **given}, output)

    options: list[Option] = [
        click.argument("order"),
        *more,
        reason_option,
        actor_option,
        output_option,
    ]
    command: Command = act
    for option in reversed(options):
        command = option(command)
    name = action.lower().replace("_", "-")
    orders.command(name, help=str(help_text))(command)


_command(PlannerActionKind.APPROVE, orders_texts.APPROVE, *_PART)
_command(PlannerActionKind.REJECT, orders_texts.REJECT, *_PART)
_command(PlannerActionKind.OVERRIDE_PLANT, orders_texts.OVERRIDE_PLANT, *_PART, _PLANT)
_command(PlannerActionKind.OVERRIDE_DATE, orders_texts.OVERRIDE_DATE, *_PART, _DATE)
_command(PlannerActionKind.FREEZE, orders_texts.FREEZE)
_command(PlannerActionKind.RELEASE, orders_texts.RELEASE, *_PART)
_command(PlannerActionKind.CANCEL, orders_texts.CANCEL)


def _act(action: PlannerActionKind, order: str, given: Given, output: str) -> None:
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        members = names.read(settings, codec).members
        target = target_of(settings, codec, order, members)
        if given.get("plant") and given["plant"] not in members:
            raise click.BadParameter(str(orders_texts.unknown_plant(given["plant"], sorted(members))))
        value = planner_action(action, target, given)
        row = Row("work", target.order_key, Subject.PLANNER_ACTION, value, f"hub/PlannerAction/{value['action_id']}")
        producing.send(settings, codec, [row], "orders")
    if output == "json":
        emit(plain(value))
    else:
        click.echo(str(orders_texts.sent(value)))
