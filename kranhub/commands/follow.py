"""An order's story as it goes on, from the read model."""

import time
from collections.abc import Iterator
from typing import Any

from kranhub import orderchanges, readmodel, topics
from kranhub.commands import trace
from kranhub.settings import Settings

FOLLOW_S = 0.3


def story(settings: Settings, order: str, *, follow: bool) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each event of the order as a document and as a line; with ``follow``, go on as they are added.

    Raises `Failed` when no view has run here, `Unavailable` when the read model is away.
    """
    events = topics.hub(settings.namespace, "events")
    engine = readmodel.open_engine(settings)
    readmodel.require(engine)
    last, known = 0, dict[str, Any]()
    while True:
        with readmodel.errors(engine), engine.connect() as connection:
            rows = list(readmodel.story(connection, events, *trace.wanted(order), after=last))
        for row in orderchanges.with_changes(rows, known):
            yield trace.entry(row), f"{trace.moment(row)} {row['subject']} {trace.sentence(row)}"
        if not follow:
            return
        last = max((row["number"] for row in rows), default=last)
        time.sleep(FOLLOW_S)
