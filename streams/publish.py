"""Publishes the master data for everybody: items on hub.items, companies on hub.parties, only what has changed."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import KafkaException, Producer

from kranhub import envelope, kafka, reading, topics
from kranhub.codec import Codec
from kranhub.envelope import Envelope
from kranhub.errors import Unavailable
from kranhub.members import Member
from kranhub.settings import Settings
from kranhub.text import Text
from streams.router.masterdata import Item, MasterData

Row = tuple[str, str, str, dict[str, Any]]
"""Topic's last part, key, record name, value."""


def publish_masterdata(settings: Settings, codec: Codec, master: MasterData) -> int:
    """Write what differs from the topics and return how many records that was; again gives 0.

    Raises `Unavailable` when Kafka or the registry is away, `Failed` when the topics do not exist.
    """
    known = {name: _known(settings, codec, topics.hub(settings.namespace, name)) for name in ("items", "parties")}
    changed = [row for row in _rows(master) if known[row[0]].get(row[1]) != codec.encode(row[2], row[3])]
    if changed:
        _produce(settings, codec, changed)
    return len(changed)


def _known(settings: Settings, codec: Codec, topic: str) -> dict[str, bytes | None]:
    return {message.key: message.raw for message in reading.messages(settings, codec, topic)}


def _rows(master: MasterData) -> Iterator[Row]:
    for item in master.nomenclature.items:
        yield "items", item.item, "Item", _item(item, master.nomenclature.version)
    for member in master.members.members:
        yield "parties", member.id, "Party", _party(member)


def _item(item: Item, version: int) -> dict[str, Any]:
    return {
        "item": item.item,
        "okpd2": item.okpd2,
        "name": item.name.text.as_map(),
        "unit": item.unit,
        "conversions": dict(item.conversions),
        "codes": dict(item.codes),
        "components": [{"item": part.item, "quantity": part.quantity} for part in item.components],
        "version": version,
    }


def _party(member: Member) -> dict[str, Any]:
    return {
        "party": member.id,
        "name": member.name.text.as_map(),
        "roles": sorted(member.roles),
        "country": member.country,
        "language": member.language,
        "time_zone": member.time_zone,
        "contact_ids": [contact.id for contact in member.contacts],
    }


def _produce(settings: Settings, codec: Codec, rows: list[Row]) -> None:
    config = {**kafka.librdkafka(settings), "partitioner": "murmur2_random", "log_level": 3}
    producer = Producer({**config, "enable.idempotence": True, "error_cb": lambda _error: None})
    failures: list[str] = []
    try:
        for name, key, subject, value in rows:
            producer.produce(
                topics.hub(settings.namespace, name),
                codec.encode(subject, value),
                key.encode(),
                headers=[*_headers(key, subject, value)],
                on_delivery=lambda error, _message: failures.append(error.name()) if error else None,
            )
        left = producer.flush(30)
    except KafkaException as raised:
        raise _away(raised.args[0].name()) from raised
    if left or failures:
        raise _away(failures[0] if failures else "_TIMED_OUT")


def _headers(key: str, subject: str, value: Mapping[str, Any]) -> envelope.Headers:
    now = datetime.now(UTC)
    number = f"hub/{subject}/{key}/{value.get('version', now.isoformat())}"
    return envelope.headers(Envelope(number, "/hub/publish", f"kranhub.{subject}", now, now))


def _away(reason: str) -> Unavailable:
    return Unavailable(
        Text(
            en=f"The master data could not be published ({reason}). Run `kranhub status`, then try again.",
            ru=f"Справочники не удалось опубликовать ({reason}). Выполните `kranhub status` и повторите.",
        )
    )
