"""``kranhub load [PLANT]``: by capability and ISO week, a plant's capacity, what is reserved of it, what is free."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import click

from kranhub.cli.main import emit, output_option
from kranhub.readmodel import names as public_names
from kranhub.readmodel.names import Names
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from kranhub.wire.plain_json import plain
from kranhub.wire.registry import Registry
from streams.admin import loads
from streams.cli import tables
from streams.routing.allocator.capacity import WEEKS

SHOWN = 8
"""How many weeks are shown unless a person says otherwise."""

_HELP = Text(
    en="Show by capability and week how much of a plant's capacity is reserved and free; without PLANT, of all plants "
    "that were ever asked.",
    ru="Показать по возможностям и неделям, сколько мощности завода занято и свободно; без PLANT, по всем заводам, "
    "которых спрашивали.",
)
_WEEKS = Text(en="how many weeks, this one first", ru="сколько недель, начиная с текущей")
_NOTHING = Text(en="No plant with a capacity has been asked yet.", ru="Заводов с заданной мощностью ещё не спрашивали.")
_HEADINGS = (
    Text(en="plant", ru="завод"),
    Text(en="capability", ru="возможность"),
    Text(en="week", ru="неделя"),
    Text(en="capacity", ru="мощность"),
    Text(en="reserved", ru="занято"),
    Text(en="free", ru="свободно"),
    Text(en="load", ru="загрузка"),
)


@click.command(help=str(_HELP))
@click.argument("plant", required=False)
@click.option(
    "--weeks",
    type=click.IntRange(1, WEEKS),
    default=SHOWN,
    show_default=True,
    metavar="N",
    help=str(_WEEKS),
)
@output_option
def load(plant: str | None, weeks: int, output: str) -> None:
    """Write the weeks of each capability.

    Raises:
        Failed: The plant has no load.
    """
    settings, today = Settings(), datetime.now(UTC).date()
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        found = loads.read(settings, codec, plant, today, weeks)
        names = Names() if output == "json" else public_names.read(settings, codec)
    if output == "json":
        emit([plain(each) for each in found])
    elif not found:
        click.echo(str(_NOTHING))
    else:
        tables.show(_HEADINGS, (row for each in found for row in _rows(each, names)))


def _rows(found: messages.PlantLoad, names: Names) -> Iterator[tuple[str, ...]]:
    for week in found["weeks"]:
        yield (
            str(names.member(found["plant"])),
            found["capability"],
            week["week"],
            f"{plain(week['capacity'])} {found['unit']}",
            plain(week["reserved"]),
            plain(week["free"]),
            _share(week),
        )


def _share(week: messages.PlantLoadWeek) -> str:
    """Return how much of the week is reserved, in per cent; a dash where nothing can be made in it."""
    capacity: Decimal = week["capacity"]
    return f"{week['reserved'] / capacity:.0%}" if capacity > 0 else "-"
