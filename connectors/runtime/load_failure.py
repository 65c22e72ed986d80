"""The status of a connector whose file no longer loads, which would otherwise still be that of its last good run."""

from pathlib import Path
from typing import cast

import structlog

from connectors.runtime import configuration, last_status
from connectors.runtime.configuration import Loaded
from connectors.runtime.context import Context, Task
from connectors.runtime.status import Reporter
from kranhub.connector import Connector
from kranhub.errors import KranhubError
from kranhub.parties import members
from kranhub.settings import Settings, endpoints
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry

log = structlog.get_logger()

TASKS: tuple[Task, ...] = ("source", "sink")


async def report(settings: Settings, file: Path, error: KranhubError) -> None:
    """Write FAILED for the tasks that this connector has had. Never fails: the caller reports the error itself anyway.

    Of a connector that never ran nothing is written: which tasks it would have is unknown.

    Args:
        settings: The installation's settings.
        file: The connector's file.
        error: Why it does not load.
    """
    try:
        member, name = configuration.named(file)
        company = members.load(settings.required("members_file")).by_id[member]
        with Registry(endpoints(settings).registry_url) as registry:
            nothing = cast(Connector, None)  # that is what could not be loaded
            context = Context(settings, Loaded(company, name, nothing), Codec(registry))
            for task in TASKS:
                if last_status.read(context, f"{name}.{task}") is not None:
                    await Reporter(context, task).failed(error.text)
    except Exception as problem:  # noqa: BLE001  (without Kafka, or without a name, there is nobody to tell)
        log.warning("state not written", state="FAILED", error=type(problem).__name__)
