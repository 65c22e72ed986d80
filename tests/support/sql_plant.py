"""A plant's database as docs/connectors/sql.md describes it, and documents to try on it."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import aclosing, closing, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import yaml

from connectors.sql import Sql, SqlConfig
from kranhub.connector import Checkpoint, Event, Progress, Read, Source, Unreadable
from kranhub.parties import members
from kranhub.parties.members import Member
from kranhub.wire.messages import Subject

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs/connectors/sql.md"
REFERENCE = "irtysh-stroy:З-1/1.girder.1"
VARIABLE = "ZMK_MOST_DATABASE"


def blocks(language: str) -> list[str]:
    """Return the guide's code blocks."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def table(containing: str) -> str:
    """Return the guide's first SQL block in which the words stand."""
    return next(block for block in blocks("sql") if containing in block)


def member(member_id: str = "zmk-most") -> Member:
    return members.load(ROOT / "deploy/members/omsk.yaml").by_id[member_id]


class Plant:
    """The plant's database, as its own people use it: plain sqlite3, nothing of the connector."""

    def __init__(self, path: Path, schema: str | None = None) -> None:
        self._place(path)
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(schema or blocks("sql")[0])

    @classmethod
    def opened(cls, place: Any) -> Self:
        """Return a plant whose tables exist already."""
        plant = cls.__new__(cls)
        plant._place(place)
        return plant

    def _place(self, place: Any) -> None:
        self.path: Path = place

    @property
    def url(self) -> str:
        """Return the database's address as the configuration takes it."""
        return f"sqlite:///{self.path}"

    def do(self, statement: str, *values: Any) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(statement, values)

    def ask(self, query: str, *values: Any) -> list[Any]:
        with closing(sqlite3.connect(self.path)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the whole file, as another program that writes."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")

    def stop_stamping(self) -> None:
        """No longer write the time of a change into the head."""
        self.do("DROP TRIGGER zakaz_izmenen")

    def answer(self, status: str, **columns: Any) -> None:
        """Answer the one order as a person at the plant would."""
        changes = "".join(f", {name} = ?" for name in columns)
        self.do(f"UPDATE zakaz SET status = ?{changes} WHERE vnesh_nomer = ?", status, *columns.values(), REFERENCE)


def settings(place: Path | str, **changes: Any) -> Any:
    """Return the guide's configuration for a file or an address; names with ``__`` change settings, None removes."""
    url = place if isinstance(place, str) else f"sqlite:///{place}"
    data: dict[str, Any] = yaml.safe_load(blocks("yaml")[0])["config"]
    data |= {"url_env": None, "url": url, "poll_seconds": 0.01, "busy_timeout_seconds": 0.1}
    for name, value in changes.items():
        target, *parts = data, *name.split("__")
        for part in parts[:-1]:
            target = target[part]
        if value is None:
            target.pop(parts[-1])
        else:
            target[parts[-1]] = value
    return data


def connector(plant: Plant, owner: str = "zmk-most", **changes: Any) -> Sql:
    return Sql(SqlConfig.model_validate(settings(plant.url, **changes)), member(owner))


def line(line_id: str = "1", quantity: str = "2", **changes: Any) -> Any:
    return {
        "line_id": line_id,
        "order_line_id": "1",
        "item": "girder",
        "item_code": "БК-22",
        "description": "Балка",
        "quantity": Decimal(quantity),
        "unit": "H87",
        "price": None,
        "requested_date": None,
    } | changes


def plant_order(revision: int = 1, lines: list[Any] | None = None, **changes: Any) -> Event:
    value: Any = {
        "plant_order_id": REFERENCE,
        "order_key": "irtysh-stroy:З-1",
        "order_id": "З-1",
        "buyer": "irtysh-stroy",
        "payer": None,
        "plant": "zmk-most",
        "consignee": None,
        "kind": "SALE",
        "programme": None,
        "document_status": "ACTIVE",
        "revision": revision,
        "currency": "RUB",
        "issued_at": datetime(2026, 1, 15, 8, 30, tzinfo=UTC),
        "requested_date": date(2026, 3, 31),
        "feeds_into": "irtysh-stroy:З-1/1.assembly.1",
        "lines": lines or [line()],
    }
    value |= changes
    name = value["plant_order_id"]
    return Event(f"hub/PlantOrder/{name}/{value['revision']}", str(name), Subject.PLANT_ORDER, "hub", value)


async def poll(source: Source | None, since: Checkpoint | None = None) -> tuple[list[Read | Unreadable], Checkpoint]:
    """Return one poll's items, and the checkpoint behind them."""
    assert source is not None
    found: list[Read | Unreadable] = []
    async with aclosing(source.read(since)) as items:  # type: ignore[type-var]
        async for item in items:
            if isinstance(item, Progress):
                return found, item.checkpoint
            found.append(item)
    raise AssertionError("read() must not end")


def values(items: list[Read | Unreadable], subject: str) -> list[Any]:
    return [item.event.value for item in items if isinstance(item, Read) and item.event.subject == subject]


def bad(items: list[Read | Unreadable]) -> list[Unreadable]:
    return [item for item in items if isinstance(item, Unreadable)]
