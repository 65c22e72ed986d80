"""An order's timeline from the read model, and new events as they are added."""

import time
from collections.abc import Iterator, Mapping

from kranhub.broker import topics
from kranhub.readmodel import order_changes, order_name, tables, timeline_texts
from kranhub.readmodel.order_changes import PlantOrderJson
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire.plain_json import JsonDocument

FOLLOW_S = 0.3


def timeline(settings: Settings, order: str, *, follow: bool) -> Iterator[tuple[JsonDocument, str]]:
    """Yield each event of an order as a document and as a line.

    An order that is not known yet is waited for if ``follow`` is set.

    Args:
        settings: The installation's settings.
        order: What a person calls the order, as in `order_name`.
        follow: Whether to go on with events as they are added.

    Raises:
        Failed: No view has run here.
        Unavailable: The read model is away.
        click.UsageError: Several orders may be meant.
    """
    events = topics.hub(settings.namespace, "events")
    engine = tables.open_engine(settings)
    tables.require(engine)
    last, known, key = 0, dict[str, PlantOrderJson](), None
    while True:
        with tables.errors(engine), engine.connect() as connection:
            key = key or _key(tables.find(connection, events, order), order)
            rows = list(tables.order_events(connection, events, key, after=last)) if key else []
        for row in order_changes.with_changes(rows, known):
            yield (
                timeline_texts.entry(row),
                f"{timeline_texts.moment(row)} {row['subject']} {timeline_texts.sentence(row)}",
            )
        if not follow:
            return
        last = max((row["number"] for row in rows), default=last)
        time.sleep(FOLLOW_S)


def _key(found: Mapping[str, str | None], order: str) -> str | None:
    return order_name.only(order, found, Text(en=order, ru=order)) if found else None
