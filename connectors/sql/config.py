"""The configuration: which tables and columns of the plant's own database hold what."""

import os
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from kranhub.configuration.checks import Mistake, distinct
from kranhub.errors import Misconfigured
from kranhub.parties import units
from kranhub.parties.members import TimeZone
from kranhub.text import Text

Name = Annotated[str, Field(pattern=r"^[^\W\d][\w ]{0,62}$", description="a table's or a column's name, nothing else")]


def _known_unit(code: str) -> str:
    if code not in units.UNITS:
        advice = units.from_okei(code)
        raise Mistake(
            Text(
                en=f"{code!r} is no unit of Recommendation 20 that the hub knows; use {advice or 'H87, TNE, KGM'}",
                ru=f"{code!r} не единица Рекомендации 20, известная центру; возьмите {advice or 'H87, TNE, KGM'}",
            )
        )
    return code


Rec20 = Annotated[str, AfterValidator(_known_unit)]
Constant = str | int | float | bool


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


_NOT_COLUMNS = frozenset({"table", "head_key", "kind"})


class Table(_Model):
    """A table or view, and its columns: every text field but ``table`` names a column of it."""

    table: Name

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that these settings name, once."""
        found: list[str] = []
        for field, value in self:
            if field == "constants":
                found += value
            elif isinstance(value, Changed):
                found += value.column
            elif field == "key" and isinstance(value, tuple):
                found += value
            elif isinstance(value, str) and field not in _NOT_COLUMNS:
                found.append(value)
            elif field == "lines" and value.head_key:
                found.append(value.head_key)
        return tuple(dict.fromkeys(found))


def _listed(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names


Names = Annotated[Name | Annotated[tuple[Name, ...], Field(min_length=1)], AfterValidator(_listed)]
"""One column or several; always a tuple once validated."""


class Changed(_Model):
    """How a changed row is found.

    Attributes:
        column: It rises with every change of a row: the first of several that is not NULL counts.
        kind: What it holds.
        overlap: How far every poll looks back, in seconds or versions: longer than the plant's longest transaction.
        time_zone: The zone of a ``timestamp`` without one; None for the connector's zone.
    """

    column: Names
    kind: Literal["integer", "timestamp"]
    overlap: float = Field(120, ge=0)
    time_zone: TimeZone | None = None


class Readable(Table):
    """A table or view to read. Without ``changed`` every poll reads it whole and compares a hash per row."""

    key: Names
    changed: Changed | None = None


class Statuses(_Model):
    """Values of the order's status column.

    Attributes:
        new: Written when the order is created.
        revised: Written when a newer revision changed it; None for ``new``.
        cancelled: Written when it is cancelled.
        closed: A row in one of these is never changed again.
    """

    new: Constant
    revised: Constant | None = None
    cancelled: Constant
    closed: tuple[Constant, ...] = ()


class OrderHead(Table):
    """The table of order heads, and the columns to fill. ``reference`` takes the plant order id.

    ``number`` is the ERP's own document number, only read. ``locked_by`` is not empty while a person edits the row.
    ``constants`` are written once, when the row is created.
    """

    key: Name
    reference: Name
    status: Name
    revision: Name | None = None
    number: Name | None = None
    locked_by: Name | None = None
    customer: Name | None = None
    order_id: Name | None = None
    programme: Name | None = None
    consignee: Name | None = None
    requested_date: Name | None = None
    feeds_into: Name | None = None
    currency: Name | None = None
    issued_at: Name | None = None
    constants: dict[Name, Constant] = {}


class OrderLines(Table):
    """The table of order lines. ``head`` refers to ``head_key`` of the head (its key by default).

    ``reference`` holds the hub's line id and is NULL on a line that the plant added itself.
    """

    head: Name
    head_key: Name | None = None
    position: Name
    reference: Name | None = None
    item_code: Name
    quantity: Name
    unit: Name
    description: Name | None = None
    requested_date: Name | None = None
    price: Name | None = None
    constants: dict[Name, Constant] = {}


class PlantOrders(_Model):
    """Plant orders from the hub become rows.

    Attributes:
        head: The table of order heads.
        lines: The table of order lines.
        statuses: The values of the status column.
        intents: Whether to use the connector's own table ``kranhub_intent`` in the same database; ``create`` lets the
            connector create it.
        retry_seconds: When a row that a person edits is tried again.
    """

    head: OrderHead
    lines: OrderLines
    statuses: Statuses
    intents: Literal["none", "use", "create"] = "none"
    retry_seconds: float = Field(30, gt=0)

    @model_validator(mode="after")
    def _revision_is_kept(self) -> Self:
        if self.head.revision is None and self.intents == "none":
            raise Mistake(
                Text(
                    en="name the head's revision column, or set intents: create, to refuse outdated revisions",
                    ru="укажите в head столбец revision или задайте intents: create, чтобы отклонять старые редакции",
                )
            )
        return self


class Answer(StrEnum):
    """What a status of the plant means to the hub; ``none`` is no answer yet."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    CHANGED = "changed"
    REJECTED = "rejected"
    NONE = "none"


class ResponseLines(Table):
    """The lines of the plant's answer. An empty promised quantity means all that was ordered."""

    head: Name
    head_key: Name | None = None
    position: Name
    reference: Name | None = None
    ordered: Name
    promised: Name | None = None
    unit: Name
    promised_date: Name | None = None
    reason: Name | None = None


class Responses(Readable):
    """The plant's answers become OrderResponse events."""

    reference: Name
    revision: Name | None = None
    number: Name | None = None
    status: Name
    statuses: Annotated[dict[str, Answer], AfterValidator(distinct)] = Field(min_length=1)
    promised_date: Name | None = None
    reason: Name | None = None
    lines: ResponseLines


class Inventory(Readable):
    """Stock becomes InventoryLevel events. ``sites`` maps the plant's warehouse names to site ids."""

    item_code: Name
    on_hand: Name
    reserved: Name | None = None
    blocked: Name | None = None
    unit: Name
    site: Name | None = None
    sites: dict[str, str] = {}


class ReceiptSource(StrEnum):
    """What a planned receipt comes from."""

    PURCHASE = "PURCHASE"
    PRODUCTION = "PRODUCTION"


class ReceiptStanding(StrEnum):
    """What a status of a planned receipt means; ``none`` is a draft, of ``closed`` nothing more comes."""

    ACTIVE = "active"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    NONE = "none"


class PlannedReceipts(Readable):
    """What is still to come into stock becomes PlannedReceipt events, one for each row.

    Attributes:
        number: The ERP's own key of what comes, such as that of a purchase's line.
        item_code: The plant's code.
        quantity: What is still to come, without what has come in.
        unit: The unit.
        expected_date: The day on which it can be used.
        site: The warehouse into which it comes, as `Inventory.site`.
        sites: The plant's warehouse names to site ids.
        source: What it comes from; None where all is of one kind.
        sources: What the values of ``source`` mean.
        kind: What all of it comes from, where there is no ``source``.
        status: Whether it still comes; None where every row does.
        statuses: What the values of ``status`` mean.
    """

    number: Name
    item_code: Name
    quantity: Name
    unit: Name
    expected_date: Name
    site: Name | None = None
    sites: dict[str, str] = {}
    source: Name | None = None
    sources: Annotated[dict[str, ReceiptSource], AfterValidator(distinct)] = {}
    kind: ReceiptSource = ReceiptSource.PURCHASE
    status: Name | None = None
    statuses: Annotated[dict[str, ReceiptStanding], AfterValidator(distinct)] = {}


class Items(Readable):
    """The meaning of the plant's codes becomes ItemMapping events. ``item`` holds the id of the hub's nomenclature.

    ``unit`` is how the plant counts it.
    """

    item_code: Name
    item: Name
    unit: Name | None = None


class ProductionState(StrEnum):
    """B2MML RequestState."""

    FORECAST = "FORECAST"
    RELEASED = "RELEASED"
    WAITING = "WAITING"
    READY = "READY"
    RUNNING = "RUNNING"
    HELD = "HELD"
    COMPLETED = "COMPLETED"
    ABORTED = "ABORTED"
    CLOSED = "CLOSED"


class Production(Readable):
    """Production orders become ProductionStatus events.

    ``reference`` holds the plant order id; where the table has only the ERP's own order, ``order`` holds the key of
    ``plant_orders.head`` instead.
    """

    number: Name
    reference: Name | None = None
    order: Name | None = None
    item_code: Name
    planned: Name
    completed: Name
    scrapped: Name | None = None
    unit: Name
    state: Name
    states: Annotated[dict[str, ProductionState], AfterValidator(distinct)] = Field(min_length=1)
    estimated_completion: Name | None = None


class Standing(StrEnum):
    """What a status of a customer's order means.

    ``none`` is a draft. ``closed`` is an order that is finished: from then on it may leave what is read.
    """

    ACTIVE = "active"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    NONE = "none"


class BuyerLines(Table):
    """The lines of a customer's order."""

    head: Name
    head_key: Name | None = None
    position: Name
    item_code: Name
    quantity: Name
    unit: Name
    description: Name | None = None
    price: Name | None = None
    requested_date: Name | None = None
    characteristic: Name | None = None
    drawing: Name | None = None
    drawing_revision: Name | None = None


class Orders(Readable):
    """A customer's own purchases become Order events."""

    number: Name
    status: Name
    statuses: Annotated[dict[str, Standing], AfterValidator(distinct)] = Field(min_length=1)
    requested_date: Name
    currency: Name | None = None
    payer: Name | None = None
    user: Name | None = None
    consignee: Name | None = None
    programme: Name | None = None
    delivery_place: Name | None = None
    issued_at: Name | None = None
    kind: Literal["SALE", "SPARE_PART", "SERVICE", "LEASE"] = "SALE"
    complete_delivery: bool = False
    alternatives_allowed: bool | None = None
    lines: BuyerLines


class SqlConfig(_Model):
    """One database of one member. Secrets stay out of the file.

    Attributes:
        url: The database's address without a password.
        url_env: The environment variable that holds the address instead.
        password_env: The environment variable that holds the password.
        schema_name: The database schema that holds the tables.
        time_zone: The zone of times without one; None for the member's.
        date_format: How text columns hold dates.
        decimal_mark: The mark in numbers of text columns.
        default_currency: The currency where no column has one.
        currencies: ISO 4217 codes by the plant's own names; of several names of one code the first is written.
        units: Recommendation 20 codes by the plant's own names; of several names of one code the first is written.
        customers: Member ids by the plant's own names; of several names of one id the first is written.
        epoch: Raise it after the database was restored from a backup: everything is then read again.
        poll_seconds: The pause between two polls.
        page_rows: How many rows one query reads.
        compare_rows: How many rows of a table with ``changed`` every poll compares, whatever their version.
        withdraw_after_seconds: How long a document that left what is read may be away before it is sent as cancelled
            (an order) or as zero (stock).
        vanished_limit: If the rows of more orders vanish at once, none is cancelled, and the connector reports that the
            view, the table or a right is wrong.
        busy_timeout_seconds: How long to wait for a lock.
        plant_orders: The tables into which plant orders are written; None for none.
        responses: The table of the plant's answers; None for none.
        inventory: The table of stock; None for none.
        planned_receipts: The table of what is still to come into stock; None for none.
        items: The table of item codes; None for none.
        production: The table of production orders; None for none.
        orders: The table of a customer's own purchases; None for none.
    """

    url: str | None = None
    url_env: str | None = None
    password_env: str | None = None
    schema_name: Name | None = None
    time_zone: TimeZone | None = None
    date_format: Literal["yyyy-mm-dd", "dd.mm.yyyy"] = "yyyy-mm-dd"
    decimal_mark: Literal[".", ","] = "."
    default_currency: str = Field("RUB", pattern="^[A-Z]{3}$")
    currencies: Annotated[dict[str, Annotated[str, Field(pattern="^[A-Z]{3}$")]], AfterValidator(distinct)] = {}
    units: Annotated[dict[str, Rec20], AfterValidator(distinct)] = Field(min_length=1)
    customers: dict[str, str] = {}
    epoch: int = Field(1, ge=1)
    poll_seconds: float = Field(2, gt=0)
    page_rows: int = Field(500, ge=1, le=10_000)
    compare_rows: int = Field(2_000, ge=1)
    withdraw_after_seconds: float = Field(120, ge=0)
    vanished_limit: int = Field(20, ge=0)
    busy_timeout_seconds: float = Field(5, ge=0)
    plant_orders: PlantOrders | None = None
    responses: Responses | None = None
    inventory: Inventory | None = None
    planned_receipts: PlannedReceipts | None = None
    items: Items | None = None
    production: Production | None = None
    orders: Orders | None = None

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.url is None) == (self.url_env is None):
            raise Mistake(Text(en="set either url or url_env", ru="укажите что-то одно: url или url_env"))
        if self.url is not None and _parsed(self.url).password is not None:
            raise Mistake(
                Text(
                    en="no password in this file: put it into a variable and name that in password_env",
                    ru="пароля в файле быть не должно: задайте его переменной и назовите её в password_env",
                )
            )
        if self.production is not None and self.production.order is not None and self.plant_orders is None:
            raise Mistake(
                Text(
                    en="production.order needs plant_orders, which names the table it refers to",
                    ru="для production.order нужно plant_orders: там названа таблица, на которую он ссылается",
                )
            )
        return self

    def database(self) -> URL:
        """Return the database's address, with its password.

        Raises:
            Misconfigured: When an environment variable is missing or holds no address.
        """
        try:
            url = _parsed(self.url or _variable(self.url_env or ""))
        except ValueError:
            raise Misconfigured(
                Text(
                    en=f"{self.url_env} holds no database address such as sqlite:///C:/erp/plant.db.",
                    ru=f"В {self.url_env} нет адреса базы вида sqlite:///C:/erp/plant.db.",
                )
            ) from None
        return url.set(password=_variable(self.password_env)) if self.password_env else url


def _parsed(url: str) -> URL:
    try:
        found = make_url(url)
    except ArgumentError:
        found = None
    if found is None or (found.get_backend_name() == "sqlite" and not found.database):
        raise Mistake(
            Text(
                en="this is no database address; write one such as sqlite:///C:/erp/plant.db",
                ru="это не адрес базы данных; напишите, например, sqlite:///C:/erp/plant.db",
            )
        )
    return found


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise Misconfigured(
            Text(
                en=f"The environment variable {name} is empty. Set it for the service that runs the connector.",
                ru=f"Переменная окружения {name} пуста. Задайте её для службы, в которой работает коннектор.",
            )
        )
    return value
