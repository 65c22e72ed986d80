"""``kranhub repromise PLANT``: show who gains and who loses if a plant's orders are promised anew, and have it done."""

from collections.abc import Iterator

import click

from kranhub.cli.main import emit, output_option
from kranhub.readmodel import names as public_names
from kranhub.readmodel.names import Names
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.messages import Repromising, RepromisingMove
from kranhub.wire.plain_json import plain
from kranhub.wire.registry import Registry
from streams.admin import orders_texts
from streams.admin import repromise as repromising
from streams.admin.repromise import Wanted
from streams.cli import tables
from streams.cli.orders import actor_option

_HELP = Text(
    en="Promise the orders at PLANT anew: what has become free goes to those who have a day already, more urgent "
    "classes first. Shows who gains and who loses, and asks before anything is changed. Nobody gets a later day but "
    "for an order of a more urgent class; what has begun or left stays where it is.",
    ru="Заново распределить сроки заказов завода PLANT: освободившееся достаётся тем, у кого срок уже есть, сначала "
    "более срочным классам. Показывает, кто выигрывает и кто теряет, и спрашивает перед изменением. Срок сдвигается "
    "позже только ради заказа более срочного класса; начатое и отгруженное не меняется.",
)
_ITEM = Text(en="only orders of this item", ru="только заказы этого изделия")
_INCLUDE_SENT = Text(
    en="orders that the plant's ERP has may move as well, also accepted ones; the plant is asked for the new day, and "
    "its acceptance stands until it answers",
    ru="сдвигать и заказы, которые уже есть в ERP завода, в том числе принятые; у завода запрашивается новый срок, а "
    "его согласие действует, пока он не ответит",
)
_YES = Text(en="do it without asking", ru="выполнить без вопроса")
_REASON = Text(en="why, for the audit", ru="причина, для журнала")
_NOTHING = Text(
    en="Nobody would get an earlier day. Nothing is changed.",
    ru="Ни один срок не стал бы раньше. Ничего не изменено.",
)
_CONFIRM = Text(en="Promise them anew as shown?", ru="Изменить сроки, как показано?")
_DONE = Text(en="Done. The planner tells the orders.", ru="Готово. Планировщик сообщит заказам.")
_YES_SENT = Text(en="yes", ru="да")
_HEADINGS = (
    Text(en="order", ru="заказ"),
    Text(en="item", ru="изделие"),
    Text(en="quantity", ru="количество"),
    Text(en="class", ru="класс"),
    Text(en="from", ru="было"),
    Text(en="to", ru="станет"),
    Text(en="days", ru="дней"),
    Text(en="ERP has it", ru="есть в ERP"),
)


@click.command(help=str(_HELP))
@click.argument("plant")
@click.option("--item", metavar="ITEM", help=str(_ITEM))
@click.option("--include-sent", is_flag=True, help=str(_INCLUDE_SENT))
@click.option("--yes", is_flag=True, help=str(_YES))
@click.option("--reason", default="", metavar="TEXT", help=str(_REASON))
@actor_option
@output_option
def repromise(
    plant: str, item: str | None, include_sent: bool, yes: bool, reason: str, actor: str, output: str
) -> None:
    """Write who gains and who loses, and have it done where a person agrees; as JSON it asks nothing.

    Raises:
        Failed: The plant's reservations have changed since.
    """
    settings, wanted = Settings(), Wanted(plant, item, include_sent)
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        names = public_names.read(settings, codec)
        if plant not in names.members:
            raise click.BadParameter(str(orders_texts.unknown_plant(plant, sorted(names.members))))
        if item is not None and item not in names.items:
            raise click.BadParameter(str(_unknown_item(item)))
        proposal = repromising.propose(settings, codec, wanted)
        is_agreed = _agreed(proposal, names, output, yes=yes)
        if is_agreed:
            repromising.carry_out(settings, codec, proposal, wanted, actor=actor, reason=reason.strip())
    if output == "json":
        emit({"done": is_agreed, "proposal": plain(proposal)})
    elif is_agreed:
        click.echo(str(_DONE))


def _agreed(proposal: Repromising, names: Names, output: str, *, yes: bool) -> bool:
    """Show the proposal, and return whether a person agrees to it; where nobody moves nothing is asked."""
    if output == "json":
        return yes and bool(proposal["moves"])
    if not proposal["moves"]:
        click.echo(str(_NOTHING))
        return False
    tables.show(_HEADINGS, _rows(proposal, names))
    click.echo(str(_counted(proposal)))
    return yes or click.confirm(str(_CONFIRM))


def _rows(proposal: Repromising, names: Names) -> Iterator[tuple[str, ...]]:
    for move in proposal["moves"]:
        yield (
            move["request_id"],
            str(names.item(move["item"])),
            plain(move["quantity"]),
            str(move["priority"]),
            move["before"].isoformat(),
            move["after"].isoformat(),
            f"{_days(move):+d}" if _days(move) else "0",
            str(_YES_SENT) if move["in_erp"] else "-",
        )


def _days(move: RepromisingMove) -> int:
    """Return by how many days it is later; negative is earlier."""
    return (move["after"] - move["before"]).days


def _counted(proposal: Repromising) -> Text:
    earlier = sum(_days(move) < 0 for move in proposal["moves"])
    later = sum(_days(move) > 0 for move in proposal["moves"])
    return Text(en=f"Earlier: {earlier}, later: {later}.", ru=f"Раньше: {earlier}, позже: {later}.")


def _unknown_item(item: str) -> Text:
    return Text(en=f"{item} is not in the nomenclature.", ru=f"{item}: такого изделия нет в номенклатуре.")
