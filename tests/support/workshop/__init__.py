"""A complete connector as a plain user would write it, of the workshop's own ERP in one SQLite file.

It is green in the contract suite; every mutant of `tests/support/mutants.py` spoils one thing in it.
"""

import asyncio
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from kranhub.connector import Connector
from kranhub.parties.members import Member
from tests.support.workshop import client
from tests.support.workshop.client import Client
from tests.support.workshop.mapping import Records
from tests.support.workshop.sink import WorkshopSink
from tests.support.workshop.source import WorkshopSource


class WorkshopConfig(BaseModel):
    """``path`` of the file; a cancellation is told when an order has been gone for ``withdraw_after_seconds``."""

    model_config = ConfigDict(extra="forbid")

    path: Path
    epoch: int = 0
    poll_seconds: float = 2.0
    wait_seconds: float = 5.0
    withdraw_after_seconds: float = 120.0


class Workshop(Connector):
    """The connector of the workshop. Its database enforces unique references and counts the versions of a row."""

    Config = WorkshopConfig

    def __init__(self, config: WorkshopConfig, member: Member) -> None:
        self.config, self.member = config, member
        self.client = Client(config.path, config.wait_seconds)
        self.records = Records(member.id, ZoneInfo(member.time_zone))

    async def check(self) -> None:
        """Look whether the file is the workshop's."""
        missing = await asyncio.to_thread(self.client.missing_tables)
        if missing:
            raise client.missing(missing)

    def source(self) -> WorkshopSource:
        """Return the source."""
        config = self.config
        grace = config.withdraw_after_seconds
        return WorkshopSource(self.client, self.records, config.epoch, config.poll_seconds, grace)

    def sink(self) -> WorkshopSink:
        """Return the sink."""
        return WorkshopSink(self.client)
