"""``kranhub connector forget``: takes a connector that is no more out of ``kranhub status``.

Its states, and its checkpoint where that is asked for, are deleted by tombstones on the member's compacted topics.
"""

import os
import socket
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaProducer

from kranhub.broker import admin, client_settings, reading, topics
from kranhub.errors import Failed
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import envelope, schema_files
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope

OVER = frozenset({"STOPPED"})
"""The states that a process writes only when it ends for good; any other may be the last word of a living one."""

States = Mapping[str, Mapping[str, Any]]
"""Record key (``<connector>.<task>``) to the last ConnectorStatus."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was deleted: so many states, and so many records of the checkpoint."""

    states: int
    checkpoints: int


def forget(
    settings: Settings, codec: Codec, member: str, name: str, *, checkpoint: bool, gone: bool = False
) -> Forgotten:
    """Delete the connector's states, and with ``checkpoint`` its source's checkpoint.

    ``gone`` is a person's word that its process has ended. Raises `Failed` for a connector that is not known, or that
    runs or may run; `Unavailable` when Kafka is away.
    """
    topic = topics.out(settings.namespace, member, "connector-status")
    states = {key: value for key, value in _last(settings, codec, topic).items() if key.rpartition(".")[0] == name}
    if not states:
        raise Failed(_unknown(member, name))
    _refuse_running(settings, member, name, states, gone=gone)
    places = topics.out(settings.namespace, member, "checkpoints")
    mine = f"{name}.source"
    kept = _last(settings, codec, places) if checkpoint else {}
    old = [key for key in kept if key == mine or key.startswith(f"{mine}/")]
    _delete(settings, member, {topic: ("ConnectorStatus", [*states]), places: ("Checkpoint", old)})
    return Forgotten(len(states), len(old))


def _last(settings: Settings, codec: Codec, topic: str) -> dict[str, Any]:
    """Return each key's last value; a key whose last record deletes it is left out."""
    found: dict[str, Any] = {}
    for message in reading.messages(settings, codec, topic):
        found.pop(message.key, None)
        if message.raw is not None:
            found[message.key] = message.value or {}
    return found


def _refuse_running(settings: Settings, member: str, name: str, states: States, *, gone: bool) -> None:
    sink = states.get(f"{name}.sink", {"state": "STOPPED"})
    if sink.get("state") not in OVER and _in_group(settings, f"{settings.namespace}{member}.{name}.sink"):
        raise Failed(_runs(member, name))
    for state in states.values():
        if not gone and may_live(state):
            raise Failed(_may_run(member, name, f"{state.get('worker')}", f"{state.get('state')}"))


def _in_group(settings: Settings, group: str) -> bool:
    """Return whether the sink's group has a member; one that was stopped stays in it until its session is over."""
    with admin.admin(settings) as client:
        return any(each["members"] for each in admin.described_groups(client, group.__eq__).values())


def may_live(state: Mapping[str, Any]) -> bool:
    """Return whether the process that wrote this state may still be there, as far as this machine can tell."""
    if state.get("state") in OVER:
        return False
    host, _, pid = f"{state.get('worker', '')}".rpartition("/")
    if host != socket.gethostname() or not pid.isdigit() or os.name == "nt":
        return True  # Windows would send the process a Ctrl-C instead of looking for it
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _delete(settings: Settings, member: str, keys: Mapping[str, tuple[str, list[str]]]) -> None:
    now = datetime.now(UTC)
    with (
        client_settings.errors_as_ours(settings),
        closing(KafkaProducer(**client_settings.kafka_python(settings))) as producer,
    ):
        sent = [
            producer.send(topic, key=key.encode(), value=None, headers=_headers(settings, member, record, key, now))
            for topic, (record, old) in keys.items()
            for key in old
        ]
        for future in sent:
            future.get(timeout=30)


def _headers(settings: Settings, member: str, record: str, key: str, now: datetime) -> envelope.Headers:
    source, event_id = envelope.member_source(settings.namespace, member), f"{member}/{record}/{key}/{now.isoformat()}"
    about = Envelope(
        event_id,
        source,
        schema_files.subject(record),
        now,
        traceparent=envelope.new_trace(f"{source}/{event_id}"),
        subject=envelope.subject_of(key.encode()),
        data=False,
    )
    return envelope.headers(about)


def _unknown(member: str, name: str) -> Text:
    return Text(
        en=f"No connector {member}/{name} has ever said a state here. `kranhub status` lists them as member/name.",
        ru=f"Коннектор {member}/{name} здесь ничего о себе не сообщал. Список (участник/имя) даёт `kranhub status`.",
    )


def _runs(member: str, name: str) -> Text:
    return Text(
        en=f"The connector {member}/{name} runs: its sink is in its group. Stop it first; after a kill -9 wait 10 s.",
        ru=f"Коннектор {member}/{name} работает: приёмник в своей группе. Остановите его; после kill -9 ждите 10 с.",
    )


def _may_run(member: str, name: str, worker: str, state: str) -> Text:
    return Text(
        en=f"The connector {member}/{name} may run: {state} is its last word, from {worker} (host/process). Stop it; "
        "where you have made sure that it is gone, add --gone.",
        ru=f"Коннектор {member}/{name}, возможно, работает: последнее состояние {state}, процесс {worker} (машина/"
        "номер). Остановите его; если точно знаете, что его нет, добавьте --gone.",
    )
