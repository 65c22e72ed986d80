"""The read model: what views have folded from the topics, as tables that people's tools read (SQLAlchemy).

A view writes rows and the offsets after them in one database transaction, so the model is always exactly what a fold of
the topic up to its offsets gives. It can be deleted at any time: a view without offsets begins at the topic's first
record.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    create_engine,
    event,
    func,
    insert,
    inspect,
    or_,
    select,
    update,
)
from sqlalchemy import text as sql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from kranhub import identifiers, text
from kranhub.errors import Failed, Unavailable
from kranhub.readmodel import order_states
from kranhub.readmodel.rows import StoredRow, TimelineRow
from kranhub.settings import Settings
from kranhub.wire.locations import TopicPartition
from kranhub.wire.messages import Subject

TIMELINE = "timeline"
"""The view of what has happened to each order."""

BUSY_S = 10
"""How long a reader or a writer waits for the other on SQLite."""

_metadata = MetaData()

timeline = Table(
    TIMELINE,
    _metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("topic", String(249), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("order_key", String(500), nullable=False),
    Column("order_id", String(500), nullable=False),
    Column("event_id", String(1000), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("time", String(32), nullable=False),
    Column("text_en", Text, nullable=False),
    Column("text_ru", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("order_number", String(1000)),
    UniqueConstraint("topic", "partition", "offset"),
    Index("timeline_by_order", "order_id", "topic"),
    Index("timeline_by_key", "order_key", "topic"),
    Index("timeline_by_number", "order_number", "topic"),
)
"""One row per event of an order. ``time`` is when the broker recorded it: RFC 3339 in UTC with microseconds, so that it
sorts as text. ``order_number`` is what people call the order, NULL where the event says none."""

offsets = Table(
    "view_offsets",
    _metadata,
    Column("view", String(100), primary_key=True),
    Column("topic", String(249), primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next_offset", BigInteger, nullable=False),
    Column("as_of", String(32), nullable=False),
)
"""The position of each view: the next record that it will fold, and the timestamp of the last that it has folded."""


class Stand(NamedTuple):
    """How far a view has read a partition.

    Attributes:
        next_offset: The next record that it will fold.
        as_of: The timestamp of the last record that it has folded, as the tables hold instants.
    """

    next_offset: int
    as_of: str


def shared(settings: Settings) -> bool:
    """Return whether views on several machines share the read model: on a database server, not in a SQLite file."""
    return _url(settings).get_backend_name() != "sqlite"


def open_engine(settings: Settings) -> Engine:
    """Return the engine of the settings' read model, else of a SQLite file in the data folder. Opens nothing."""
    url = _url(settings)
    if shared(settings):
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_S}, hide_parameters=True)
    event.listen(engine, "connect", _readers_do_not_block_the_writer)
    return engine


def create(engine: Engine) -> None:
    """Create the tables that are missing, and the columns that are missing in tables of an earlier release.

    Raises:
        Unavailable: The database is away.
    """
    with errors(engine):
        if engine.url.get_backend_name() == "sqlite" and engine.url.database:
            Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        _metadata.create_all(engine)
        order_states.metadata.create_all(engine)
        _extend(engine)
        _fill(engine)


def require(engine: Engine) -> None:
    """Check that a view has ever run on this read model.

    Raises:
        Failed: No view has run yet.
        Unavailable: The database is away.
    """
    with errors(engine):
        file = engine.url.database if engine.url.get_backend_name() == "sqlite" else None
        if (file and not Path(file).exists()) or not inspect(engine).has_table(timeline.name):
            raise Failed(_NEVER_RUN)


def stands(connection: Connection, view: str) -> dict[TopicPartition, Stand]:
    """Return how far the view has read each partition that it knows."""
    rows = connection.execute(select(offsets).where(offsets.c.view == view))
    return {TopicPartition(row.topic, row.partition): Stand(row.next_offset, row.as_of) for row in rows}


def fold(
    connection: Connection, view: str, rows: Sequence[TimelineRow], reached: Mapping[TopicPartition, Stand]
) -> None:
    """Add timeline rows and advance the view's offsets, in the connection's transaction.

    A row before the view's present offset is left out, so folding again changes nothing. The offsets never go back:
    another worker of the view that had the partition before may write late.

    Args:
        connection: The connection; its transaction is the caller's.
        view: The view's name.
        rows: The rows, in the order of their offsets.
        reached: How far the view has now read each partition.
    """
    known = stands(connection, view)
    fresh = [row for row in rows if row["offset"] >= _next(known, TopicPartition(row["topic"], row["partition"]))]
    if fresh:
        connection.execute(insert(timeline), fresh)
        order_states.fold(connection, fresh)
    for place, stand in reached.items():
        if place in known:
            further = offsets.c.next_offset < stand.next_offset
            connection.execute(update(offsets).where(*_is(view, place), further).values(**stand._asdict()))
        else:
            connection.execute(insert(offsets).values(view=view, **place._asdict(), **stand._asdict()))


def find(connection: Connection, topic: str, order: str) -> dict[str, str | None]:
    """Return the orders that a person may mean.

    Args:
        connection: A connection to the read model.
        topic: The topic of the events, with the namespace.
        order: An order's id or number, either of them also after ``buyer:``, or the id of one of its plant orders.

    Returns:
        The number of each order by its key; the number is None where no event names one.
    """
    buyer, colon, number = order.partition(":")
    rows = timeline.c
    named = [
        rows.order_key.in_(sorted(identifiers.keys_named(order))),
        rows.order_id == order,
        rows.order_number == order,
    ]
    if colon:
        its = rows.order_key.startswith(f"{buyer}:", autoescape=True)
        named.append(and_(rows.order_number == number, its))
    meant = select(rows.order_key).where(rows.topic == topic, or_(*named)).distinct()
    numbers = select(rows.order_key, func.max(rows.order_number)).where(rows.topic == topic, rows.order_key.in_(meant))
    return {found.order_key: found[1] for found in connection.execute(numbers.group_by(rows.order_key))}


def order_events(connection: Connection, topic: str, order_key: str, after: int = 0) -> Iterator[StoredRow]:
    """Yield an order's rows after row ``after``, oldest first.

    Within a partition they come in the order in which the hub recorded them, whatever their times are.

    Args:
        connection: A connection to the read model.
        topic: The topic of the events, with the namespace.
        order_key: The order's key.
        after: The number of the last row that is known already; 0 for all rows.
    """
    wanted = select(timeline).where(
        timeline.c.topic == topic, timeline.c.order_key == order_key, timeline.c.number > after
    )
    ordered = wanted.order_by(timeline.c.partition, timeline.c.offset)
    yield from _merged(cast(StoredRow, dict(row)) for row in connection.execute(ordered).mappings())


def _merged(rows: Iterable[StoredRow]) -> list[StoredRow]:
    """Return the rows of several partitions by time; a clock that went back moves no row before an earlier one."""
    reached: dict[int, str] = {}
    ranked = []
    for row in rows:
        reached[row["partition"]] = max(reached.get(row["partition"], ""), row["time"])
        ranked.append(((reached[row["partition"]], row["partition"], row["offset"]), row))
    return [row for _, row in sorted(ranked, key=lambda pair: pair[0])]


def as_of(connection: Connection, view: str, topic: str) -> str | None:
    """Return how far a view has read a topic, in time.

    Args:
        connection: A connection to the read model.
        view: The view's name.
        topic: The topic, with the namespace.

    Returns:
        The timestamp of the last event that the view has folded; None before the first.
    """
    found = [stand.as_of for place, stand in stands(connection, view).items() if place.topic == topic]
    return max(found, default=None)


def timestamp(time: datetime) -> str:
    """Return an instant in the form in which the tables hold it: RFC 3339 in UTC with microseconds."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@contextmanager
def errors(engine: Engine) -> Iterator[None]:
    """Translate the database's errors.

    Raises:
        Unavailable: The database has failed. The text names it, without its password.
    """
    try:
        yield
    except SQLAlchemyError as error:
        raise Unavailable(_away(engine, type(error).__name__)) from error


def _extend(engine: Engine) -> None:
    """Add what a table of an earlier release lacks; another worker may do so at the same time."""
    for column in ("order_number",):
        if column not in {found["name"] for found in inspect(engine).get_columns(timeline.name)}:
            kind = timeline.c[column].type.compile(engine.dialect)
            with suppress(DBAPIError), engine.begin() as connection:
                connection.execute(sql(f"ALTER TABLE {timeline.name} ADD COLUMN {column} {kind}"))
    for index in timeline.indexes:
        with suppress(DBAPIError):
            index.create(engine, checkfirst=True)


def _fill(engine: Engine) -> None:
    """Fill the orders' states once from a timeline of an earlier release; another worker may do so at the same time."""
    with suppress(DBAPIError), engine.begin() as connection:
        if TopicPartition("", 0) not in stands(connection, order_states.order_states.name):
            position = {
                "view": order_states.order_states.name,
                "topic": "",
                "partition": 0,
                "next_offset": 0,
                "as_of": "",
            }
            connection.execute(insert(offsets).values(**position))
            statuses = select(timeline).where(timeline.c.subject == Subject.ORDER_STATUS).order_by(timeline.c.number)
            order_states.fold(
                connection, [cast(TimelineRow, dict(row)) for row in connection.execute(statuses).mappings()]
            )


def _url(settings: Settings) -> URL:
    return make_url(settings.readmodel_url or f"sqlite:///{(settings.data_dir / 'readmodel.sqlite').resolve()}")


def _next(known: Mapping[TopicPartition, Stand], place: TopicPartition) -> int:
    return known[place].next_offset if place in known else 0


def _is(view: str, place: TopicPartition) -> Iterable[Any]:
    return offsets.c.view == view, offsets.c.topic == place.topic, offsets.c.partition == place.partition


def _readers_do_not_block_the_writer(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


_NEVER_RUN = text.Text(
    en="There is no read model here: the views have not run yet. Start them with `kranhub views run` (or "
    "`kranhub streams run`, which runs the core as well), or name their database with KRANHUB_READMODEL_URL.",
    ru="Витрины данных здесь нет: представления ещё не запускались. Запустите их командой `kranhub views run` (или "
    "`kranhub streams run` вместе с ядром) либо укажите их базу в KRANHUB_READMODEL_URL.",
)


def _away(engine: Engine, reason: str) -> text.Text:
    url = engine.url.render_as_string(hide_password=True)
    return text.Text(
        en=f"The read model {url} cannot be read or written ({reason}). Nothing is lost: the views go on where they "
        "stood. Check the database, its rights and the free disk space.",
        ru=f"Витрина данных {url} недоступна для чтения или записи ({reason}). Ничего не потеряно: представления "
        "продолжат с того же места. Проверьте базу, права доступа и место на диске.",
    )
