"""What a publication of master data would do: to topics, and to the open orders of who leaves with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from kranhub.broker import admin, reading, topics
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.messages import AnyDecoded, Decoded
from streams.routing.masterdata import difference, entries, removed_members
from streams.routing.masterdata.difference import Change
from streams.routing.masterdata.entries import Entry, Kind
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.removed_members import AT_ONCE, Concern, Leaving, Orders
from streams.routing.planner.cutover import SHADOW_HEADER

SHOWN = 5
"""How many orders, members or topics a sentence names."""


@dataclass(frozen=True, slots=True)
class Impact:
    """What publishing would do.

    Attributes:
        changes: What differs from what is published.
        topics: The topics that it creates.
        leaving: What is no longer part of the master data.
        concerns: What of that open orders name.
    """

    changes: tuple[Change, ...]
    topics: tuple[str, ...]
    leaving: Leaving
    concerns: tuple[Concern, ...]

    @property
    def objections(self) -> list[Text]:
        """Why it is refused unless a person forces it; empty where there is no reason."""
        return objections(self.leaving, self.concerns)

    @property
    def refusals(self) -> list[Text]:
        """Why it is refused whatever a person insists on: what an order is made of must stay known."""
        return refusals(self.concerns)


def of(
    settings: Settings,
    codec: Codec,
    known: Mapping[tuple[str, str], Entry],
    changed: Iterable[Entry],
    master: MasterData,
) -> Impact:
    """Return what publishing the master data in the place of ``known`` would do.

    Args:
        settings: The installation's settings.
        codec: What decodes the hub's records.
        known: What is published, by its place.
        changed: The entries that publishing writes.
        master: The master data to publish.

    Raises:
        Failed: Where a topic does not exist.
        Unavailable: When Kafka or the registry is away.
    """
    gone = removed_members.leaving(changed)
    return Impact(
        tuple(difference.differences(known.values(), entries.entries(master))),
        tuple(admin.missing_of_members(settings, master.members)),
        gone,
        tuple(concerns(settings, codec, gone)),
    )


def concerns(settings: Settings, codec: Codec, gone: Leaving) -> list[Concern]:
    """Return what leaves although open orders name it, by hub.events, which is read only where something leaves.

    Args:
        settings: The installation's settings.
        codec: What decodes the hub's records.
        gone: What is no longer part of the master data.

    Raises:
        Failed: Where hub.events does not exist.
        Unavailable: When Kafka or the registry is away.
    """
    if not gone:
        return []
    orders = Orders()
    for message in reading.messages(settings, codec, topics.hub(settings.namespace, "events")):
        if message.subject in removed_members.SUBJECTS and message.value is not None:
            came = cast(AnyDecoded, Decoded(message.subject, message.value))
            orders.take(message.key, came, shadow=SHADOW_HEADER in message.headers)
    return orders.concerned(gone)


def objections(gone: Leaving, found: Iterable[Concern]) -> list[Text]:
    """Return why a person must insist on the publication."""
    texts = [_several(gone.members)] if len(gone.members) > AT_ONCE else []
    return [*texts, *(_member(concern) for concern in found if concern.kind == Kind.PARTY)]


def refusals(found: Iterable[Concern]) -> list[Text]:
    """Return why nobody can have it published."""
    return [_item(concern) for concern in found if concern.kind == Kind.ITEM]


def insist(texts: Sequence[Text]) -> Text:
    """Return the objections, and how a person insists."""
    return joined(texts).then(
        Text(
            en="Nothing was published. Correct the files; or, if all of this is meant, publish with `--force`.",
            ru="Ничего не опубликовано. Исправьте файлы, а если всё это задумано, опубликуйте с `--force`.",
        )
    )


def joined(texts: Sequence[Text]) -> Text:
    """Return the sentences as one text."""
    first, *rest = texts
    for text in rest:
        first = first.then(text)
    return first


def _member(concern: Concern) -> Text:
    orders, parts = len(concern.orders), len(concern.plant_orders)
    return Text(
        en=f"{concern.key} would no longer be a member (an id cannot be renamed, only the name). Open orders that name "
        f"it: {orders}{_some(concern.orders)}. Plant orders that stand there, which would be on hold until it is "
        f"published again: {parts}{_some(concern.plant_orders)}.",
        ru=f"{concern.key} перестанет быть участником (id не переименовывают, меняют только название). Открытых "
        f"заказов с его участием: {orders}{_some(concern.orders)}. Заказов, переданных ему как заводу (они "
        f"остановятся, пока участника не опубликуют снова): {parts}{_some(concern.plant_orders)}.",
    )


def _several(members: Sequence[str]) -> Text:
    return Text(
        en=f"{len(members)} members would leave at once{_some(members)}. Is the members file whole, and the right one?",
        ru=f"Сразу перестанут быть участниками: {len(members)}{_some(members)}. Файл участников целый и тот самый?",
    )


def _item(concern: Concern) -> Text:
    return Text(
        en=f"The item {concern.key} is gone from the nomenclature, but open orders need it: "
        f"{len(concern.orders)}{_some(concern.orders)}. Leave it there until they are over.",
        ru=f"Позиции {concern.key} больше нет в номенклатуре, а она нужна открытым заказам: "
        f"{len(concern.orders)}{_some(concern.orders)}. Оставьте её, пока они не завершены.",
    )


def _some(names: Sequence[str]) -> str:
    if not names:
        return ""
    return f" ({', '.join(names[:SHOWN])}{', …' if len(names) > SHOWN else ''})"
