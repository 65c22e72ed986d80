"""What `kranhub connector check` finds in a connector's code before it meets Kafka."""

import asyncio
import time
from contextlib import aclosing

from connectors.runtime import conformance, runner, source_items
from connectors.runtime.calls import awaited, calling
from connectors.runtime.configuration import Loaded
from connectors.runtime.conformance import Unlike
from kranhub.broker import admin
from kranhub.connector import Progress, Source
from kranhub.errors import InvalidDocument, Misconfigured
from kranhub.parties import members
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire.registry import Registry

MOST_ITEMS = 50
SECONDS = 10.0
"""The most items that are read of the source, and for how long; nothing is written, and ``committed()`` is not
called."""


def shape(loaded: Loaded) -> None:
    """Check that source, sink and ``Sink.subjects`` are as the contract requires.

    Raises:
        ConnectorDefect: Where one of them is not.
    """
    with calling(loaded, "source()"):
        source = conformance.source(loaded.connector.source())
    with calling(loaded, "sink()"):
        sink = conformance.sink(loaded.connector.sink())
    if source is None and sink is None:
        raise runner.neither(loaded)


async def read(loaded: Loaded) -> None:
    """Read the first documents as the runtime would, and drop them.

    One bad document is no finding: it becomes a dead letter when the connector runs.

    Raises:
        ConnectorDefect: For what no source may yield.
        Unavailable: When the ERP does not answer.
        Misconfigured: For what a person must correct.
    """
    source = loaded.connector.source()
    if source is not None:
        await _first(loaded, source)


async def _first(loaded: Loaded, source: Source) -> None:
    stop, until, count = asyncio.Event(), time.monotonic() + SECONDS, 0
    ending = asyncio.get_running_loop().call_later(SECONDS, stop.set)
    try:
        async with aclosing(source_items.items(loaded, source, None, stop)) as found:
            async for item in found:
                with calling(loaded, "read()", source_items.name(item)):
                    conformance.checkpoint(item.checkpoint)
                count += 1
                if isinstance(item, Progress) or count >= MOST_ITEMS or time.monotonic() > until:
                    return
        if not stop.is_set():
            with calling(loaded, "read()"):
                raise Unlike(_RETURNED)
    except InvalidDocument as error:
        with calling(loaded, "read()", error.code):
            raise Unlike(_RAISED) from None
    finally:
        ending.cancel()


_RETURNED = Text(
    en="it returned; it must poll without an end and yield Progress after every poll.",
    ru="он завершился; он должен опрашивать без конца и после каждого опроса выдавать Progress.",
)
_RAISED = Text(
    en="it raised InvalidDocument, which ends the reading of all that follows; it must yield Unreadable.",
    ru="он поднял InvalidDocument, и всё, что дальше, не читается; нужно выдавать Unreadable.",
)


async def check(loaded: Loaded) -> None:
    """Check the connector's code and its ERP, and close it.

    Raises:
        ConnectorDefect: Where its code breaks the contract.
        Unavailable: When the ERP does not answer.
        Misconfigured: For what a person must correct.
    """
    try:
        shape(loaded)
        with calling(loaded, "check()"):
            await awaited(loaded.connector.check(), "check()")
        await read(loaded)
    finally:
        with calling(loaded, "close()"):
            await awaited(loaded.connector.close(), "close()")


def check_hub(settings: Settings) -> None:
    """Check that the topics and the schemas exist.

    Raises:
        Misconfigured: Where topics are missing.
        Unavailable: When Kafka or the registry is away.
    """
    missing = admin.missing_topics(settings, members.load(settings.required("members_file")))
    if missing:
        raise Misconfigured(
            Text(
                en=f"{len(missing)} topics do not exist yet, such as {missing[0]}. Run `kranhub up` at the centre.",
                ru=f"Нет ещё {len(missing)} топиков, например {missing[0]}. Выполните в центре `kranhub up`.",
            )
        )
    with Registry(endpoints(settings).registry_url) as registry:
        registry.id_of("Order")
