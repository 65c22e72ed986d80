"""What an event must be: a record that the hub's own codec accepts, with the content that the ERP holds."""

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

import httpx

from kranhub.broker import topics
from kranhub.connector import Checkpoint, Event, Read, Unreadable
from kranhub.errors import InvalidDocument
from kranhub.identifiers import is_plant_order_id
from kranhub.testing.demands import demand, demand_both_languages
from kranhub.testing.harness import Content
from kranhub.wire import messages, schema_files
from kranhub.wire.codec import Codec
from kranhub.wire.messages import Subject
from kranhub.wire.registry import Registry

PUBLISHED = frozenset(topics.WRITTEN) - {Subject.RECEIPT, Subject.DEAD_LETTER}
"""The records that a source may make."""

TAKEN = frozenset(topics.IN_KINDS.values())
"""The records that a sink may take."""

AUTHOR: Mapping[Subject, str] = {
    Subject.ORDER: "buyer",
    Subject.ORDER_RESPONSE: "plant",
    Subject.INVENTORY_LEVEL: "company",
    Subject.PLANNED_RECEIPT: "company",
    Subject.PRODUCTION_STATUS: "plant",
    Subject.ITEM_MAPPING: "member",
}
"""The field in which a record names its author."""

OWN_KEY: Mapping[Subject, str] = {Subject.ORDER: "order_id", Subject.ORDER_RESPONSE: "plant_order_id"}
"""The field that is the event's key, too: it keeps a document's revisions in order."""

REQUIRED: Mapping[Subject, tuple[str, ...]] = {
    Subject.ORDER: ("order_id", "buyer", "requested_date", "lines"),
    Subject.ORDER_RESPONSE: ("plant_order_id", "plant", "response_code", "lines"),
    Subject.INVENTORY_LEVEL: ("company", "item_code", "on_hand", "unit"),
    Subject.PLANNED_RECEIPT: ("company", "receipt_id", "item_code", "quantity", "unit", "expected_date"),
    Subject.PRODUCTION_STATUS: ("production_order_id", "plant", "item_code", "planned", "completed", "unit", "state"),
    Subject.ITEM_MAPPING: ("member", "item_code", "item"),
}
"""The fields that a harness's ``content`` must have."""

REQUIRED_LINE: Mapping[Subject, tuple[str, ...]] = {
    Subject.ORDER: ("item_code", "quantity", "unit"),
    Subject.ORDER_RESPONSE: ("line_id", "status", "quantity", "unit", "promised_date"),
}
"""The fields that it must have in each line."""

POSITION_BYTES = 100_000
"""The most bytes of one position of a checkpoint: it is a record that is written anew whenever something in it
changes."""

_ID = re.compile(r"^(?P<member>[a-z0-9-]+)/(?P<subject>[A-Za-z]+)/(?P<key>.+)/(?P<epoch>\d+)/(?P<version>.+)$")


@cache
def codec() -> Codec:
    """Return the hub's codec over a registry in memory that holds the shared language."""
    records = list(schema_files.load_all())

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.startswith("/schemas/ids/"):
            record = records[int(path.rpartition("/")[2]) - 1]
            return httpx.Response(200, json={"schema": json.dumps(schema_files.load_all()[record])})
        return httpx.Response(200, json={"id": records.index(path.rpartition(".")[2]) + 1})

    return Codec(Registry("http://registry.invalid", transport=httpx.MockTransport(answer)))


def value_of(event: Event, member: str) -> Mapping[str, Any]:
    """Demand a valid event of the member, and return its value as subscribers decode it.

    Raises:
        ContractBroken: The event is not valid.
    """
    demand(
        event.subject in PUBLISHED,
        f"The source made an event of {event.subject!r}, which is no record that a member writes, so it has no topic. "
        f"Correct Event.subject: one of {', '.join(sorted(PUBLISHED))}.",
    )
    _demand_identity(event, member)
    demand(
        event.time is None or event.time.utcoffset() == timedelta(0),
        f"The time of event {event.id} is {event.time!r}. Event.time is aware and in UTC: read the ERP's time in the "
        "site's zone, then astimezone(UTC).",
    )
    value = _encoded(event)
    author, own_key = AUTHOR.get(event.subject), OWN_KEY.get(event.subject)
    demand(
        author is None or value[author] == member,
        f"Event {event.id} says {author}={value.get(author or '')!r}, but the connector is of {member!r}. A company "
        f"writes its own documents only: take {author} from the member that the connector is given.",
    )
    demand(
        event.subject != Subject.ORDER_RESPONSE or is_plant_order_id(value["plant_order_id"]),
        f"The answer {event.id} has plant_order_id={value.get('plant_order_id')!r}, which is no plant order id, so the "
        "hub cannot tell what was answered. Take the external reference that the hub gave the document, not the ERP's "
        "own number; that belongs into erp_reference.",
    )
    demand(
        own_key is None or value[own_key] == event.key,
        f"Event {event.id} has the key {event.key!r} and {own_key}={value.get(own_key or '')!r}. Make them the same: "
        "the key keeps the document's revisions in order and finds its dead letters.",
    )
    return value


def demand_published(event: Event, member: str, wanted: Content) -> None:
    """Demand that the event has the content that the ERP holds.

    Args:
        event: The event.
        member: The member whose ERP it is.
        wanted: What the ERP holds, as the harness returns it.

    Raises:
        ContractBroken: The event differs, or the harness's content is incomplete.
    """
    _demand_complete(event.subject, wanted)
    value = value_of(event, member)
    different = differences(wanted, value)
    demand(
        not different,
        f"Event {event.id} does not say what the ERP holds: {'; '.join(different)}. Correct the mapping: an event is a "
        "full snapshot of its document.",
    )


def demand_unreadable(item: Unreadable) -> None:
    """Demand that a person can act on the dead letter of an unreadable document.

    Raises:
        ContractBroken: It lacks a subject, the original, a code or a reason in both languages.
    """
    demand(
        item.subject in PUBLISHED,
        f"Unreadable {item.id} has the subject {item.subject!r}: name the record that it would have been.",
    )
    demand(
        bool(item.original), f"Unreadable {item.id} has no original: give the ERP's record as it was read, as bytes."
    )
    demand(bool(item.code), f"Unreadable {item.id} has no code: name what is wrong, such as 'unmapped-unit'.")
    demand_both_languages(item.reason, f"The reason of Unreadable {item.id}")


def demand_bounded(checkpoint: Checkpoint, documents: int) -> None:
    """Demand that every position fits into a record of its own that the hub's decoder accepts.

    Raises:
        ContractBroken: A position is too large.
    """
    for name, position in checkpoint.positions.items():
        entry: messages.StreamPosition = {"watermark": position.watermark, "seen": sorted(position.seen)}
        record: messages.Checkpoint = {"connector": "contract", "task": 0, "positions": {name: entry}}
        size = len(json.dumps(entry, ensure_ascii=False).encode())
        demand(
            size <= POSITION_BYTES,
            f"After {documents} documents position {name!r} of the checkpoint has {size} bytes, more than "
            f"{POSITION_BYTES}. It grows with the ERP and one day no longer fits into a record: split what is "
            "remembered over several positions, for example by a hash of the key.",
        )
        try:
            codec().decode(codec().encode(Subject.CHECKPOINT, record))
        except InvalidDocument as error:
            demand(
                False,
                f"After {documents} documents position {name!r} of the checkpoint cannot be read back at the next "
                f"start: {error.text.en} Split what is remembered over several positions, for example by a hash of the "
                "key.",
            )


def differences(wanted: Any, published: Any, place: str = "") -> list[str]:
    """Return how a value differs from what is wanted, one text per difference.

    Args:
        wanted: The wanted value; fields that it does not name may be anything.
        published: The value.
        place: The path to the value, with which the texts begin.
    """
    if isinstance(wanted, Mapping):
        return [
            text
            for name, inner in wanted.items()
            for text in differences(
                inner, published.get(name) if isinstance(published, Mapping) else None, _at(place, name)
            )
        ]
    if isinstance(wanted, list | tuple) and isinstance(published, list | tuple):
        if len(wanted) != len(published):
            return [f"{place}: the ERP has {len(wanted)}, the event has {len(published)}"]
        return [
            text
            for n, pair in enumerate(zip(wanted, published, strict=True), 1)
            for text in differences(*pair, f"{place} {n}")
        ]
    return (
        []
        if _plain(wanted) == _plain(published)
        else [f"{place}: the ERP has {_shown(wanted)}, the event has {_shown(published)}"]
    )


def items_by_key(items: list[Read | Unreadable], subject: Subject) -> dict[str, list[Read | Unreadable]]:
    """Return the items of one record, grouped by their key."""
    found: dict[str, list[Read | Unreadable]] = {}
    for item in items:
        document = item.event if isinstance(item, Read) else item
        if document.subject == subject:
            found.setdefault(document.key, []).append(item)
    return found


def _demand_identity(event: Event, member: str) -> None:
    parts = _ID.match(event.id)
    demand(
        parts is not None,
        f"Event id {event.id!r} is not member/type/native key/epoch/native version. Build it from these five.",
    )
    demand(
        event.origin == member
        and parts is not None
        and parts["member"] == member
        and parts["subject"] == event.subject,
        f"Event id {event.id!r} with origin {event.origin!r} and subject {event.subject!r} does not begin with "
        f"{member}/{event.subject}: take the member that the connector is given, and the record's name.",
    )


def _encoded(event: Event) -> Mapping[str, Any]:
    try:
        return codec().decode(codec().encode(event.subject, event.value)).value
    except InvalidDocument as error:
        demand(
            False,
            f"The hub's codec refuses event {event.id} ({error.code}), so it would become a dead letter: "
            f"{error.text.en}",
        )
        raise


def _demand_complete(subject: Subject, wanted: Content) -> None:
    missing = [name for name in REQUIRED.get(subject, ()) if name not in wanted]
    for number, line in enumerate(wanted.get("lines", ()), 1):
        missing += [f"lines {number} {name}" for name in REQUIRED_LINE.get(subject, ()) if name not in line]
    demand(not missing, f"The harness's content() of {subject} does not say {', '.join(missing)}: name them, too.")
    demand(
        subject not in REQUIRED_LINE or len(wanted["lines"]) >= 2,
        f"The harness's {subject} has fewer than two lines. Let create() enter two, so that a lost line is seen.",
    )


def _at(place: str, name: str) -> str:
    return f"{place} {name}".strip()


def _plain(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


def _shown(value: Any) -> str:
    text = value.isoformat() if isinstance(value, date) else str(value) if not isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
