"""``kranhub orders shadow``: what the hub decided for members in shadow, beside what people placed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import click

from kranhub.cli.main import emit, output_option
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.plain_json import plain
from kranhub.wire.registry import Registry
from streams.admin import shadow_events
from streams.cli import tables
from streams.routing.replay.shadow import Compared, Verdict, compare, totals

_HELP = Text(
    en="Compare what the hub decided for members in shadow with what people placed, as the opening snapshot tells it, "
    "line by line.",
    ru="Сравнить решения центра для участников в теневом режиме с тем, что разместили люди: построчно, по начальному "
    "снимку заказов.",
)
_PLANT = Text(
    en="only lines that the hub or people gave to this plant", ru="только строки, которые центр или люди дали заводу"
)
_NOTHING = Text(
    en="Nothing was decided in shadow, and no opening snapshot has come. docs/cutover.md tells how to begin.",
    ru="В теневом режиме ничего не решено, начальных снимков заказов нет. Как начать, сказано в docs/cutover.md.",
)
_HEADINGS = (
    Text(en="order", ru="заказ"),
    Text(en="line", ru="строка"),
    Text(en="item", ru="позиция"),
    Text(en="hub", ru="центр"),
    Text(en="people", ru="люди"),
    Text(en="hub could by", ru="центр смог бы к"),
    Text(en="agreed for", ru="согласовано на"),
    Text(en="result", ru="итог"),
)
_VERDICTS = {
    Verdict.SAME_PLANT: Text(en="same plant", ru="тот же завод"),
    Verdict.OTHER_PLANT: Text(en="another plant", ru="другой завод"),
    Verdict.NOT_DECIDED: Text(en="the hub had found no plant in shadow", ru="центр в тени завода не выбрал"),
    Verdict.NOT_PLACED: Text(en="no opening snapshot yet", ru="начального снимка ещё нет"),
}
_LATER = Text(en="later than agreed", ru="позже согласованного")
_TOTAL = Text(en="lines", ru="строк")


@click.command("shadow", help=str(_HELP))
@click.option("--plant", metavar="P", help=str(_PLANT))
@output_option
def shadow(plant: str | None, output: str) -> None:
    """Write the comparison, and its totals."""
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        found = compare(shadow_events.read(settings, Codec(registry)))
    found = [each for each in found if plant in (None, each.placed_at, *each.hub)]
    if output == "json":
        lines = [{**plain(asdict(each)), "is_later": each.is_later} for each in found]
        emit({"totals": {str(verdict): count for verdict, count in totals(found).items()}, "lines": lines})
    elif not found:
        click.echo(str(_NOTHING))
    else:
        _show(found)


def _show(found: Sequence[Compared]) -> None:
    tables.show(_HEADINGS, (_cells(each) for each in found))
    counts = "; ".join(f"{_VERDICTS[verdict]}: {count}" for verdict, count in totals(found).items() if count)
    click.echo(f"{_TOTAL}: {len(found)}; {counts}; {_LATER}: {sum(each.is_later for each in found)}")


def _cells(each: Compared) -> tuple[str, ...]:
    verdict = str(_VERDICTS[each.verdict]) + (f", {_LATER}" if each.is_later else "")
    days = (day.isoformat() if day else "-" for day in (each.possible_on, each.agreed_for))
    return (each.order_key, each.line_id, each.item, _shares(each.hub), each.placed_at or "-", *days, verdict)


def _shares(hub: Mapping[str, object]) -> str:
    if len(hub) == 1:
        return next(iter(hub))
    return ", ".join(f"{plant} {quantity}" for plant, quantity in hub.items()) or "-"
