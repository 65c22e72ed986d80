"""A process of its own that delivers one event of a harness.

``python -m tests.support.deliver MODULE:CLASS ARGUMENT REFERENCE``; the harness class takes the argument, a path or
JSON text, and knows its ERP from it.
"""

import asyncio
import sys
from importlib import import_module
from typing import Any


async def _deliver(harness: Any, reference: str) -> None:
    connector = harness.connector()
    try:
        await connector.sink().deliver([harness.event(reference)])
    finally:
        await connector.close()


if __name__ == "__main__":
    place, argument, reference = sys.argv[1:]
    module, _, name = place.partition(":")
    asyncio.run(_deliver(getattr(import_module(module), name)(argument), reference))
