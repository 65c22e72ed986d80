"""``kranhub connector forget``: takes a connector that no longer exists out of ``kranhub status``.

Its states, and its checkpoint on request, are deleted by tombstones on the member's compacted topics.
"""

import os
import socket
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from kafka import KafkaProducer

from kranhub.broker import admin, client_settings, errors, reading, topics
from kranhub.broker.reading import Message
from kranhub.errors import Failed
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import envelope, messages, schema_files
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject, TaskState

OVER = frozenset({TaskState.STOPPED})
"""The states that a process writes only when it ends for good; any other may be the last that a running one wrote."""

States = Mapping[str, messages.ConnectorStatus | None]
"""The last ConnectorStatus by record key (``<connector>.<task>``); None where the record cannot be read."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was deleted: so many states, and so many records of the checkpoint."""

    states: int
    checkpoints: int


def forget(
    settings: Settings, codec: Codec, member: str, name: str, *, checkpoint: bool, gone: bool = False
) -> Forgotten:
    """Delete the connector's states.

    Args:
        settings: The installation's settings.
        codec: What decodes the member's records.
        member: The connector's member.
        name: The connector's name.
        checkpoint: Whether to delete its source's checkpoint, too.
        gone: Whether a person confirms that its process has ended.

    Raises:
        Failed: For a connector that is unknown, or that runs or may run.
        Unavailable: When Kafka is away.
    """
    topic = topics.out(settings.namespace, member, "connector-status")
    states = {
        key: message.value_as(messages.ConnectorStatus)
        for key, message in _last(settings, codec, topic).items()
        if key.rpartition(".")[0] == name
    }
    if not states:
        raise Failed(_unknown(member, name))
    _refuse_running(settings, member, name, states, gone=gone)
    places = topics.out(settings.namespace, member, "checkpoints")
    own_key = f"{name}.source"
    kept = _last(settings, codec, places) if checkpoint else {}
    old = [key for key in kept if key == own_key or key.startswith(f"{own_key}/")]
    _delete(settings, member, {topic: (Subject.CONNECTOR_STATUS, [*states]), places: (Subject.CHECKPOINT, old)})
    return Forgotten(len(states), len(old))


def _last(settings: Settings, codec: Codec, topic: str) -> dict[str, Message]:
    """Return each key's last record; a key whose last record deletes it is left out."""
    found: dict[str, Message] = {}
    for message in reading.messages(settings, codec, topic):
        found.pop(message.key, None)
        if message.raw is not None:
            found[message.key] = message
    return found


def _refuse_running(settings: Settings, member: str, name: str, states: States, *, gone: bool) -> None:
    key = f"{name}.sink"
    if key in states and not _is_over(states[key]) and _in_group(settings, f"{settings.namespace}{member}.{name}.sink"):
        raise Failed(_runs(member, name))
    for state in states.values():
        if not gone and may_live(state):
            worker, last = (state["worker"], state["state"]) if state else (None, None)
            raise Failed(_may_run(member, name, f"{worker}", f"{last}"))


def _is_over(state: messages.ConnectorStatus | None) -> bool:
    return state is not None and state["state"] in OVER


def _in_group(settings: Settings, group: str) -> bool:
    """Return whether the sink's group has a member; one that was stopped stays in it until its session is over."""
    with admin.admin(settings) as client:
        return any(each["members"] for each in admin.described_groups(client, group.__eq__).values())


def may_live(state: messages.ConnectorStatus | None) -> bool:
    """Return whether the process that wrote this state may still be there, as far as this machine can tell."""
    if _is_over(state):
        return False
    host, _, pid = (state["worker"] if state else "").rpartition("/")
    if host != socket.gethostname() or not pid.isdigit() or os.name == "nt":
        return True  # Windows would send the process a Ctrl-C instead of looking for it
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _delete(settings: Settings, member: str, keys: Mapping[str, tuple[Subject, list[str]]]) -> None:
    now = datetime.now(UTC)
    with (
        errors.translated(settings),
        closing(KafkaProducer(**client_settings.kafka_python(settings))) as producer,
    ):
        sent = [
            producer.send(topic, key=key.encode(), value=None, headers=_headers(settings, member, record, key, now))
            for topic, (record, old) in keys.items()
            for key in old
        ]
        for future in sent:
            future.get(timeout=30)


def _headers(settings: Settings, member: str, record: Subject, key: str, now: datetime) -> envelope.Headers:
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
