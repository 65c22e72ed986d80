"""What is published of the master data, and the files' in their place: with the codes that members have mapped."""

from collections.abc import Iterable
from dataclasses import replace

from kranhub.broker import reading, topics
from kranhub.errors import Failed
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from streams.admin.publish import Known
from streams.processor.state.store import Layer, Store
from streams.routing.masterdata import entries
from streams.routing.masterdata.difference import OF_FILES
from streams.routing.masterdata.entries import CodeMapping, Kind
from streams.routing.masterdata.items import Nomenclature
from streams.routing.masterdata.masterdata import MasterData
from streams.stages.support.item_codes import UNKNOWN_ITEM, ItemCodes


def read(settings: Settings, codec: Codec) -> Known:
    """Return the entries of hub.masterdata, by place.

    Raises:
        Failed: Where the topic does not exist.
        Unavailable: When Kafka or the registry is away.
    """
    topic = topics.hub(settings.namespace, "masterdata")
    values = (message.value_as(messages.MasterDataEntry) for message in reading.messages(settings, codec, topic))
    found = (entries.of_record(value) for value in values if value)
    return {entry.place: entry for entry in found}


def master_of(known: Known, files: MasterData | None = None) -> MasterData:
    """Return the master data as the core works by them.

    What comes of no file, such as members' mappings, is the same with and without ``files``.

    Args:
        known: What is published.
        files: Return what would apply once these are published; None for what is published.

    Raises:
        Failed: Where nothing is published.
    """
    if entries.PUBLICATION not in known:
        raise Failed(_none())
    of_files = [entry for entry in known.values() if entry.kind in OF_FILES]
    rest = [entry for entry in known.values() if entry.kind not in (*OF_FILES, Kind.MAPPING)]
    master = entries.of([*rest, *(entries.entries(files) if files else of_files)])
    return with_mappings(master, mappings(known))


def mappings(known: Known) -> list[CodeMapping]:
    """Return the members' own mappings."""
    found = (entries.parse(entry) for entry in known.values() if entry.kind == Kind.MAPPING)
    return [mapping for mapping in found if mapping is not None]


def with_mappings(master: MasterData, found: Iterable[CodeMapping]) -> MasterData:
    """Return the master data with the mappings that count, merged as the stage `masterdata` merges them."""
    codes, items = ItemCodes(Layer(Store())), master.items
    for item in items.values():
        codes.claim(item.item, None, item)
    for mapping in found:
        problem = codes.problem(mapping, items.get(mapping.item))
        if problem is None or problem.code == UNKNOWN_ITEM:
            codes.remember(mapping)
    merged = tuple(codes.merged(item) for item in items.values())
    return replace(master, nomenclature=Nomenclature(version=master.version, items=merged))


def _none() -> Text:
    return Text(
        en="No master data is published yet. Run `kranhub rules publish` or `kranhub core publish` first.",
        ru="Справочники ещё не опубликованы. Сначала выполните `kranhub rules publish` или `kranhub core publish`.",
    )
