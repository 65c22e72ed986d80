"""What ``check`` verifies before the first document flows: tables, columns, uniqueness, versions, sites."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from connectors.sql.changes import Versions, sorts
from connectors.sql.checkpoint import Memory
from connectors.sql.client import Client, place
from connectors.sql.column_types import unfit
from connectors.sql.columns import Reflected, columns, reflected
from connectors.sql.config import PlantOrders, SqlConfig, Table
from connectors.sql.error_codes import SqlCode
from connectors.sql.events import RowComparison
from connectors.sql.mapping import Stream
from connectors.sql.sink import INTENT_COLUMNS, INTENTS, create_intents
from connectors.sql.source import complete
from kranhub.connector import Unreadable
from kranhub.errors import Misconfigured
from kranhub.parties.members import Member
from kranhub.text import Text

PAGE = 1_000
NAMED = 10
AMBIGUOUS = (SqlCode.TWO_ROWS_ONE_KEY, SqlCode.DIFFERENT_UNITS)


def verify(config: SqlConfig, member: Member, client: Client, streams: Sequence[Stream]) -> None:
    """Check the configuration against the database.

    Args:
        config: What to check.
        member: Whose database it is.
        client: The database.
        streams: What the connector reads of it.

    Raises:
        Misconfigured: Naming everything that is wrong, with its remedy.
        Unavailable: When the database does not answer.
    """
    with client.checking():
        _verify(config, member, client, streams)


def _verify(config: SqlConfig, member: Member, client: Client, streams: Sequence[Stream]) -> None:
    if config.plant_orders is not None and config.plant_orders.intents == "create":
        create_intents(client)
    with client.inspected() as inspector:
        tables = {name: reflected(inspector, name, config.schema_name) for name, _ in _named(config)}
        _refuse(_missing(config, tables))
        if config.plant_orders is not None:
            _refuse(_unfilled(config.plant_orders, tables))
            _refuse(_not_unique(inspector, config.plant_orders, config.schema_name))
            held = (columns(inspector, tables[name]) for name in _ordered(config.plant_orders))
            _refuse(unfit(config.plant_orders, *held))
    if config.plant_orders is not None:
        _refuse_read_only(client)
    _refuse(_unsorted(client, streams))
    _refuse(_ambiguous(client, streams))
    _refuse(_unknown_sites(config, member))


def _named(config: SqlConfig) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Yield every table with the columns that the configuration names."""
    if config.plant_orders is not None:
        settings = config.plant_orders
        key = (settings.lines.head_key,) if settings.lines.head_key else ()
        yield settings.head.table, (*settings.head.columns, *key)
        yield settings.lines.table, settings.lines.columns
        if settings.intents != "none":
            yield INTENTS, tuple(INTENT_COLUMNS)
    reads = (
        config.responses,
        config.inventory,
        config.planned_receipts,
        config.items,
        config.production,
        config.orders,
    )
    for read in reads:
        if read is not None:
            yield read.table, read.columns
            lines: Table | None = getattr(read, "lines", None)
            if lines is not None:
                yield lines.table, lines.columns


def _ordered(settings: PlantOrders) -> tuple[str, str]:
    return settings.head.table, settings.lines.table


def _missing(config: SqlConfig, tables: Mapping[str, Reflected]) -> Iterable[Text]:
    for name, wanted in _named(config):
        held = tables[name]
        if not held:
            yield Text(
                en=f"There is no table or view {name}. Correct its name in the configuration, or create it.",
                ru=f"Нет таблицы или представления {name}. Исправьте имя в настройках или создайте её.",
            )
            continue
        for column in wanted:
            if column not in held:
                yield Text(
                    en=f"Table {name} has no column {column}. It has: {', '.join(held)}. Correct the configuration.",
                    ru=f"В таблице {name} нет столбца {column}. Есть: {', '.join(held)}. Исправьте настройки.",
                )


def _unfilled(settings: PlantOrders, tables: Mapping[str, Reflected]) -> Iterable[Text]:
    """Yield columns that the table requires and nothing fills."""
    for table in (settings.head, settings.lines):
        for name, column in tables[table.table].items():
            generated = column.get("primary_key") and isinstance(column["type"], sa.Integer)
            optional = column["nullable"] or column.get("default") is not None or column.get("computed") is not None
            if not (generated or optional or column.get("identity") or column.get("autoincrement") is True) and (
                name not in table.columns or name == getattr(table, "number", None)
            ):
                yield Text(
                    en=f"Table {table.table} requires column {name}, which nothing fills. Map it, or give it a value "
                    "under constants.",
                    ru=f"Таблица {table.table} требует столбец {name}, а его ничто не заполняет. Укажите его в "
                    "настройках или задайте значение в constants.",
                )


def _not_unique(inspector: sa.Inspector, settings: PlantOrders, schema: str | None) -> Iterable[Text]:
    """Yield a reference column that two rows could share."""
    table, column = settings.head.table, settings.head.reference
    unique = [tuple(found["column_names"]) for found in inspector.get_unique_constraints(table, schema=schema)]
    unique += [
        tuple(str(name) for name in index["column_names"])
        for index in inspector.get_indexes(table, schema=schema, include_auto_indexes=True)
        if index["unique"]
    ]
    unique.append(tuple(inspector.get_pk_constraint(table, schema=schema)["constrained_columns"]))
    if (column,) not in unique and settings.intents == "none":
        yield Text(
            en=f"Nothing keeps {table}.{column} unique, so an order could be created twice. Create a unique index on "
            f"it, or set plant_orders.intents: create to let the connector keep its own table {INTENTS}.",
            ru=f"Ничто не обеспечивает уникальность {table}.{column}, заказ мог бы появиться дважды. Создайте "
            f"уникальный индекс или задайте plant_orders.intents: create, тогда коннектор ведёт таблицу {INTENTS}.",
        )


def _unsorted(client: Client, streams: Sequence[Stream]) -> Iterable[Text]:
    """Yield change columns whose values cannot be ordered."""
    for stream in streams:
        changed = stream.settings.changed
        if changed is None:
            continue
        with client.scanning() as transaction:
            highest = transaction.highest(stream.settings)
        if highest is not None and not sorts(highest, changed):
            yield Text(
                en=f"{stream.settings.table}.{', '.join(changed.column)} holds {highest!r}, which is "
                f"no sortable {changed.kind}. Times must be written as 2026-03-31 10:00:00. Or leave `changed` out: "
                "the table is then read whole.",
                ru=f"{stream.settings.table}.{', '.join(changed.column)}: {highest!r} не сортируется "
                f"как {changed.kind}. Время пишется как 2026-03-31 10:00:00. Или уберите `changed`: таблица будет "
                "читаться целиком.",
            )


def _ambiguous(client: Client, streams: Sequence[Stream]) -> Iterable[Text]:
    """Yield the rows that come to one document and cannot be added, at most `NAMED` per table, and timestamps ahead."""
    for stream in streams:
        comparison = RowComparison(stream, Memory("check", {}), 1, None)
        for dead_letter in islice(_ambiguous_rows(client, stream, comparison), NAMED):
            yield Text(en=dead_letter.reason["en"], ru=dead_letter.reason["ru"])
        yield from _ahead(client, stream)


def _ambiguous_rows(client: Client, stream: Stream, comparison: RowComparison) -> Iterator[Unreadable]:
    after: list[Any] | None = None
    while True:
        with client.scanning() as transaction:
            rows = transaction.page(stream.settings, after, PAGE)
            page = list(complete(transaction, stream, rows))
        for item in comparison.learn(page, datetime.now(UTC), paged=True):
            if isinstance(item, Unreadable) and item.code in AMBIGUOUS:
                yield item
        if len(page) < PAGE:
            return
        after = place(stream.settings, page[-1].row, versioned=False)


def _ahead(client: Client, stream: Stream) -> Iterable[Text]:
    changed = stream.settings.changed
    if changed is None:
        return
    with client.scanning() as transaction:
        highest, now = transaction.highest(stream.settings), transaction.now()
    if Versions(changed, stream.values.zone).ahead(highest, now):
        table, columns = stream.settings.table, ", ".join(changed.column)
        yield Text(
            en=f"clock-ahead: {table}.{columns} holds {highest}, later than the database's own time. It hides no other "
            "row; correct the row and the clock of the program that wrote it, or the time_zone in the configuration.",
            ru=f"clock-ahead: {table}.{columns}: {highest} позже времени самой базы. Другие строки это не скрывает; "
            "исправьте строку и часы программы, которая её записала, или time_zone в настройках.",
        )


def _unknown_sites(config: SqlConfig, member: Member) -> Iterable[Text]:
    known = {site.id for site in member.sites}
    tables = (("inventory", config.inventory), ("planned_receipts", config.planned_receipts))
    sites = [(table, *pair) for table, settings in tables if settings for pair in settings.sites.items()]
    for table, name, site in sites:
        if site not in known:
            yield Text(
                en=f"{table}.sites maps {name!r} to {site!r}, which is no site of {member.id}. Its sites: "
                f"{', '.join(sorted(known))}.",
                ru=f"{table}.sites: {name!r} указывает на {site!r}, такой площадки у {member.id} нет. Есть: "
                f"{', '.join(sorted(known))}.",
            )


def _refuse_read_only(client: Client) -> None:
    """Raise `Misconfigured` when the file may only be read: SQLite refuses when a writing transaction begins."""
    with client.writing():
        pass


def _refuse(mistakes: Iterable[Text]) -> None:
    found = list(mistakes)
    if found:
        raise Misconfigured(Text(en="\n".join(text.en for text in found), ru="\n".join(text.ru for text in found)))
