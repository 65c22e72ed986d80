"""The shared language as types. ``make messages`` writes this file from ``schemas/*.avsc``: change those.

A record is a `TypedDict`: at run time an ordinary dict, as fastavro reads and writes it. A field that the schema gives
a default may be left out where a record is written (`NotRequired`); a decoded record always has it. An Avro enum is a
`Symbol`: its members are equal to their texts, and a decoded record holds the members.

Use it as ``messages.Order``: the names are the schemas' and may be those of classes elsewhere.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Generic, Literal, NamedTuple, NotRequired, TypedDict, TypeVar, cast


class Symbol(StrEnum):
    """A symbol of an enum. It is its text in `repr`, too: fingerprints are made of that."""

    __repr__ = str.__repr__


class Subject(Symbol):
    """The records' names: what a message is."""

    ALERT = "Alert"
    ALLOCATION_REQUEST = "AllocationRequest"
    ALLOCATION_RESULT = "AllocationResult"
    AUDIT_ENTRY = "AuditEntry"
    AVAILABILITY = "Availability"
    BILL = "Bill"
    CALENDAR = "Calendar"
    CHECKPOINT = "Checkpoint"
    CONNECTOR_STATUS = "ConnectorStatus"
    DEAD_LETTER = "DeadLetter"
    DISPATCH_STATUS = "DispatchStatus"
    DISRUPTION = "Disruption"
    EXCHANGE_RATE_ENTRY = "ExchangeRateEntry"
    HELD = "Held"
    HELD_REPORT = "HeldReport"
    INVENTORY_LEVEL = "InventoryLevel"
    ITEM = "Item"
    ITEM_MAPPING = "ItemMapping"
    MASTER_DATA_ENTRY = "MasterDataEntry"
    ORDER = "Order"
    ORDER_PLAN = "OrderPlan"
    ORDER_RESPONSE = "OrderResponse"
    ORDER_STATUS = "OrderStatus"
    PARTY = "Party"
    PLANNED_RECEIPT = "PlannedReceipt"
    PLANNER_ACTION = "PlannerAction"
    PLANT_LOAD = "PlantLoad"
    PLANT_ORDER = "PlantOrder"
    PRODUCTION_STATUS = "ProductionStatus"
    RECEIPT = "Receipt"
    RECOVERY = "Recovery"
    REPROMISING = "Repromising"
    ROUTING_DECISION = "RoutingDecision"
    ROUTING_RULE = "RoutingRule"
    SERVICE_REQUEST = "ServiceRequest"
    SHIPMENT = "Shipment"
    TICK = "Tick"
    WAKE = "Wake"


class Severity(Symbol):
    """Source: RFC 5424: notice 5, warning 4, critical 2."""

    UNKNOWN = "UNKNOWN"
    NOTICE = "NOTICE"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"


class Alert(TypedDict):
    """Something a person must act on. Source: ISO 22400 and RFC 5424 severities."""

    alert_id: str
    """Stable id: the same cause raises it once. CloudEvents id"""
    severity: NotRequired[Severity]
    """How urgent. RFC 5424"""
    code: str
    """Stable code, such as no-candidate. kranhub"""
    owner: str
    """Member or role who must act. kranhub"""
    order_key: NotRequired[str | None]
    """Order concerned. kranhub"""
    text: dict[str, str]
    """Language tag (BCP 47) to sentence, with the next step. kranhub"""
    deadline: NotRequired[dt.datetime | None]
    """Act before, UTC. kranhub"""
    raised_at: dt.datetime
    """The record's own time, UTC. CloudEvents time"""
    order_number: NotRequired[str | None]
    """The buyer's order number as people read it; null where that is the key's own. UBL OrderReference/ID"""


class AllocationAction(Symbol):
    """Source: kranhub."""

    UNKNOWN = "UNKNOWN"
    RESERVE = "RESERVE"
    RELEASE = "RELEASE"
    QUOTE = "QUOTE"
    DELIVERED = "DELIVERED"
    SHIPPED = "SHIPPED"
    WAIT = "WAIT"
    PROPOSE = "PROPOSE"
    REPROMISE = "REPROMISE"


class AllocationRequest(TypedDict):
    """The planner asks a plant's allocator. Source: kranhub, after SCOR sD1.3 reserve inventory and UBL quotations."""

    request_id: str
    """The plant order id that asks; with PROPOSE and REPROMISE an id of their own. kranhub"""
    order_key: str
    """Where the answer goes; with PROPOSE and REPROMISE empty, for the answer is a Repromising. kranhub"""
    plant: str
    """kranhub member id"""
    item: str
    """Canonical item; with PROPOSE and REPROMISE empty for all items of the plant. UBL StandardItemIdentification"""
    quantity: Decimal
    """In the item's base unit. UBL Quantity"""
    action: NotRequired[AllocationAction]
    """Reserve stock and capacity; give back what was reserved under this id; ask what a reservation would give, without
    one; say that the plant's ERP has taken the plant order; say how much of it has left the plant, all shipments
    together; wait under this id until the quantity can be had, which RELEASE ends; work out who gains and who loses if
    the plant's reservations were promised anew, without changing them; promise them anew, exactly as was proposed.
    kranhub"""
    generation: NotRequired[int]
    """Rises with every change of the request; the result repeats it. UBL SequenceNumberID"""
    not_before: NotRequired[dt.date | None]
    """First day on which the plant may begin; null is at once. iCalendar DTSTART"""
    at: NotRequired[dt.datetime | None]
    """With DELIVERED: when the plant's ERP took the plant order; with SHIPPED: when the last of the goods left; UTC.
    CloudEvents time"""
    expires_at: NotRequired[dt.datetime | None]
    """With RESERVE: when the reservation ends by itself, UTC; null is firm. UBL ValidityPeriod EndDate"""
    priority: NotRequired[int]
    """With WAIT and RESERVE: the order's class; who waits, and what is promised anew, goes by it first, 0 (most urgent)
    to 9. UBL PriorityCode"""
    waits_since: NotRequired[dt.datetime | None]
    """With WAIT: since when it waits, UTC; of one priority who waits longest goes first. CloudEvents time"""
    programme: NotRequired[str | None]
    """The order's state programme, for quotas; null where it has none. UBL ProjectReference/ID"""
    include_sent: NotRequired[bool]
    """With PROPOSE and REPROMISE: what the plant's ERP has may get another day as well; only a person may ask so.
    kranhub"""
    fingerprint: NotRequired[str | None]
    """With REPROMISE: Repromising.fingerprint of the proposal that a person has seen. kranhub"""
    actor: NotRequired[str | None]
    """With REPROMISE: who has decided, for the audit: the id of a contact or an account, no name. PROV Agent"""
    reason: NotRequired[str | None]
    """With REPROMISE: why, in the actor's words. PROV wasInfluencedBy"""


class AllocationKind(Symbol):
    """Source: kranhub."""

    UNKNOWN = "UNKNOWN"
    QUOTE = "QUOTE"
    RESERVED = "RESERVED"
    SHORTAGE = "SHORTAGE"
    EXPIRED = "EXPIRED"
    MOVED = "MOVED"
    FREED = "FREED"


class AllocationResult(TypedDict):
    """The allocator's answer. Source: kranhub, after SCOR sD1.3 reserve inventory."""

    request_id: str
    """The plant order id that asked. kranhub"""
    order_key: str
    """The root order. kranhub"""
    plant: str
    """kranhub member id"""
    from_stock: Decimal
    """Reserved from known stock, in the item's base unit. UBL Quantity"""
    to_make: Decimal
    """What the plant has capacity to make of the rest; both together may be less than what was asked. UBL Quantity"""
    kind: NotRequired[AllocationKind]
    """An offer; a reservation; what is left of a reservation after stock ran short; the end of a reservation; another
    day for a reservation because a disruption began, changed or ended, what was to come comes on another day, or a
    person has had the plant's orders promised anew; what can be had now of what the request waits for, without a
    reservation. kranhub"""
    generation: NotRequired[int]
    """That of the request it speaks of. UBL SequenceNumberID"""
    available_on: NotRequired[dt.date | None]
    """Day on which all of it is ready at the plant. UBL DespatchAdvice EstimatedDespatchPeriod"""
    load: NotRequired[Decimal | None]
    """Share, 0 to 1, of the capacity that others have taken in the weeks that it needs; null without a capacity. ISA-95
    committed capacity"""
    disruption: NotRequired[str | None]
    """The plant's open disruption that makes it later or less, by the plant's own number; null where none does. CX-0146
    sourceDisruptionId"""
    repromising: NotRequired[str | None]
    """With MOVED: the request (REPROMISE) by which a person has had the plant's orders promised anew; null where it
    moved by itself. kranhub"""


class AuditEntry(TypedDict):
    """Who did what by hand, to what, and why; written once, never changed. Source: W3C PROV; ISO/IEC 27002:2022, 8.15
    Logging."""

    entry_id: str
    """The same when it is written again. PROV Entity"""
    actor: str
    """Who acted: the id of a contact or an account, no name. PROV Agent"""
    action: str
    """What was done, such as OVERRIDE_PLANT. PROV Activity"""
    subject: str
    """What it was done to, such as an order key or a plant order id. PROV Entity"""
    before: NotRequired[str | None]
    """What the subject was before, as text. PROV wasDerivedFrom"""
    after: NotRequired[str | None]
    """What it was made, as text. PROV wasGeneratedBy"""
    reason: str
    """Why, in the actor's words. PROV wasInfluencedBy"""
    at: dt.datetime
    """When the hub recorded it, UTC. PROV endedAtTime"""


class ItemAvailability(TypedDict):
    """What is free of one item. Source: SCOR, available to promise."""

    item: str
    """Canonical item. UBL StandardItemIdentification"""
    free_stock: Decimal
    """Stock that may still be promised, in the item's base unit. UBL Quantity"""
    capacity_from: NotRequired[dt.date | None]
    """First day of the first week with free capacity, not before the day of writing; null where there is none within
    the horizon. ISA-95 available capacity"""
    load: NotRequired[Decimal | None]
    """Share, 0 to 1, of that week's capacity that is taken; null without a capacity. ISA-95 committed capacity"""


class Availability(TypedDict):
    """What a plant has free of the items that many members make, in short: by it the planner chooses whom to ask for
    offers. Broadcast to every partition of hub.work when it has changed. Source: SCOR, available to promise."""

    plant: str
    """kranhub member id"""
    items: list[ItemAvailability]
    """By item. SCOR"""


class BillComponent(TypedDict):
    """One entry of the bill. ISA-95 AssembledFromDefinition."""

    item: str
    """Canonical id of the component. ISA-95 MaterialDefinitionID"""
    quantity: Decimal
    """How much of it one base unit of the parent needs, in the component's base unit. ISA-95 Quantity"""
    feeds: NotRequired[str | None]
    """Component of the same bill that it goes into first; null when it goes into the item itself. ISA-95 process
    segment dependency"""


class BillAlternative(TypedDict):
    """A bill for some lines only: the first that a line meets counts before the components above. ISA-95
    MaterialDefinition assembly."""

    bill: str
    """Its id among the item's bills. ISA-95 BillOfMaterialsID"""
    valid_from: NotRequired[dt.date | None]
    """First requested date of the lines; null for any. ISA-95 EffectiveTimestamp"""
    valid_until: NotRequired[dt.date | None]
    """Last requested date of the lines; null for any. ISA-95 EffectiveTimestamp"""
    characteristics: NotRequired[list[str]]
    """Characteristics of the lines; empty for any. UBL AdditionalItemProperty/Value"""
    drawings: NotRequired[list[str]]
    """Drawings of the lines; empty for any. UBL ItemSpecificationDocumentReference/ID"""
    drawing_revisions: NotRequired[list[str]]
    """Drawing revisions of the lines; empty for any. UBL ItemSpecificationDocumentReference/VersionID"""
    components: list[BillComponent]
    """The components. ISA-95 AssembledFromDefinition"""


class Bill(TypedDict):
    """What one base unit of an item is made of, one level. Source: ISA-95 MaterialDefinition assembly."""

    item: str
    """Canonical id of what is made. ISA-95 MaterialDefinitionID"""
    components: list[BillComponent]
    """The components. ISA-95 AssembledFromDefinition"""
    version: NotRequired[int]
    """Version of the master data in which it took this form. kranhub"""
    alternatives: NotRequired[list[BillAlternative]]
    """Bills that count for some lines only, in their order. kranhub"""


class Calendar(TypedDict):
    """Which days are worked. Source: iCalendar (RFC 5545) recurrence and exceptions, ISO 8601 weekdays."""

    calendar: str
    """Identifier, such as ru-5x2. kranhub"""
    name: dict[str, str]
    """Language tag (BCP 47) to name. RFC 5545 SUMMARY"""
    first_year: int
    """First year whose exceptions are all listed. RFC 5545 DTSTART"""
    last_year: int
    """Last year whose exceptions are all listed. RFC 5545 UNTIL"""
    weekdays: list[int]
    """Days of the week that are worked, 1 is Monday. ISO 8601 weekday number"""
    days_off: NotRequired[list[dt.date]]
    """Always empty: see dates_off. Avro for Java 1.12.0 cannot read a list of dates. RFC 5545 EXDATE"""
    working_days: NotRequired[list[dt.date]]
    """Always empty: see dates_worked. Avro for Java 1.12.0 cannot read a list of dates. RFC 5545 RDATE"""
    fixed_days_off: NotRequired[list[str]]
    """Month and day that are off in years that are not covered. ISO 8601 --MM-DD without the dashes before"""
    dates_off: NotRequired[list[str]]
    """Days that are off although their weekday is worked, such as 2026-05-01. RFC 5545 EXDATE, ISO 8601 calendar
    dates"""
    dates_worked: NotRequired[list[str]]
    """Days that are worked although their weekday is off, such as 2026-05-02. RFC 5545 RDATE, ISO 8601 calendar
    dates"""


class StreamPosition(TypedDict):
    """Where one stream of the source stands."""

    watermark: str
    """The source's own words, such as a time stamp and an id. Singer bookmark"""
    seen: NotRequired[list[str]]
    """Event ids already published from the overlap behind the watermark. kranhub"""


class Checkpoint(TypedDict):
    """Where a source resumes; committed with the events it covers. Source: Kafka KIP-618."""

    connector: str
    """Connector's name within the member. Kafka Connect connector"""
    task: int
    """Task number. Kafka Connect task"""
    positions: dict[str, StreamPosition]
    """Stream name to its position. Singer state"""


class TaskState(Symbol):
    """Source: Kafka Connect AbstractStatus.State, with BACKING_OFF for an ERP that is away."""

    UNKNOWN = "UNKNOWN"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    BACKING_OFF = "BACKING_OFF"
    FAILED = "FAILED"
    STOPPED = "STOPPED"


class ConnectorStatus(TypedDict):
    """How a connector's task is. Source: Kafka Connect task status."""

    member: str
    """kranhub member id"""
    connector: str
    """Connector's name within the member. Kafka Connect connector"""
    task: str
    """source or sink. Kafka Connect task"""
    state: NotRequired[TaskState]
    """State. Kafka Connect task status"""
    reason: NotRequired[dict[str, str]]
    """Language tag (BCP 47) to sentence: why, and what to do. Kafka Connect trace"""
    worker: str
    """host and process id. Kafka Connect worker_id"""
    changed_at: dt.datetime
    """UTC. kranhub"""
    heartbeat_s: NotRequired[int | None]
    """Seconds after which the task says its state again while its process lives; null: it does not. kranhub"""
    progress_age_s: NotRequired[int | None]
    """Seconds before this record at which the task last had everything at hand: a source after a look at the ERP, a
    sink after a look at its topics; null: not yet. kranhub"""


class DeadLetter(TypedDict):
    """A record that could not be taken, with its original bytes. Source: Enterprise Integration Patterns, Dead Letter
    Channel."""

    dead_letter_id: str
    """uuid5 of topic/partition/offset (the event's id where it never reached Kafka), stage and code. CloudEvents id"""
    event_id: str
    """CloudEvents id of the original; its position when it had none. CloudEvents id"""
    member: str
    """Member it came from or was addressed to. kranhub member id"""
    stage: str
    """Where it failed: source, ingest, planner, allocator, dispatch or sink. kranhub"""
    code: str
    """Stable code, such as unmapped-item. kranhub"""
    reason: dict[str, str]
    """Language tag (BCP 47) to a sentence that a person in that company understands. kranhub"""
    topic: str
    """Topic it was read from; empty when it never reached Kafka. Kafka"""
    partition: int
    """Kafka partition, or -1"""
    offset: int
    """Kafka offset, or -1"""
    key: str
    """Key of the original. Kafka"""
    headers: NotRequired[dict[str, str]]
    """Headers of the original as text. Kafka"""
    original: bytes
    """The original bytes, untouched: the first 3,000,000. Kafka"""
    failed_at: dt.datetime
    """The record's own time, UTC. CloudEvents time"""
    order_number: NotRequired[str | None]
    """Number as people read it, where the original is an order that says one. UBL OrderReference/ID"""
    incomplete: NotRequired[list[str]]
    """Fields that do not hold all of the record as it was: original, key, event_id or headers. kranhub"""


class DispatchStatus(TypedDict):
    """Whether a plant order waits at the hub because the topic of its plant does not exist. Source: kranhub."""

    order_key: str
    """buyer:order_id as they are, nothing encoded. kranhub"""
    plant_order_id: str
    """The plant order. UBL OrderReference/ID"""
    topic: str
    """Full name of the plant's topic. Kafka"""
    held: bool
    """True: it waits until the topic exists; false: it has been written there. kranhub"""
    at: dt.datetime
    """When this was found, UTC. CloudEvents time"""


class DisruptionCause(Symbol):
    """Source: CX-0146 leadingRootCause."""

    UNKNOWN = "UNKNOWN"
    STRIKE = "STRIKE"
    NATURAL_DISASTER = "NATURAL_DISASTER"
    PRODUCTION_INCIDENT = "PRODUCTION_INCIDENT"
    PANDEMIC_OR_EPIDEMIC = "PANDEMIC_OR_EPIDEMIC"
    LOGISTICS_DISRUPTION = "LOGISTICS_DISRUPTION"
    WAR = "WAR"
    OTHER = "OTHER"


class DisruptionEffect(Symbol):
    """Source: CX-0146 effect."""

    UNKNOWN = "UNKNOWN"
    DEMAND_REDUCTION = "DEMAND_REDUCTION"
    DEMAND_INCREASE = "DEMAND_INCREASE"
    CAPACITY_REDUCTION = "CAPACITY_REDUCTION"
    CAPACITY_INCREASE = "CAPACITY_INCREASE"


class DisruptionStatus(Symbol):
    """Source: CX-0146 status."""

    UNKNOWN = "UNKNOWN"
    OPEN = "OPEN"
    RESOLVED = "RESOLVED"


class Disruption(TypedDict):
    """A member says that it can make less, or more, than it is known for. Source: Catena-X CX-0146
    DemandAndCapacityNotification (PURIS)."""

    disruption_id: str
    """The member's own number. CX-0146 sourceDisruptionId"""
    member: str
    """Member who is affected. CX-0146 sender; kranhub member id"""
    cause: NotRequired[DisruptionCause]
    """Why. CX-0146 leadingRootCause"""
    effect: NotRequired[DisruptionEffect]
    """What changes. CX-0146 effect"""
    sites: NotRequired[list[str]]
    """Sites that are affected; empty for all. CX-0146 affectedSitesBpnsSender; kranhub site ids"""
    status: NotRequired[DisruptionStatus]
    """Whether it still lasts. CX-0146 status"""
    begins: dt.date
    """First day of the effect. CX-0146 startDateOfEffect"""
    ends: NotRequired[dt.date | None]
    """Last day of the effect as expected; null while nobody knows. CX-0146 expectedEndDateOfEffect"""
    text: NotRequired[dict[str, str]]
    """Language tag (BCP 47) to a description for people. CX-0146 text"""
    as_of: NotRequired[dt.datetime | None]
    """When the member last changed it, in UTC. CX-0146 contentChangedAt"""


class ExchangeRateEntry(TypedDict):
    """Rate by which the hub compares costs in two currencies, from a day on. Source: UBL 2.3 ExchangeRate; the nominal
    is the Bank of Russia's."""

    source_currency: str
    """ISO 4217. UBL ExchangeRate/SourceCurrencyCode"""
    target_currency: str
    """ISO 4217. UBL ExchangeRate/TargetCurrencyCode"""
    rate: Decimal
    """How much of the target currency `nominal` units of the source currency are. UBL ExchangeRate/CalculationRate"""
    nominal: NotRequired[int]
    """Units of the source currency that the rate is for, such as 1 or 100. UBL ExchangeRate/SourceCurrencyBaseRate"""
    valid_on: dt.date
    """First day of the rate; it holds until a later one. UBL ExchangeRate/Date"""
    published_by: NotRequired[str | None]
    """Who published it, such as CBR. UBL ExchangeRate/ExchangeMarketID"""
    version: NotRequired[int]
    """Version of the master data in which it took this form. kranhub"""


class HeldLine(TypedDict):
    """One line as the ERP holds it."""

    line_id: str
    """The line's id as it was delivered. UBL LineID"""
    item_code: NotRequired[str | None]
    """The member's own item code. UBL SellersItemIdentification"""
    quantity: NotRequired[Decimal | None]
    """In the unit. UBL Quantity"""
    unit: NotRequired[str | None]
    """UN/ECE Recommendation 20 code. UBL unitCode"""


class Held(TypedDict):
    """What a member's ERP holds of one document that the hub delivered; an answer to a Recovery. Source: UBL
    DocumentReference, Apache Kafka Connect sink offsets."""

    recovery_id: str
    """The recovery that it answers. kranhub"""
    member: str
    """Whose ERP. UBL Party"""
    connector: str
    """Connector's name within the member. Kafka Connect connector"""
    subject: str
    """PlantOrder or OrderStatus. CloudEvents type"""
    key: str
    """The document's key as it was delivered. UBL ID"""
    revision: int
    """The revision that the ERP holds. UBL VersionID"""
    cancelled: NotRequired[bool]
    """The ERP holds it as cancelled. UBL DocumentStatusCode"""
    requested_date: NotRequired[dt.date | None]
    """The date that the ERP holds. UBL RequestedDeliveryPeriod"""
    lines: NotRequired[list[HeldLine]]
    """Of a plant order. UBL OrderLine"""
    state: NotRequired[str | None]
    """Of an order status: the state that the ERP shows. kranhub"""
    promised_date: NotRequired[dt.date | None]
    """Of an order status: the promised date that the ERP shows. UBL PromisedDeliveryPeriod"""


class HeldReport(TypedDict):
    """A task of a connector says that it has told all that its ERP holds (a sink, in answer to a Recovery), or that it
    has read its ERP to the end since it started (a source). Source: kranhub."""

    recovery_id: NotRequired[str | None]
    """The recovery that a sink answers; null: a source's word. kranhub"""
    member: str
    """Whose ERP. UBL Party"""
    connector: str
    """Connector's name within the member. Kafka Connect connector"""
    task: str
    """source or sink. Kafka Connect task"""
    subjects: NotRequired[list[str]]
    """What the sink takes: PlantOrder, OrderStatus. CloudEvents type"""
    supported: NotRequired[bool]
    """The connector can tell what its ERP holds. kranhub"""
    count: NotRequired[int]
    """How many Held were told. kranhub"""
    reported_at: dt.datetime
    """By the connector's clock, UTC. kranhub"""


class InventoryLevel(TypedDict):
    """What lies in stock. Source: Catena-X PURIS ItemStock."""

    company: str
    """Member who owns the stock. ItemStock supplier; kranhub member id"""
    site: str
    """Site id of the member. ItemStock stockLocationBPNS"""
    item_code: str
    """The company's own item code. ItemStock materialNumberSupplier"""
    item: NotRequired[str | None]
    """Canonical item, set by the hub. ItemStock materialGlobalAssetId"""
    on_hand: Decimal
    """Physically there, in unit; may be negative where the ERP says so. ItemStock quantityOnAllocatedStock"""
    reserved: Decimal
    """Part of it that the ERP has promised. ISA-95 MaterialLot status"""
    blocked: Decimal
    """Part of it that may not be used. ItemStock isBlocked"""
    unit: str
    """UN/CEFACT Recommendation 20 code. ItemStock measurementUnit"""
    as_of: dt.datetime
    """When it was true, UTC. ItemStock lastUpdatedOnDateTime"""


class ItemComponent(TypedDict):
    """One entry of the bill of materials. ISA-95 MaterialDefinition assembly."""

    item: str
    """Canonical id of the component. ISA-95 MaterialDefinitionID"""
    quantity: Decimal
    """How much of it one base unit of the parent needs, in the component's base unit. ISA-95 Quantity"""


class ItemSupply(Symbol):
    """Source: Whether members make it or it is bought. SCOR make, source."""

    UNKNOWN = "UNKNOWN"
    MAKE = "MAKE"
    BUY = "BUY"


class OrderQuantityRounding(Symbol):
    """Source: What becomes of an ordered quantity that does not fit. kranhub."""

    UNKNOWN = "UNKNOWN"
    REFUSE = "REFUSE"
    UP = "UP"
    DOWN = "DOWN"
    NEAREST = "NEAREST"


class AlternativeItem(TypedDict):
    """An item that may be delivered in place of this one, one for one. ISA-95 alternate material."""

    item: str
    """Canonical id. ISA-95 MaterialDefinitionID"""
    valid_from: NotRequired[dt.date | None]
    """First requested date of the lines; null for any. ISA-95 EffectiveTimestamp"""
    valid_until: NotRequired[dt.date | None]
    """Last requested date of the lines; null for any. ISA-95 EffectiveTimestamp"""


class Item(TypedDict):
    """One item of the shared nomenclature. Source: UBL Item; OKPD2 (OK 034-2014) as the classification."""

    item: str
    """Canonical id. UBL StandardItemIdentification"""
    okpd2: str
    """OKPD2 code. UBL CommodityClassification/ItemClassificationCode"""
    name: dict[str, str]
    """Language tag (BCP 47) to name. UBL Item/Name"""
    unit: str
    """Base unit, UN/CEFACT Recommendation 20. UBL Item/BaseQuantity"""
    conversions: NotRequired[dict[str, Decimal]]
    """Unit code to how many base units one of it is. ISA-95 unit conversion"""
    codes: NotRequired[dict[str, str]]
    """Member id to that member's own item code. UBL BuyersItemIdentification, SellersItemIdentification"""
    components: NotRequired[list[ItemComponent]]
    """Empty since bills stand on hub.boms (see Bill). ISA-95 bill of materials"""
    version: NotRequired[int]
    """Version of this entry in the nomenclature. kranhub"""
    supply: NotRequired[ItemSupply]
    """Whether members make it or it is bought. SCOR make, source"""
    more_codes: NotRequired[dict[str, list[str]]]
    """Member id to further codes of that member for it. UBL AdditionalItemIdentification"""
    order_quantity_increment: NotRequired[Decimal | None]
    """Every ordered quantity is a multiple of it, in unit; null for any quantity. UBL OrderQuantityIncrementNumeric"""
    minimum_order_quantity: NotRequired[Decimal | None]
    """Least that may be ordered, in unit. UBL MinimumOrderQuantity"""
    order_quantity_rounding: NotRequired[OrderQuantityRounding]
    """What becomes of an ordered quantity that does not fit. kranhub"""
    alternative_items: NotRequired[list[AlternativeItem]]
    """What may be delivered in its place, the best first. ISA-95 alternate material"""


class ItemMapping(TypedDict):
    """A member says which item of the shared nomenclature one of its own codes means. Source: UBL Item,
    SellersItemIdentification and StandardItemIdentification."""

    member: str
    """Member whose code it is. UBL PartyIdentification"""
    item_code: str
    """The member's own code. UBL SellersItemIdentification"""
    item: str
    """Canonical id of the item that it means. UBL StandardItemIdentification"""
    unit: NotRequired[str | None]
    """Unit in which the member counts it, UN/CEFACT Recommendation 20; null when it does not say. UBL unitCode"""


class MasterDataKind(Symbol):
    """Source: Kind of an entry. kranhub."""

    UNKNOWN = "UNKNOWN"
    CALENDAR = "CALENDAR"
    PARTY = "PARTY"
    ITEM = "ITEM"
    BILL = "BILL"
    TRANSPORT = "TRANSPORT"
    RULE = "RULE"
    MAPPING = "MAPPING"
    PUBLICATION = "PUBLICATION"
    CUTOVER = "CUTOVER"
    RATE = "RATE"


class MasterDataEntry(TypedDict):
    """One entry of the master data: what the routing rules, plans and codes of the core follow from. Written in
    dependency order and closed by a PUBLICATION. Source: kranhub."""

    kind: NotRequired[MasterDataKind]
    """What it describes. kranhub"""
    key: str
    """Identifier within the kind, such as a member id. kranhub"""
    version: NotRequired[int]
    """Version that the author gave it; of a RULE the rule's own. kranhub"""
    content: NotRequired[str | None]
    """The entry as JSON (RFC 8259); null when it is no longer part of the master data. kranhub"""


class OrderKind(Symbol):
    """Source: UBL OrderTypeCode; the values are kranhub's."""

    UNKNOWN = "UNKNOWN"
    SALE = "SALE"
    SPARE_PART = "SPARE_PART"
    SERVICE = "SERVICE"
    LEASE = "LEASE"


class OrderDocumentStatus(Symbol):
    """Source: UBL DocumentStatusCode, reduced: a deleted document is CANCELLED."""

    UNKNOWN = "UNKNOWN"
    ACTIVE = "ACTIVE"
    CANCELLED = "CANCELLED"


class ExchangeRate(TypedDict):
    """Agreed rate of the order's currency in another one. Source: UBL 2.3 ExchangeRate."""

    currency: str
    """The other currency, ISO 4217. UBL ExchangeRate/TargetCurrencyCode"""
    rate: Decimal
    """How much of it `nominal` units of the order's currency are. UBL ExchangeRate/CalculationRate"""
    nominal: NotRequired[int]
    """Units of the order's currency that the rate is for, such as 1 or 100. UBL ExchangeRate/SourceCurrencyBaseRate"""
    date: dt.date
    """Day of the rate. UBL ExchangeRate/Date"""
    source: NotRequired[str | None]
    """Who published it, such as CBR. UBL ExchangeRate/ExchangeMarketID"""


class Attachment(TypedDict):
    """A file that belongs to it. Source: UBL 2.3 ExternalReference."""

    uri: str
    """Where it lies: http, https, file or s3, without a password. UBL ExternalReference/URI; RFC 3986"""
    sha256: str
    """SHA-256 of its bytes, 64 hexadecimal digits. UBL ExternalReference/DocumentHash; FIPS 180-4"""
    media_type: NotRequired[str | None]
    """Such as application/pdf. UBL ExternalReference/MimeCode; RFC 6838"""
    name: NotRequired[str | None]
    """File name for a person. UBL ExternalReference/FileName"""


class OrderLineDelivery(TypedDict):
    """A part of a line's quantity that is wanted on a day of its own. Source: UBL LineItem/Delivery."""

    requested_date: dt.date
    """When this part is wanted. UBL RequestedDeliveryPeriod/EndDate"""
    quantity: Decimal
    """How much, in the line's unit. UBL Delivery/Quantity"""


class OrderLine(TypedDict):
    """One wanted item. Source: UBL OrderLine/LineItem."""

    line_id: str
    """The buyer's line number. UBL LineItem/ID"""
    item_code: str
    """The buyer's own item code. UBL Item/BuyersItemIdentification"""
    item: NotRequired[str | None]
    """Canonical item, set by the hub; null while unmapped. UBL Item/StandardItemIdentification"""
    description: NotRequired[str | None]
    """The buyer's words. UBL Item/Description"""
    quantity: Decimal
    """How much, in unit. UBL LineItem/Quantity"""
    unit: str
    """UN/CEFACT Recommendation 20 code. UBL Quantity/@unitCode"""
    price: NotRequired[Decimal | None]
    """Price of one unit, in the order's currency; net unless vat_included. UBL Price/PriceAmount"""
    requested_date: NotRequired[dt.date | None]
    """When it differs from the order's. UBL LineItem/Delivery/RequestedDeliveryPeriod"""
    hold_reason: NotRequired[str | None]
    """Stable code of why the hub holds this line, such as unmapped-item; kranhub"""
    rounded_from: NotRequired[Decimal | None]
    """Ordered quantity in the item's base unit, set by the hub where the item's rule rounds it. UBL
    LineItem/Quantity"""
    opening_plant: NotRequired[str | None]
    """Of an opening order: the plant that has the line since before the hub. kranhub member id"""
    characteristic: NotRequired[str | None]
    """Variant of the item, in the buyer's words. UBL Item/AdditionalItemProperty/Value"""
    drawing: NotRequired[str | None]
    """Drawing's designation (GOST R 2.201). UBL Item/ItemSpecificationDocumentReference/ID"""
    drawing_revision: NotRequired[str | None]
    """Revision of the drawing. UBL ItemSpecificationDocumentReference/VersionID"""
    serial_numbers: NotRequired[list[str]]
    """Serial numbers of single pieces. UBL Item/ItemInstance/SerialID"""
    attachments: NotRequired[list[Attachment]]
    """Drawings, photographs, certificates. UBL DocumentReference/Attachment"""
    deliveries: NotRequired[list[OrderLineDelivery]]
    """The line's delivery schedule; empty where all of it is wanted on the line's date. The quantities sum up to the
    line's. UBL LineItem/Delivery"""


class Order(TypedDict):
    """What a customer wants. Source: UBL 2.3 Order."""

    order_id: str
    """The buyer's ERP's own key of the document: the same as long as it lives, and of no other. UBL Order/UUID"""
    buyer: str
    """Member who orders. UBL BuyerCustomerParty; kranhub member id"""
    payer: NotRequired[str | None]
    """Member who pays, such as a lessor. UBL AccountingCustomerParty; kranhub member id"""
    user: NotRequired[str | None]
    """Member who will use the goods, such as a lessee. UBL OriginatorCustomerParty; kranhub member id"""
    consignee: NotRequired[str | None]
    """Member or site that receives the goods. UBL Delivery/DeliveryParty; kranhub member id"""
    kind: NotRequired[OrderKind]
    """Kind of order. UBL OrderTypeCode"""
    programme: NotRequired[str | None]
    """State programme under which it is built. UBL ProjectReference/ID"""
    document_status: NotRequired[OrderDocumentStatus]
    """ACTIVE or CANCELLED. UBL DocumentStatusCode"""
    revision: NotRequired[int]
    """Assigned by the hub's planner, from 1; 0 on the way in. UBL OrderChange/SequenceNumberID"""
    currency: str
    """ISO 4217. UBL DocumentCurrencyCode"""
    issued_at: NotRequired[dt.datetime | None]
    """When the buyer's ERP confirmed it, UTC. UBL IssueDate and IssueTime"""
    requested_date: dt.date
    """Delivery wanted at the latest, at the delivery place. UBL RequestedDeliveryPeriod/EndDate"""
    delivery_place: NotRequired[str | None]
    """Site id or address as text. UBL Delivery/DeliveryLocation"""
    complete_delivery: NotRequired[bool]
    """All lines or none: an unmapped line then holds the whole order. UBL Order/DeliveryTerms"""
    vat_rate: NotRequired[Decimal | None]
    """VAT in percent, 0 to 100; null where none applies or none was named. UBL TaxCategory/Percent"""
    vat_included: NotRequired[bool | None]
    """Whether the prices include the VAT; null where it was not said: then they do not. UBL
    TaxTotal/TaxIncludedIndicator"""
    exchange_rate: NotRequired[ExchangeRate | None]
    """Rate that the payment is worked out by. UBL Order/PaymentExchangeRate"""
    contract: NotRequired[str | None]
    """Contract that it is placed under. UBL Contract/ID"""
    discount_percent: NotRequired[Decimal | None]
    """Discount on the whole order in percent, 0 to 100. UBL AllowanceCharge/MultiplierFactorNumeric"""
    discount_amount: NotRequired[Decimal | None]
    """Discount on the whole order in its currency; beside a percentage it is what that comes to. UBL
    AllowanceCharge/Amount"""
    legal_entity: NotRequired[str | None]
    """The buyer's legal entity where it is not the member's own: its INN, or its number in its country's register. UBL
    PartyLegalEntity/CompanyID"""
    site: NotRequired[str | None]
    """The buyer's site that orders, apart from the member. UBL Party/PhysicalLocation/ID"""
    incoterms: NotRequired[str | None]
    """Incoterms 2020 rule, such as FCA, without the place. UBL DeliveryTerms/ID"""
    language: NotRequired[str | None]
    """Language for the buyer's people, BCP 47; null: the member's. UBL Party/Language/ID"""
    quotation: NotRequired[bool]
    """A promise is asked for, nothing is ordered yet. UBL RequestForQuotation"""
    opening: NotRequired[bool]
    """It was placed at plants before the hub took over: its lines say at which. kranhub"""
    valid_until: NotRequired[dt.date | None]
    """Last day on which the promise is wanted to hold, for a quotation. UBL Quotation/ValidityPeriod/EndDate"""
    lines: list[OrderLine]
    """The lines. UBL OrderLine"""
    number: NotRequired[str | None]
    """The order's number as people read it; null where that is order_id. UBL Order/ID"""
    alternatives_allowed: NotRequired[bool | None]
    """Whether the buyer consents to alternative items; null where it does not say. UBL SellerSubstitutedLineItem"""


class OrderPlanState(Symbol):
    """Source: kranhub, from ISA-95 operations states and UBL status codes."""

    UNKNOWN = "UNKNOWN"
    RECEIVED = "RECEIVED"
    PLANNED = "PLANNED"
    CONFIRMED = "CONFIRMED"
    IN_PRODUCTION = "IN_PRODUCTION"
    READY = "READY"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CLOSED = "CLOSED"
    ON_HOLD = "ON_HOLD"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class OrderPlanPartState(Symbol):
    """Source: kranhub, from ISA-95 operations states and UBL status codes."""

    UNKNOWN = "UNKNOWN"
    RECEIVED = "RECEIVED"
    PLANNED = "PLANNED"
    CONFIRMED = "CONFIRMED"
    IN_PRODUCTION = "IN_PRODUCTION"
    READY = "READY"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CLOSED = "CLOSED"
    ON_HOLD = "ON_HOLD"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class DateBasis(Symbol):
    """Source: FACT: its plant has reported it made. PROMISE: the day that its plant has named. COUNT: what the hub
    counts from stock, capacity, working days and parts. UNKNOWN: no day is known. kranhub."""

    UNKNOWN = "UNKNOWN"
    FACT = "FACT"
    PROMISE = "PROMISE"
    COUNT = "COUNT"


class OrderPlanPart(TypedDict):
    """A quantity of one item at one plant, or at none yet. Source: ISA-95 operations segment; the terms of its dates
    are those of the critical path method (ISO 21502)."""

    place: str
    """line.part, as it stands in plant order ids. kranhub"""
    line_id: str
    """Line of the order. UBL LineItem/ID"""
    part: int
    """Number of the part in its line, from 1. kranhub"""
    node: NotRequired[str]
    """Its place in the line's bill of materials: empty for the line's own item, else the items on the way down. ISA-95
    bill of material"""
    feeds: NotRequired[str | None]
    """The node that it goes into; null for the line's own item. ISA-95 segment dependency"""
    item: str
    """Canonical item. UBL StandardItemIdentification"""
    quantity: Decimal
    """How much, in unit. UBL Quantity"""
    unit: str
    """UN/CEFACT Recommendation 20 code. UBL Quantity/@unitCode"""
    plant: NotRequired[str | None]
    """Member who has it; null while a plant is sought. kranhub member id"""
    plant_order_id: NotRequired[str | None]
    """Its plant order, issued or about to be; null without a plant. UBL OrderReference/ID"""
    state: NotRequired[OrderPlanPartState]
    """How far the part is. UBL LineStatusCode"""
    hold_reason: NotRequired[str | None]
    """Stable code of why it waits for a person or for master data; null where it does not. kranhub"""
    start: NotRequired[dt.date | None]
    """First day of the work, by what the hub knows now; null while no day is known. ISO 21502 early start"""
    finish: NotRequired[dt.date | None]
    """Day at whose end it is ready at its plant; null while no day is known. ISO 21502 early finish"""
    latest_start: NotRequired[dt.date | None]
    """Last day on which the work may begin so that the line is there on its requested date; null without a plant. ISO
    21502 late start"""
    latest_finish: NotRequired[dt.date | None]
    """Last day at whose end it may be ready for that; null without a plant. ISO 21502 late finish"""
    slack: NotRequired[int | None]
    """Calendar days from finish to latest_finish; negative is late. ISO 21502 total float"""
    on_critical_path: NotRequired[bool]
    """Whether it is one of critical_path. ISO 21502 critical path"""
    date_basis: NotRequired[DateBasis]
    """What its finish is known by. kranhub"""


class OrderPlan(TypedDict):
    """An order's plan as it stands: where its parts are, when each is ready, and which of them decide the day. Source:
    UBL 2.3 Order and OrderStatus; ISO 21502 schedule, critical path method."""

    order_key: str
    """buyer:order_id as they are, nothing encoded. kranhub"""
    order_number: NotRequired[str | None]
    """The buyer's order number as people read it; null where that is the key's own. UBL OrderReference/ID"""
    buyer: str
    """Member who ordered. UBL BuyerCustomerParty; kranhub member id"""
    revision: int
    """Rises by one with every plan of this order; the last on the topic counts. UBL SequenceNumberID"""
    order_revision: int
    """Revision of the order that it is for. UBL OrderChange/SequenceNumberID"""
    state: NotRequired[OrderPlanState]
    """State of the whole order, as its buyer was told. UBL OrderStatusCode"""
    quotation: NotRequired[bool]
    """Whether it only asks for a promise; nothing is ordered yet. UBL Quotation"""
    requested_date: dt.date
    """Day on which the buyer wants it; of several days of lines the order's own. UBL RequestedDeliveryPeriod/EndDate"""
    promised_date: NotRequired[dt.date | None]
    """Latest promise over the lines; null until every line has one. UBL PromisedDeliveryPeriod/EndDate"""
    earliest_date: NotRequired[dt.date | None]
    """Earliest day on which all of it can be there, by what the hub knows now; null while no day is known of a part.
    UBL EstimatedDeliveryPeriod/EndDate"""
    slack: NotRequired[int | None]
    """Calendar days from the day on which a line is there to the day on which it is wanted, the least over the lines;
    negative is late; null while no line has a day. ISO 21502 total float"""
    critical_path: NotRequired[list[str]]
    """The places of the parts that decide, first to last: the chain by which the line with the least slack has its day;
    where a part has no day, that part alone. ISO 21502 critical path"""
    parts: NotRequired[list[OrderPlanPart]]
    """The parts that are not cancelled, by line and number. ISA-95 operations segment"""
    parts_left_out: NotRequired[int]
    """How many more parts there are than the record has room for; those that decide are never left out. kranhub"""
    planned_at: dt.datetime
    """The record's own time, UTC. CloudEvents time"""


class OrderResponseCode(Symbol):
    """Source: UNCL4343 as in UBL: AB acknowledged, AP accepted, RE rejected, CA conditionally accepted."""

    UNKNOWN = "UNKNOWN"
    AB = "AB"
    AP = "AP"
    RE = "RE"
    CA = "CA"


class LineStatus(Symbol):
    """Source: UNCL1229: ACCEPTED 5, CHANGED 3, NOT_ACCEPTED 7."""

    UNKNOWN = "UNKNOWN"
    ACCEPTED = "ACCEPTED"
    CHANGED = "CHANGED"
    NOT_ACCEPTED = "NOT_ACCEPTED"


class OrderResponseLine(TypedDict):
    """The answer for one line. Source: UBL OrderLine in OrderResponse."""

    line_id: str
    """Line of the plant order. UBL LineItem/ID"""
    status: NotRequired[LineStatus]
    """The answer. UBL LineStatusCode"""
    quantity: Decimal
    """Promised quantity, in unit. UBL LineItem/Quantity"""
    unit: str
    """UN/CEFACT Recommendation 20 code. UBL Quantity/@unitCode"""
    promised_date: NotRequired[dt.date | None]
    """Promised at the plant's gate. UBL Delivery/PromisedDeliveryPeriod/EndDate"""
    reason: NotRequired[str | None]
    """The plant's words. UBL LineItem/Note"""


class OrderResponse(TypedDict):
    """A plant's answer. Source: UBL 2.3 OrderResponse."""

    plant_order_id: str
    """What it answers. UBL OrderReference/ID"""
    plant: str
    """Member who answers. UBL SellerSupplierParty; kranhub member id"""
    plant_order_revision: NotRequired[int]
    """Revision that it answers; 0 when the ERP does not know. UBL OrderChange/SequenceNumberID"""
    response_code: NotRequired[OrderResponseCode]
    """The answer as a whole. UBL OrderResponseCode"""
    erp_reference: NotRequired[str | None]
    """The plant ERP's own document number. UBL OrderResponse/SalesOrderID"""
    issued_at: NotRequired[dt.datetime | None]
    """When the plant answered, UTC. UBL IssueDate and IssueTime"""
    reason: NotRequired[str | None]
    """The plant's words. UBL Note"""
    lines: list[OrderResponseLine]
    """The lines. UBL OrderLine"""


class OrderState(Symbol):
    """Source: kranhub, from ISA-95 operations states and UBL status codes."""

    UNKNOWN = "UNKNOWN"
    RECEIVED = "RECEIVED"
    PLANNED = "PLANNED"
    CONFIRMED = "CONFIRMED"
    IN_PRODUCTION = "IN_PRODUCTION"
    READY = "READY"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CLOSED = "CLOSED"
    ON_HOLD = "ON_HOLD"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class OrderLineState(Symbol):
    """Source: As OrderState."""

    UNKNOWN = "UNKNOWN"
    RECEIVED = "RECEIVED"
    PLANNED = "PLANNED"
    CONFIRMED = "CONFIRMED"
    IN_PRODUCTION = "IN_PRODUCTION"
    READY = "READY"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CLOSED = "CLOSED"
    ON_HOLD = "ON_HOLD"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class OrderStatusDelivery(TypedDict):
    """A part of a line's quantity that comes on a day of its own. Source: UBL Delivery."""

    quantity: Decimal
    """How much, in the item's base unit. UBL Delivery/Quantity"""
    requested_date: dt.date
    """When it is wanted. UBL RequestedDeliveryPeriod/EndDate"""
    promised_date: NotRequired[dt.date | None]
    """When it is promised; null while it is not. UBL PromisedDeliveryPeriod/EndDate"""
    arrived: Decimal
    """How much of it has arrived. UBL ReceivedQuantity"""


class OrderStatusLine(TypedDict):
    """How far one line is."""

    line_id: str
    """The buyer's line number. UBL LineItem/ID"""
    item_code: str
    """The buyer's own item code. UBL Item/BuyersItemIdentification"""
    state: NotRequired[OrderLineState]
    """State of the line. UBL LineStatusCode"""
    promised_date: NotRequired[dt.date | None]
    """Latest promise over its portions. UBL PromisedDeliveryPeriod/EndDate"""
    reason: NotRequired[dict[str, str]]
    """Language tag (BCP 47) to sentence. UBL LineItem/Note"""
    arrived: NotRequired[Decimal | None]
    """How much of the line has arrived, in the item's base unit; null where nothing has. UBL ReceivedQuantity"""
    arrival_assumed: NotRequired[bool]
    """Nobody reported an arrival: it is assumed from the days of the way. kranhub"""
    deliveries: NotRequired[list[OrderStatusDelivery]]
    """The parts in which the line comes; empty where it comes at once. UBL LineItem/Delivery"""
    alternative_item: NotRequired[str | None]
    """Canonical id of what is delivered in place of the ordered item. UBL SellerSubstitutedLineItem"""


class OrderStatus(TypedDict):
    """How far an order is, for its customer. Source: UBL 2.3 OrderResponse and TransportationStatus; the states are
    kranhub's."""

    order_key: str
    """buyer:order_id as they are, nothing encoded. kranhub"""
    order_id: str
    """The buyer's ERP's own key of the order. UBL OrderReference/UUID"""
    buyer: str
    """Member who ordered. UBL BuyerCustomerParty; kranhub member id"""
    revision: int
    """Rises by one with every status of this order to this addressee; the highest wins. UBL SequenceNumberID"""
    order_revision: int
    """Revision of the order it speaks of. UBL OrderChange/SequenceNumberID"""
    state: NotRequired[OrderState]
    """State of the whole order. UBL OrderStatusCode"""
    promised_date: NotRequired[dt.date | None]
    """Latest promise over the lines; null until every line has one. UBL PromisedDeliveryPeriod/EndDate"""
    earliest_date: NotRequired[dt.date | None]
    """Earliest day on which all of it can be there, by what the hub knows now; nobody has promised it. UBL
    EstimatedDeliveryPeriod/EndDate"""
    cause: NotRequired[str | None]
    """Stable code of what changed it, such as plant-accepted. kranhub"""
    reason: NotRequired[dict[str, str]]
    """Language tag (BCP 47) to sentence: what changed, for a person. UBL Note"""
    addressee: NotRequired[str | None]
    """Member whom this copy is for; null: the buyer. UBL ReceiverParty; kranhub member id"""
    role: NotRequired[str | None]
    """As what the addressee follows the order, such as payer, user or programme; null: as the buyer. kranhub"""
    quotation: NotRequired[bool]
    """It speaks of a promise that was asked for before an order. UBL Quotation"""
    valid_until: NotRequired[dt.date | None]
    """Last day on which a quotation's promise holds. UBL Quotation/ValidityPeriod/EndDate"""
    changed_at: dt.datetime
    """When the hub decided, UTC. UBL IssueDate and IssueTime"""
    lines: list[OrderStatusLine]
    """The lines. UBL OrderLine"""
    order_number: NotRequired[str | None]
    """The buyer's order number as people read it; null where that is order_id. UBL OrderReference/ID"""


class Party(TypedDict):
    """A company of the hub. Source: UBL Party."""

    party: str
    """Member id. UBL PartyIdentification"""
    name: dict[str, str]
    """Language tag (BCP 47) to name. UBL PartyName"""
    roles: list[str]
    """Roles in the cluster, such as plant. kranhub"""
    country: str
    """ISO 3166-1 alpha-2. UBL Country/IdentificationCode"""
    language: str
    """BCP 47. UBL Party/Language"""
    time_zone: str
    """IANA time zone. kranhub"""
    contact_ids: NotRequired[list[str]]
    """Ids of contacts; their personal data stands elsewhere, erasable. UBL Contact/ID"""
    legal_name: NotRequired[str | None]
    """Name in the register of legal entities. UBL PartyLegalEntity/RegistrationName"""
    inn: NotRequired[str | None]
    """Taxpayer's number (INN). UBL PartyTaxScheme/CompanyID"""
    kpp: NotRequired[str | None]
    """Reason code of the tax registration (KPP). UBL PartyTaxScheme/TaxLevelCode"""
    ogrn: NotRequired[str | None]
    """State registration number (OGRN). UBL PartyLegalEntity/CompanyID"""
    gln: NotRequired[str | None]
    """Global Location Number. GS1 GLN, UBL EndpointID scheme 0088"""
    region: NotRequired[str | None]
    """ISO 3166-2. UBL CountrySubentityCode"""
    calendar: NotRequired[str | None]
    """Id of the calendar by which it works. kranhub"""
    currencies: NotRequired[list[str]]
    """Currencies in which it takes orders, ISO 4217. UBL DocumentCurrencyCode"""


class PlannedReceiptSource(Symbol):
    """Source: What it comes from. APICS scheduled receipt."""

    UNKNOWN = "UNKNOWN"
    PURCHASE = "PURCHASE"
    PRODUCTION = "PRODUCTION"


class PlannedReceiptDocumentStatus(Symbol):
    """Source: UBL DocumentStatusCode, reduced: a deleted document is CANCELLED."""

    UNKNOWN = "UNKNOWN"
    ACTIVE = "ACTIVE"
    CANCELLED = "CANCELLED"


class PlannedReceipt(TypedDict):
    """What is still to come into stock: a purchase, or a production for stock. Source: APICS scheduled receipt;
    Catena-X PURIS DeliveryInformation and PlannedProductionOutput."""

    company: str
    """Member whose stock it comes into. UBL DeliveryCustomerParty; kranhub member id"""
    site: str
    """Site id of the member where it comes in. PURIS destinationBpns"""
    receipt_id: str
    """The ERP's own key of what is to come, such as a line of a purchase. UBL OrderLineReference"""
    source: NotRequired[PlannedReceiptSource]
    """A purchase, or a production for stock. APICS scheduled receipt"""
    item_code: str
    """The company's own item code. PURIS materialNumberCustomer"""
    item: NotRequired[str | None]
    """Canonical item, set by the hub. PURIS materialGlobalAssetId"""
    quantity: Decimal
    """Still to come, in unit: what has come in is no longer in it. UBL OutstandingQuantity"""
    unit: str
    """UN/CEFACT Recommendation 20 code. PURIS measurementUnit"""
    expected_date: dt.date
    """Day on which it can be used, at the site. PURIS estimatedTimeOfArrival, ISA-95 scheduled EndTime"""
    document_status: NotRequired[PlannedReceiptDocumentStatus]
    """ACTIVE or CANCELLED; of what is CANCELLED nothing has come in since. UBL DocumentStatusCode"""
    as_of: dt.datetime
    """When it was true, UTC. PURIS lastUpdatedOnDateTime"""


class PlannerActionKind(Symbol):
    """Source: kranhub."""

    UNKNOWN = "UNKNOWN"
    APPROVE = "APPROVE"
    REJECT = "REJECT"
    OVERRIDE_PLANT = "OVERRIDE_PLANT"
    OVERRIDE_DATE = "OVERRIDE_DATE"
    FREEZE = "FREEZE"
    RELEASE = "RELEASE"
    CANCEL = "CANCEL"


class PlannerAction(TypedDict):
    """A person steps into the planning of one order. Source: kranhub; the terms are W3C PROV's."""

    action_id: str
    """The same when it is sent again: then it changes nothing. PROV Activity"""
    actor: str
    """Who acts: the id of a contact or an account, no name. PROV Agent"""
    action: NotRequired[PlannerActionKind]
    """What is done. PROV Activity"""
    order_key: str
    """buyer:order_id as they are, nothing encoded. kranhub"""
    plant_order_id: NotRequired[str | None]
    """Plant order that it is about; null: all that line_id names. UBL OrderReference/ID"""
    line_id: NotRequired[str | None]
    """Line of the order that it is about; null: all lines. UBL LineItem/ID"""
    plant: NotRequired[str | None]
    """Member who shall make it, for OVERRIDE_PLANT. kranhub member id"""
    date: NotRequired[dt.date | None]
    """Day that the plant is asked for instead of the planned one, for OVERRIDE_DATE. UBL
    RequestedDeliveryPeriod/EndDate"""
    reason: str
    """Why, in the actor's words. PROV wasInfluencedBy"""
    at: dt.datetime
    """When the actor decided, UTC. PROV startedAtTime"""


class PlantLoadWeek(TypedDict):
    """One ISO week of the capacity. Source: ISA-95 work capability."""

    week: str
    """ISO week, such as 2026-W48. ISO 8601"""
    capacity: Decimal
    """What can be made in it by its working days, in unit. ISA-95 available capacity"""
    reserved: Decimal
    """What orders have reserved of it, in unit; more than the capacity where a disruption has made the week smaller.
    ISA-95 committed capacity"""
    free: Decimal
    """What may still be promised of it, in unit. ISA-95 unattained capacity"""


class PlantLoad(TypedDict):
    """How much of a plant's weekly capacity is reserved, for one capability that has a limit. Source: ISA-95 work
    capability."""

    plant: str
    """kranhub member id"""
    capability: str
    """Name of what has the capacity: the OKPD2 code of the capability in the members file, or the id of the work
    centre. OKPD2; ISA-95 work capability, work center"""
    unit: str
    """UN/CEFACT Recommendation 20 code of the capacity. UBL Quantity/@unitCode"""
    weeks: list[PlantLoadWeek]
    """This week and those after it, without gaps. ISO 8601"""
    as_of: dt.datetime
    """The record's own time, UTC. CloudEvents time"""


class PlantOrderKind(Symbol):
    """Source: UBL OrderTypeCode; the values are kranhub's."""

    UNKNOWN = "UNKNOWN"
    SALE = "SALE"
    SPARE_PART = "SPARE_PART"
    SERVICE = "SERVICE"
    LEASE = "LEASE"


class PlantOrderDocumentStatus(Symbol):
    """Source: UBL DocumentStatusCode, reduced: a deleted document is CANCELLED."""

    UNKNOWN = "UNKNOWN"
    ACTIVE = "ACTIVE"
    CANCELLED = "CANCELLED"


class PlantOrderAttachment(TypedDict):
    """A file that belongs to it. Source: UBL 2.3 ExternalReference."""

    uri: str
    """Where it lies: http, https, file or s3, without a password. UBL ExternalReference/URI; RFC 3986"""
    sha256: str
    """SHA-256 of its bytes, 64 hexadecimal digits. UBL ExternalReference/DocumentHash; FIPS 180-4"""
    media_type: NotRequired[str | None]
    """Such as application/pdf. UBL ExternalReference/MimeCode; RFC 6838"""
    name: NotRequired[str | None]
    """File name for a person. UBL ExternalReference/FileName"""


class PlantOrderLine(TypedDict):
    """One item to make. Source: UBL OrderLine/LineItem."""

    line_id: str
    """Line within this plant order. UBL LineItem/ID"""
    order_line_id: str
    """Line of the root order. UBL OrderLineReference/LineID"""
    item: str
    """Canonical item. UBL Item/StandardItemIdentification"""
    item_code: str
    """The plant's own item code. UBL Item/SellersItemIdentification"""
    description: NotRequired[str | None]
    """Words for a person. UBL Item/Description"""
    quantity: Decimal
    """How much, in unit. UBL LineItem/Quantity"""
    unit: str
    """UN/CEFACT Recommendation 20 code. UBL Quantity/@unitCode"""
    price: NotRequired[Decimal | None]
    """Price of one unit; net unless vat_included. UBL Price/PriceAmount"""
    requested_date: NotRequired[dt.date | None]
    """When it differs from the head's. UBL LineItem/Delivery/RequestedDeliveryPeriod"""
    characteristic: NotRequired[str | None]
    """Variant of the item, in the buyer's words. UBL Item/AdditionalItemProperty/Value"""
    drawing: NotRequired[str | None]
    """Drawing's designation (GOST R 2.201). UBL Item/ItemSpecificationDocumentReference/ID"""
    drawing_revision: NotRequired[str | None]
    """Revision of the drawing. UBL ItemSpecificationDocumentReference/VersionID"""
    serial_numbers: NotRequired[list[str]]
    """Serial numbers of single pieces. UBL Item/ItemInstance/SerialID"""
    attachments: NotRequired[list[PlantOrderAttachment]]
    """Drawings, photographs, certificates. UBL DocumentReference/Attachment"""


class PlantOrder(TypedDict):
    """The part of an order that one plant gets. Source: UBL 2.3 Order, from the hub to a plant."""

    plant_order_id: str
    """<order key>/<line>.<part>.<attempt>: the order key is all before the last slash; the external reference in the
    plant's ERP. UBL Order/ID"""
    order_key: str
    """buyer:order_id as they are, nothing encoded; the root order. kranhub"""
    order_id: str
    """The buyer's ERP's own key of the order. UBL OrderReference/UUID"""
    buyer: str
    """Member who ordered. UBL OriginatorCustomerParty; kranhub member id"""
    payer: NotRequired[str | None]
    """Member who pays. UBL AccountingCustomerParty; kranhub member id"""
    plant: str
    """Member who is asked to make it. UBL SellerSupplierParty; kranhub member id"""
    consignee: NotRequired[str | None]
    """Where the result goes: a member or site. UBL Delivery/DeliveryParty"""
    kind: NotRequired[PlantOrderKind]
    """Kind of order. UBL OrderTypeCode"""
    programme: NotRequired[str | None]
    """State programme. UBL ProjectReference/ID"""
    document_status: NotRequired[PlantOrderDocumentStatus]
    """ACTIVE or CANCELLED. UBL DocumentStatusCode"""
    revision: int
    """From 1; the highest revision wins. UBL OrderChange/SequenceNumberID"""
    currency: str
    """ISO 4217. UBL DocumentCurrencyCode"""
    issued_at: dt.datetime
    """When the hub decided, UTC. UBL IssueDate and IssueTime"""
    requested_date: dt.date
    """Wanted at the latest. UBL RequestedDeliveryPeriod/EndDate"""
    feeds_into: NotRequired[str | None]
    """Plant order that this one is built into, such as the assembly. ISA-95 SegmentDependency"""
    contract: NotRequired[str | None]
    """Contract that it is placed under. UBL Contract/ID"""
    legal_entity: NotRequired[str | None]
    """The buyer's legal entity where it is not the member's own: its INN, or its number in its country's register. UBL
    PartyLegalEntity/CompanyID"""
    vat_rate: NotRequired[Decimal | None]
    """VAT in percent, 0 to 100; null where none applies or none was named. UBL TaxCategory/Percent"""
    vat_included: NotRequired[bool | None]
    """Whether the prices include the VAT; null where it was not said: then they do not. UBL
    TaxTotal/TaxIncludedIndicator"""
    incoterms: NotRequired[str | None]
    """Incoterms 2020 rule, such as FCA, without the place. UBL DeliveryTerms/ID"""
    lines: list[PlantOrderLine]
    """The lines. UBL OrderLine"""
    order_number: NotRequired[str | None]
    """The buyer's order number as people read it; null where that is order_id. UBL OrderReference/ID"""


class ProductionState(Symbol):
    """Source: B2MML RequestState."""

    UNKNOWN = "UNKNOWN"
    FORECAST = "FORECAST"
    RELEASED = "RELEASED"
    WAITING = "WAITING"
    READY = "READY"
    RUNNING = "RUNNING"
    HELD = "HELD"
    COMPLETED = "COMPLETED"
    ABORTED = "ABORTED"
    CLOSED = "CLOSED"


class ProductionStatus(TypedDict):
    """How far a production order is. Source: B2MML ProductionPerformance, ISA-95 part 2."""

    production_order_id: str
    """The plant's own number. B2MML ProductionRequest/ID"""
    plant: str
    """Member who makes it. B2MML EquipmentID of the enterprise; kranhub member id"""
    plant_order_id: NotRequired[str | None]
    """What it is made for; null when made for stock. B2MML ProductionRequest/ExternalReference"""
    item_code: str
    """The plant's own item code. B2MML MaterialDefinitionID"""
    item: NotRequired[str | None]
    """Canonical item, set by the hub. B2MML MaterialDefinitionID"""
    planned: Decimal
    """Quantity to make, in unit. B2MML MaterialProducedRequirement/Quantity"""
    completed: Decimal
    """Quantity made, in unit. B2MML MaterialProducedActual/Quantity"""
    scrapped: Decimal
    """Quantity lost, in unit. B2MML scrap in MaterialActual"""
    unit: str
    """UN/CEFACT Recommendation 20 code. B2MML UnitOfMeasure"""
    state: NotRequired[ProductionState]
    """State. B2MML RequestState"""
    estimated_completion: NotRequired[dt.date | None]
    """Expected last day, at the site. B2MML EndTime"""
    as_of: dt.datetime
    """When it was true, UTC. B2MML PublishedDate"""


class ReceiptOutcome(Symbol):
    """Source: UBL ResponseCode; the values are kranhub's."""

    UNKNOWN = "UNKNOWN"
    APPLIED = "APPLIED"
    DUPLICATE = "DUPLICATE"
    REJECTED = "REJECTED"


class Receipt(TypedDict):
    """What became of one delivery to an ERP. Source: UBL 2.3 ApplicationResponse."""

    event_id: str
    """CloudEvents id of what was delivered. UBL DocumentReference/ID"""
    member: str
    """Member whose ERP received it. UBL ReceiverParty; kranhub member id"""
    subject: str
    """Record name of what was delivered, such as PlantOrder. UBL DocumentTypeCode"""
    key: str
    """Number of what was delivered, such as the plant order id. UBL DocumentReference/ID"""
    revision: int
    """Revision that was delivered. UBL DocumentReference/VersionID"""
    outcome: NotRequired[ReceiptOutcome]
    """What became of it. UBL ResponseCode"""
    erp_reference: NotRequired[str | None]
    """The ERP's own document number. UBL DocumentReference/UUID"""
    reason: NotRequired[dict[str, str]]
    """Language tag (BCP 47) to sentence. UBL Response/Description"""
    delivered_at: dt.datetime
    """When the sink got the ERP's answer, UTC. UBL IssueDate and IssueTime"""


class RecoveryPhase(Symbol):
    """Source: kranhub."""

    BEGUN = "BEGUN"
    ASKED = "ASKED"
    FINISHED = "FINISHED"
    UNKNOWN = "UNKNOWN"


class Recovery(TypedDict):
    """After a restore: what the hub asks members' connectors for, and how far it has come. The last record of
    hub.recovery counts; on a member's in topic it is the question what the ERP holds, on hub.work the word that
    everything was read. Source: ITIL service continuity, recovery point."""

    recovery_id: str
    """This recovery. kranhub"""
    phase: RecoveryPhase
    """BEGUN: nothing was asked yet; ASKED: answers are waited for, nothing is sent; FINISHED: the hub works. kranhub"""
    backup_at: NotRequired[dt.datetime | None]
    """When the backup was taken, UTC. ITIL recovery point"""
    begun_at: dt.datetime
    """When the recovery began, UTC. kranhub"""
    finished_at: NotRequired[dt.datetime | None]
    """When everything was read, or a person went on without it, UTC. kranhub"""
    without: NotRequired[list[str]]
    """Members without whose word a person has let the hub go on. kranhub"""
    unreported: NotRequired[list[str]]
    """Connectors (member/connector.task) that had not said what their ERP holds, or had not read it, when the recovery
    was finished. kranhub"""
    plants: NotRequired[list[str]]
    """Members whose connectors have told which plant orders their ERPs hold. kranhub"""
    customers: NotRequired[list[str]]
    """Members whose connectors have told which order statuses their ERPs show. kranhub"""


class RepromisingState(Symbol):
    """Source: kranhub."""

    UNKNOWN = "UNKNOWN"
    PROPOSED = "PROPOSED"
    DONE = "DONE"
    CHANGED_SINCE = "CHANGED_SINCE"


class RepromisingMove(TypedDict):
    """One reservation that gets another day, or more or less from stock. Source: kranhub."""

    request_id: str
    """The plant order id. kranhub"""
    order_key: str
    """The root order. kranhub"""
    item: str
    """Canonical item. UBL StandardItemIdentification"""
    quantity: Decimal
    """In the item's base unit. UBL Quantity"""
    priority: int
    """The order's class, 0 (most urgent) to 9. UBL PriorityCode"""
    before: dt.date
    """Day on which all of it was ready at the plant. UBL DespatchAdvice EstimatedDespatchPeriod"""
    after: dt.date
    """Day on which all of it is ready then. UBL DespatchAdvice EstimatedDespatchPeriod"""
    in_erp: bool
    """Whether the plant's ERP has taken the plant order. kranhub"""


class Repromising(TypedDict):
    """Whose day at a plant changes when its reservations are promised anew: as a proposal, or done. Source: kranhub,
    after APICS order promising."""

    request_id: str
    """The AllocationRequest that it answers. kranhub"""
    plant: str
    """kranhub member id"""
    item: NotRequired[str | None]
    """The only item that was looked at; null for all. UBL StandardItemIdentification"""
    include_sent: NotRequired[bool]
    """Whether what the plant's ERP has was looked at as well. kranhub"""
    state: NotRequired[RepromisingState]
    """Worked out and nothing changed; done; not done, because the plant's reservations are no longer what the proposal
    was made from. kranhub"""
    fingerprint: str
    """A digest of the reservations that move, as they are before and after. kranhub"""
    moves: list[RepromisingMove]
    """Who gains and who loses, in the order in which they are promised; with CHANGED_SINCE as they would be now.
    kranhub"""
    as_of: dt.datetime
    """The record's own time, UTC. CloudEvents time"""


class LandedCostPart(TypedDict):
    """A part of what its offer costs where the goods go, without VAT. Incoterms 2020 DDP."""

    kind: str
    """goods, lot, transport or customs. UBL AllowanceCharge/AllowanceChargeReasonCode"""
    amount: Decimal
    """For the whole quantity, in currency. UBL AllowanceCharge/Amount"""
    currency: str
    """The order's, ISO 4217. UBL Amount/@currencyID"""
    quantity: Decimal
    """How much of the item it is for, in unit. UBL Quantity"""


class Alternative(TypedDict):
    """What else was considered."""

    member: str
    """kranhub member id"""
    rank: int
    """Place in the ranking, from 1"""
    why_not: NotRequired[str | None]
    """Stable code of why it was not chosen, such as rejected or lower-rank; null for the chosen"""
    cost: NotRequired[Decimal | None]
    """What one base unit costs there, in cost_currency. UBL Price/PriceAmount"""
    cost_currency: NotRequired[str | None]
    """ISO 4217. UBL PriceAmount/@currencyID"""
    available_on: NotRequired[dt.date | None]
    """Day on which all that it offered would be ready. UBL Delivery/EstimatedDeliveryPeriod"""
    offered: NotRequired[Decimal | None]
    """How much it could give, in unit; null where it was not asked or has not answered. UBL Quantity"""
    landed_cost: NotRequired[list[LandedCostPart]]
    """The parts of it by which lowest-cost compares; empty where it names no cost or a part has no exchange rate. UBL
    AllowanceCharge"""


class RoutingDecision(TypedDict):
    """Why a portion went where it went. Source: kranhub; the activity terms are W3C PROV's."""

    order_key: str
    """buyer:order_id as they are, nothing encoded. kranhub"""
    order_revision: int
    """Revision of the order it was made for. kranhub"""
    line_id: str
    """Line of the order. UBL LineItem/ID"""
    plant_order_id: NotRequired[str | None]
    """Plant order that follows from it; null when nobody could take it. UBL OrderReference/ID"""
    item: str
    """Canonical item of the portion. UBL StandardItemIdentification"""
    quantity: Decimal
    """Quantity of the portion, in unit. UBL Quantity"""
    unit: str
    """UN/CEFACT Recommendation 20 code. UBL Quantity/@unitCode"""
    rule: str
    """Rule that decided, such as capability-rank. PROV Plan"""
    rule_version: str
    """Its version. PROV Plan"""
    mode: NotRequired[str]
    """auto, or approve: a person must agree before the plant is told. kranhub rule"""
    inputs: NotRequired[dict[str, str]]
    """What it was decided on, name to value as text. PROV used"""
    chosen: NotRequired[str | None]
    """Member who was chosen. kranhub member id"""
    from_stock: NotRequired[Decimal | None]
    """Part of the quantity covered by the chosen plant's known stock, in unit. kranhub"""
    alternatives: list[Alternative]
    """Every candidate, best first. PROV used"""
    decided_at: dt.datetime
    """The record's own time, UTC. PROV endedAtTime"""
    order_number: NotRequired[str | None]
    """The buyer's order number as people read it; null where that is the key's own. UBL OrderReference/ID"""


class RoutingRuleCondition(TypedDict):
    """The lines that a rule is for; an empty list matches all. OMG DMN rule conditions."""

    kind: NotRequired[list[str]]
    """Kinds of order. UBL OrderTypeCode"""
    okpd2: NotRequired[list[str]]
    """OKPD2 prefixes of the line's item. UBL CommodityClassification/ItemClassificationCode"""
    buyer: NotRequired[list[str]]
    """Member ids of the buyers. UBL BuyerCustomerParty"""
    programme: NotRequired[list[str]]
    """State programmes. UBL ProjectReference/ID"""


class RoutingRank(Symbol):
    """Source: How members are put in order. kranhub."""

    UNKNOWN = "UNKNOWN"
    CAPABILITY = "CAPABILITY"
    EARLIEST_PROMISE = "EARLIEST_PROMISE"
    LOWEST_COST = "LOWEST_COST"
    BALANCED_LOAD = "BALANCED_LOAD"


class RoutingMode(Symbol):
    """Source: Whether a person releases the plant orders. kranhub."""

    UNKNOWN = "UNKNOWN"
    AUTO = "AUTO"
    APPROVE = "APPROVE"


class RoutingAlternativeItems(Symbol):
    """Source: When an alternative item is tried. kranhub."""

    UNKNOWN = "UNKNOWN"
    NEVER = "NEVER"
    WHERE_NONE = "WHERE_NONE"
    WHERE_LATE = "WHERE_LATE"


class RoutingRule(TypedDict):
    """A routing rule: which order lines it is for, how members are ranked, whom it allows. Keyed by rule and version,
    never overwritten. Source: OMG DMN decision table, hit policy FIRST."""

    rule: str
    """Identifier of the rule. kranhub"""
    version: int
    """Its version: another content is another version. kranhub"""
    when: RoutingRuleCondition
    """Conditions. OMG DMN decision table"""
    rank: NotRequired[RoutingRank]
    """How members are put in order. kranhub"""
    mode: NotRequired[RoutingMode]
    """Whether a person releases the plant orders. kranhub"""
    allow: NotRequired[list[str]]
    """Members who may be asked; empty for all. kranhub"""
    deny: NotRequired[list[str]]
    """Members who may not be asked. kranhub"""
    regions: NotRequired[list[str]]
    """Regions whose members may be asked; empty for all. ISO 3166-2"""
    currencies: NotRequired[list[str]]
    """Currencies that a member must take; empty for any. ISO 4217"""
    answer_within_working_days: NotRequired[int]
    """Working days that a plant has for its answer. kranhub"""
    maximum_portions: NotRequired[int]
    """Into how many portions a line is cut at most. kranhub"""
    report_within_working_days: NotRequired[int]
    """Working days after a promised day within which a plant reports that it was kept. kranhub"""
    ship_within_working_days: NotRequired[int]
    """Working days that goods may wait at the plant once they are made and promised. kranhub"""
    arrival_margin_days: NotRequired[int]
    """Calendar days after the expected arrival until it is missed, or assumed. kranhub"""
    date_tolerance_days: NotRequired[int]
    """A change of the earliest day by more than so many days is news to the buyer. kranhub"""
    frozen_zone_working_days: NotRequired[int]
    """A plant order whose work begins within so many working days gets no later date without a person. ISA-95 planning
    time fence"""
    quotation_valid_days: NotRequired[int]
    """Days that a quotation without a day is valid after the day on which it comes. UBL
    Quotation/ValidityPeriod/DurationMeasure"""
    maximum_quotation_valid_days: NotRequired[int]
    """Days that any quotation is valid at most. UBL Quotation/ValidityPeriod/DurationMeasure"""
    priority: NotRequired[int]
    """The class of the orders: of those that wait for stock or capacity the lower number goes first, 0 to 9. UBL
    PriorityCode"""
    maximum_asked: NotRequired[int]
    """How many members are asked for an offer at a time. kranhub"""
    alternative_items: NotRequired[RoutingAlternativeItems]
    """When an alternative item is tried: never, where no plant can deliver the ordered one, or also where it comes
    late. kranhub"""
    alternatives_need_consent: NotRequired[bool]
    """An order that does not say whether alternatives are allowed gets none. kranhub"""


class ServiceKind(Symbol):
    """Source: Maintenance types of EN 13306."""

    UNKNOWN = "UNKNOWN"
    INSPECTION = "INSPECTION"
    PREVENTIVE = "PREVENTIVE"
    CORRECTIVE = "CORRECTIVE"
    IMPROVEMENT = "IMPROVEMENT"


class ServiceStatus(Symbol):
    """Source: kranhub, after the chain of a repair's papers."""

    UNKNOWN = "UNKNOWN"
    REQUESTED = "REQUESTED"
    INSPECTED = "INSPECTED"
    PARTS_ORDERED = "PARTS_ORDERED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    ENTERED = "ENTERED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class Defect(TypedDict):
    """One entry of the defect list. Source: EN 13306 fault."""

    defect_id: str
    """Number within the list. UBL LineItem/ID"""
    description: str
    """What is wrong, and where. EN 13306 fault"""
    component: NotRequired[str | None]
    """Part of the crane, such as a hoist motor. EN 13306 item"""
    found_on: NotRequired[dt.date | None]
    """Day on which it was found. EN 13306 fault detection"""
    forbids_operation: NotRequired[bool]
    """Whether the crane must not work until it is repaired. FNP PS"""
    item_code: NotRequired[str | None]
    """Spare part that it needs, in the requester's code. UBL BuyersItemIdentification"""
    quantity: NotRequired[Decimal | None]
    """How much of the spare part, in unit. UBL Quantity"""
    unit: NotRequired[str | None]
    """UN/CEFACT Recommendation 20 code. UBL Quantity/@unitCode"""


class PassportEntry(TypedDict):
    """What was written into the crane's passport. Source: FNP PS."""

    entered_on: dt.date
    """Day of the entry. FNP PS"""
    text: str
    """The entry's words: what was done, and whether the crane may work. FNP PS"""
    number: NotRequired[str | None]
    """Number or page of the entry. FNP PS"""
    operating_hours: NotRequired[Decimal | None]
    """Hours that the crane had worked by then. ISO 12482"""


class ServiceAttachment(TypedDict):
    """A file that belongs to it. Source: UBL 2.3 ExternalReference."""

    uri: str
    """Where it lies: http, https, file or s3, without a password. UBL ExternalReference/URI; RFC 3986"""
    sha256: str
    """SHA-256 of its bytes, 64 hexadecimal digits. UBL ExternalReference/DocumentHash; FIPS 180-4"""
    media_type: NotRequired[str | None]
    """Such as application/pdf. UBL ExternalReference/MimeCode; RFC 6838"""
    name: NotRequired[str | None]
    """File name for a person. UBL ExternalReference/FileName"""


class ServiceRequest(TypedDict):
    """A crane in use needs inspection, maintenance or repair: from the request to the entry in its passport. Source:
    ISA-95 WorkRequest; terms of EN 13306; FNP PS (order 461 of Rostekhnadzor, 2020) for the crane's papers."""

    request_id: str
    """The requester's own number. ISA-95 WorkRequest/ID"""
    requester: str
    """Member who asks: who uses or owns the crane. UBL OriginatorCustomerParty; kranhub member id"""
    service_organisation: NotRequired[str | None]
    """Member who is asked to do it. UBL SellerSupplierParty; kranhub member id"""
    owner: NotRequired[str | None]
    """Member who owns the crane, such as a lessor. UBL OwnerParty; kranhub member id"""
    kind: NotRequired[ServiceKind]
    """What is asked for. ISA-95 WorkType; EN 13306"""
    status: NotRequired[ServiceStatus]
    """How far it is: ENTERED once it stands in the passport; a deleted document is CANCELLED. ISA-95
    WorkRequest/RequestState"""
    revision: NotRequired[int]
    """Rises with every version; the highest wins. UBL SequenceNumberID"""
    issued_at: NotRequired[dt.datetime | None]
    """When it was asked for, UTC. UBL IssueDate and IssueTime"""
    requested_date: NotRequired[dt.date | None]
    """The crane is wanted back in service by this day. ISA-95 WorkRequest/EndTime"""
    serial_number: str
    """The crane's serial number, as in its passport. UBL ItemInstance/SerialID; FNP PS"""
    registration_number: NotRequired[str | None]
    """The crane's number in the supervisory authority's register. FNP PS"""
    item_code: NotRequired[str | None]
    """The requester's own code of the crane's model. UBL BuyersItemIdentification"""
    item: NotRequired[str | None]
    """Canonical item, set by the hub. UBL StandardItemIdentification"""
    site: NotRequired[str | None]
    """Site where the crane stands. ISA-95 HierarchyScope"""
    operating_hours: NotRequired[Decimal | None]
    """Hours that the crane has worked in all, by its meter. ISO 12482"""
    description: NotRequired[str | None]
    """The requester's words. ISA-95 WorkRequest/Description"""
    defect_list: NotRequired[str | None]
    """Number of the defect list that the inspection ended with. UBL DocumentReference/ID"""
    defects: NotRequired[list[Defect]]
    """The defect list. EN 13306 fault"""
    order_id: NotRequired[str | None]
    """The spare parts' order, by its buyer's number. UBL OrderReference/ID"""
    works_act: NotRequired[str | None]
    """Number of the act that the work was accepted by. UBL ReceiptDocumentReference/ID"""
    passport_entry: NotRequired[PassportEntry | None]
    """The entry in the crane's passport that closes the request. FNP PS"""
    attachments: NotRequired[list[ServiceAttachment]]
    """Drawings, photographs, certificates. UBL DocumentReference/Attachment"""


class TransportMode(Symbol):
    """Source: UN/CEFACT Recommendation 19: 1 maritime, 2 rail, 3 road, 4 air, 5 mail, 6 multimodal, 8 inland water."""

    UNKNOWN = "UNKNOWN"
    MARITIME = "MARITIME"
    RAIL = "RAIL"
    ROAD = "ROAD"
    AIR = "AIR"
    MAIL = "MAIL"
    MULTIMODAL = "MULTIMODAL"
    INLAND_WATER = "INLAND_WATER"


class ShipmentDocumentStatus(Symbol):
    """Source: UBL DocumentStatusCode, reduced: a deleted document is CANCELLED."""

    UNKNOWN = "UNKNOWN"
    ACTIVE = "ACTIVE"
    CANCELLED = "CANCELLED"


class ShipmentLine(TypedDict):
    """One item on the way. Source: UBL DespatchLine."""

    line_id: str
    """Line number. UBL DespatchLine/ID"""
    plant_order_id: NotRequired[str | None]
    """What it was made for. UBL OrderLineReference/OrderReference"""
    item_code: str
    """The shipper's own item code. UBL SellersItemIdentification"""
    item: NotRequired[str | None]
    """Canonical item, set by the hub. UBL StandardItemIdentification"""
    quantity: Decimal
    """How much, in unit. UBL DeliveredQuantity"""
    unit: str
    """UN/CEFACT Recommendation 20 code. UBL Quantity/@unitCode"""


class Shipment(TypedDict):
    """Goods on their way. Source: UBL 2.3 DespatchAdvice; Catena-X PURIS DeliveryInformation."""

    shipment_id: str
    """The shipper's own number. UBL DespatchAdvice/ID"""
    shipper: str
    """Member who sends. UBL DespatchSupplierParty; kranhub member id"""
    consignee: str
    """Member who receives. UBL DeliveryCustomerParty; kranhub member id"""
    carrier: NotRequired[str | None]
    """Member who carries. UBL CarrierParty; kranhub member id"""
    from_site: str
    """Site id. UBL DespatchAddress"""
    to_site: NotRequired[str | None]
    """Site id. UBL DeliveryAddress"""
    transport_mode: NotRequired[TransportMode]
    """How. UBL TransportModeCode"""
    incoterms: NotRequired[str | None]
    """Incoterms 2020 rule, such as FCA. UBL DeliveryTerms/ID"""
    estimated_departure: NotRequired[dt.datetime | None]
    """UTC. PURIS estimated departure"""
    actual_departure: NotRequired[dt.datetime | None]
    """UTC, in the past. PURIS actual departure"""
    estimated_arrival: NotRequired[dt.datetime | None]
    """UTC. PURIS estimated arrival"""
    actual_arrival: NotRequired[dt.datetime | None]
    """UTC, in the past; needs an actual departure. PURIS actual arrival"""
    document_status: NotRequired[ShipmentDocumentStatus]
    """ACTIVE or CANCELLED. UBL DocumentStatusCode"""
    lines: list[ShipmentLine]
    """The lines. UBL DespatchLine"""


class Tick(TypedDict):
    """Time has come this far: what waits for a deadline looks at it. Broadcast to every partition of hub.work and
    hub.allocation. Source: OMG UML TimeEvent."""

    time: dt.datetime
    """The brokers' time, in UTC, cut to whole periods. OMG UML TimeEvent.when"""


class Wake(TypedDict):
    """An order's time has come: a deadline has passed, or a mapping that it waited for exists. Source: OMG UML
    TimeEvent."""

    order_key: str
    """buyer:order_id as they are, nothing encoded. kranhub"""
    time: dt.datetime
    """The time that has come, UTC. OMG UML TimeEvent.when"""


Message = (
    Alert
    | AllocationRequest
    | AllocationResult
    | AuditEntry
    | Availability
    | Bill
    | Calendar
    | Checkpoint
    | ConnectorStatus
    | DeadLetter
    | DispatchStatus
    | Disruption
    | ExchangeRateEntry
    | Held
    | HeldReport
    | InventoryLevel
    | Item
    | ItemMapping
    | MasterDataEntry
    | Order
    | OrderPlan
    | OrderResponse
    | OrderStatus
    | Party
    | PlannedReceipt
    | PlannerAction
    | PlantLoad
    | PlantOrder
    | ProductionStatus
    | Receipt
    | Recovery
    | Repromising
    | RoutingDecision
    | RoutingRule
    | ServiceRequest
    | Shipment
    | Tick
    | Wake
)
"""Any record."""

Subject_co = TypeVar("Subject_co", covariant=True)
Message_co = TypeVar("Message_co", covariant=True)
M = TypeVar("M")


class Decoded(NamedTuple, Generic[Subject_co, Message_co]):
    """A record's name and its value. ``decoded.subject is Subject.ORDER`` narrows the value to `Order`."""

    subject: Subject_co
    value: Message_co


AnyDecoded = (
    Decoded[Literal[Subject.ALERT], Alert]
    | Decoded[Literal[Subject.ALLOCATION_REQUEST], AllocationRequest]
    | Decoded[Literal[Subject.ALLOCATION_RESULT], AllocationResult]
    | Decoded[Literal[Subject.AUDIT_ENTRY], AuditEntry]
    | Decoded[Literal[Subject.AVAILABILITY], Availability]
    | Decoded[Literal[Subject.BILL], Bill]
    | Decoded[Literal[Subject.CALENDAR], Calendar]
    | Decoded[Literal[Subject.CHECKPOINT], Checkpoint]
    | Decoded[Literal[Subject.CONNECTOR_STATUS], ConnectorStatus]
    | Decoded[Literal[Subject.DEAD_LETTER], DeadLetter]
    | Decoded[Literal[Subject.DISPATCH_STATUS], DispatchStatus]
    | Decoded[Literal[Subject.DISRUPTION], Disruption]
    | Decoded[Literal[Subject.EXCHANGE_RATE_ENTRY], ExchangeRateEntry]
    | Decoded[Literal[Subject.HELD], Held]
    | Decoded[Literal[Subject.HELD_REPORT], HeldReport]
    | Decoded[Literal[Subject.INVENTORY_LEVEL], InventoryLevel]
    | Decoded[Literal[Subject.ITEM], Item]
    | Decoded[Literal[Subject.ITEM_MAPPING], ItemMapping]
    | Decoded[Literal[Subject.MASTER_DATA_ENTRY], MasterDataEntry]
    | Decoded[Literal[Subject.ORDER], Order]
    | Decoded[Literal[Subject.ORDER_PLAN], OrderPlan]
    | Decoded[Literal[Subject.ORDER_RESPONSE], OrderResponse]
    | Decoded[Literal[Subject.ORDER_STATUS], OrderStatus]
    | Decoded[Literal[Subject.PARTY], Party]
    | Decoded[Literal[Subject.PLANNED_RECEIPT], PlannedReceipt]
    | Decoded[Literal[Subject.PLANNER_ACTION], PlannerAction]
    | Decoded[Literal[Subject.PLANT_LOAD], PlantLoad]
    | Decoded[Literal[Subject.PLANT_ORDER], PlantOrder]
    | Decoded[Literal[Subject.PRODUCTION_STATUS], ProductionStatus]
    | Decoded[Literal[Subject.RECEIPT], Receipt]
    | Decoded[Literal[Subject.RECOVERY], Recovery]
    | Decoded[Literal[Subject.REPROMISING], Repromising]
    | Decoded[Literal[Subject.ROUTING_DECISION], RoutingDecision]
    | Decoded[Literal[Subject.ROUTING_RULE], RoutingRule]
    | Decoded[Literal[Subject.SERVICE_REQUEST], ServiceRequest]
    | Decoded[Literal[Subject.SHIPMENT], Shipment]
    | Decoded[Literal[Subject.TICK], Tick]
    | Decoded[Literal[Subject.WAKE], Wake]
)
"""Any record with its name."""

TYPES: Mapping[Subject, type[Message]] = {
    Subject.ALERT: Alert,
    Subject.ALLOCATION_REQUEST: AllocationRequest,
    Subject.ALLOCATION_RESULT: AllocationResult,
    Subject.AUDIT_ENTRY: AuditEntry,
    Subject.AVAILABILITY: Availability,
    Subject.BILL: Bill,
    Subject.CALENDAR: Calendar,
    Subject.CHECKPOINT: Checkpoint,
    Subject.CONNECTOR_STATUS: ConnectorStatus,
    Subject.DEAD_LETTER: DeadLetter,
    Subject.DISPATCH_STATUS: DispatchStatus,
    Subject.DISRUPTION: Disruption,
    Subject.EXCHANGE_RATE_ENTRY: ExchangeRateEntry,
    Subject.HELD: Held,
    Subject.HELD_REPORT: HeldReport,
    Subject.INVENTORY_LEVEL: InventoryLevel,
    Subject.ITEM: Item,
    Subject.ITEM_MAPPING: ItemMapping,
    Subject.MASTER_DATA_ENTRY: MasterDataEntry,
    Subject.ORDER: Order,
    Subject.ORDER_PLAN: OrderPlan,
    Subject.ORDER_RESPONSE: OrderResponse,
    Subject.ORDER_STATUS: OrderStatus,
    Subject.PARTY: Party,
    Subject.PLANNED_RECEIPT: PlannedReceipt,
    Subject.PLANNER_ACTION: PlannerAction,
    Subject.PLANT_LOAD: PlantLoad,
    Subject.PLANT_ORDER: PlantOrder,
    Subject.PRODUCTION_STATUS: ProductionStatus,
    Subject.RECEIPT: Receipt,
    Subject.RECOVERY: Recovery,
    Subject.REPROMISING: Repromising,
    Subject.ROUTING_DECISION: RoutingDecision,
    Subject.ROUTING_RULE: RoutingRule,
    Subject.SERVICE_REQUEST: ServiceRequest,
    Subject.SHIPMENT: Shipment,
    Subject.TICK: Tick,
    Subject.WAKE: Wake,
}
"""The type of each record."""


def narrowed(kind: type[M], subject: Subject | None, value: Message | None) -> M | None:
    """Return the value as the type of one record, None where it is another record or none at all.

    Args:
        kind: The record's type, such as `Order`.
        subject: What the value is.
        value: The value.
    """
    return cast(M, value) if subject is not None and TYPES[subject] is kind else None


ENUMS: Mapping[str, type[Symbol]] = {
    "Severity": Severity,
    "AllocationAction": AllocationAction,
    "AllocationKind": AllocationKind,
    "TaskState": TaskState,
    "DisruptionCause": DisruptionCause,
    "DisruptionEffect": DisruptionEffect,
    "DisruptionStatus": DisruptionStatus,
    "ItemSupply": ItemSupply,
    "OrderQuantityRounding": OrderQuantityRounding,
    "MasterDataKind": MasterDataKind,
    "OrderKind": OrderKind,
    "OrderDocumentStatus": OrderDocumentStatus,
    "OrderPlanState": OrderPlanState,
    "OrderPlanPartState": OrderPlanPartState,
    "DateBasis": DateBasis,
    "OrderResponseCode": OrderResponseCode,
    "LineStatus": LineStatus,
    "OrderState": OrderState,
    "OrderLineState": OrderLineState,
    "PlannedReceiptSource": PlannedReceiptSource,
    "PlannedReceiptDocumentStatus": PlannedReceiptDocumentStatus,
    "PlannerActionKind": PlannerActionKind,
    "PlantOrderKind": PlantOrderKind,
    "PlantOrderDocumentStatus": PlantOrderDocumentStatus,
    "ProductionState": ProductionState,
    "ReceiptOutcome": ReceiptOutcome,
    "RecoveryPhase": RecoveryPhase,
    "RepromisingState": RepromisingState,
    "RoutingRank": RoutingRank,
    "RoutingMode": RoutingMode,
    "RoutingAlternativeItems": RoutingAlternativeItems,
    "ServiceKind": ServiceKind,
    "ServiceStatus": ServiceStatus,
    "TransportMode": TransportMode,
    "ShipmentDocumentStatus": ShipmentDocumentStatus,
}
"""Every enum of the schemas, by its Avro name."""
