"""The load of plants, read from hub.loads."""

from collections.abc import Sequence
from datetime import date

from kranhub.broker import reading, topics
from kranhub.errors import Failed
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from streams.routing.allocator.capacity import week_of


def read(settings: Settings, codec: Codec, plant: str | None, today: date, weeks: int) -> list[messages.PlantLoad]:
    """Return the load of plants by capability, this week and the ones after it.

    Args:
        settings: The installation's settings.
        codec: What decodes the hub's records.
        plant: Only this plant; None for all.
        today: Today.
        weeks: How many weeks at most.

    Raises:
        Failed: The plant has no load, or there is no such topic.
        Unavailable: Kafka or the registry is away.
    """
    found = reading.latest(settings, codec, topics.hub(settings.namespace, "loads"), messages.PlantLoad)
    known = [load for _, load in sorted(found.items())]
    loads = [load for load in known if plant in (None, load["plant"])]
    if plant and not loads:
        raise Failed(_none(plant, sorted({load["plant"] for load in known})))
    return [_from(load, week_of(today), weeks) for load in loads]


def _from(load: messages.PlantLoad, first: str, count: int) -> messages.PlantLoad:
    weeks = [week for week in load["weeks"] if week["week"] >= first]
    return {**load, "weeks": weeks[:count]}


def _none(plant: str, known: Sequence[str]) -> Text:
    listed = ", ".join(known) or "-"
    return Text(
        en=f"No load of {plant} is known: it is no member, has no capability with a capacity, or was never asked. "
        f"Known: {listed}.",
        ru=f"Загрузка {plant} неизвестна: это не участник, у него нет возможностей с заданной мощностью или его ещё не "
        f"спрашивали. Известны: {listed}.",
    )
