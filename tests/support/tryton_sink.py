"""A process of its own that delivers one plant order into a Tryton, so that failpoints may stop or kill it.

Called with a JSON object: ``config`` of the connector, ``plant_order``'s name and ``changes`` of it.
"""

import asyncio
import json
import sys
from typing import Any

from connectors.tryton import Config, Tryton
from kranhub.parties import members
from tests.support.samples_tryton import plant_order
from tests.support.tryton import REPOSITORY


async def _deliver(config: dict[str, Any], name: str, changes: Any) -> None:
    member = members.load(REPOSITORY / "deploy/members/omsk.yaml").by_id["ruskran"]
    connector = Tryton(Config.model_validate(config), member)
    for receipt in await connector.sink().deliver([plant_order(name, **changes)]):
        sys.stdout.write(f"{receipt.outcome}\n")
    await connector.close()


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    asyncio.run(_deliver(given["config"], given["name"], given["changes"]))
