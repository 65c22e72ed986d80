"""A plant's own database, its tables mapped by configuration, both directions. See docs/connectors/sql.md."""

import asyncio
from zoneinfo import ZoneInfo

from connectors.sql import checks, mapping
from connectors.sql.client import Client
from connectors.sql.config import SqlConfig
from connectors.sql.sink import SqlSink
from connectors.sql.source import SqlSource
from connectors.sql.values import Values
from kranhub.connector import Connector
from kranhub.parties.members import Member

__all__ = ["Sql", "SqlConfig"]


class Sql(Connector):
    """The connector of one member's database."""

    Config = SqlConfig

    def __init__(self, config: SqlConfig, member: Member) -> None:
        """Take what is mapped. Raises `Misconfigured` when a variable that the configuration names is empty."""
        self._config, self._member = config, member
        self._client = Client(config.database(), config.schema_name, config.busy_timeout_seconds)
        self._values = Values(
            zone=ZoneInfo(config.time_zone or member.time_zone),
            units=config.units,
            currencies=config.currencies,
            date_format=config.date_format,
            decimal_mark=config.decimal_mark,
        )
        self._streams = mapping.streams(config, member, self._values)

    async def check(self) -> None:
        """Look at every table and column that the configuration names.

        Raises:
            Misconfigured: Naming everything that is wrong, with its remedy.
            Unavailable: When the database does not answer.
        """
        await asyncio.to_thread(checks.verify, self._config, self._member, self._client, self._streams)

    def source(self) -> SqlSource | None:
        """Return the source, where something is read."""
        return SqlSource(self._config, self._client, self._streams) if self._streams else None

    def sink(self) -> SqlSink | None:
        """Return the sink, where plant orders are mapped."""
        settings = self._config.plant_orders
        if settings is None:
            return None
        return SqlSink(self._client, settings, self._values, self._config.customers)

    async def close(self) -> None:
        """Release the connections."""
        await asyncio.to_thread(self._client.close)
