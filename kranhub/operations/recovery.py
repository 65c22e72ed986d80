"""How far the hub's recovery after a restore has come: the last record of hub.recovery, and which tasks have to report.

A recovery ends once every connector's sink has reported what its ERP holds, and every source has read its ERP to the
end.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from kafka import KafkaProducer

from kranhub.broker import client_settings, errors, reading, topics
from kranhub.broker.reading import Message
from kranhub.errors import Misconfigured
from kranhub.operations import recovery_mark
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import envelope, messages
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import RecoveryPhase, Subject

TYPE = "kranhub.Recovery"


@dataclass(frozen=True, slots=True)
class Recovery:
    """A record of hub.recovery.

    Attributes:
        recovery_id: The recovery's id.
        phase: How far it has come.
        begun_at: When it began; after `kranhub restore`, when the data folder was put in place.
        backup_at: When the backup was taken; None where it was not restored by `kranhub restore`.
        finished_at: When it was finished; None while it is open.
        without: Members without whose reports the hub goes on.
        unreported: Connector tasks that had not reported when it was finished.
        plants: Members whose ERPs reported all plant orders that they hold.
        customers: Members whose ERPs reported all order statuses that they hold.
        recorded_at: The broker's timestamp of this recovery's first record; None before it is written.
    """

    recovery_id: str
    phase: RecoveryPhase
    begun_at: datetime
    backup_at: datetime | None = None
    finished_at: datetime | None = None
    without: tuple[str, ...] = ()
    unreported: tuple[str, ...] = ()
    plants: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    recorded_at: datetime | None = field(default=None, compare=False)

    @property
    def is_open(self) -> bool:
        """Whether the recovery still goes on, so that nothing is sent yet."""
        return self.phase is not RecoveryPhase.FINISHED

    @property
    def reads_since(self) -> datetime:
        """The broker's timestamp from which on a source's report that it has read its ERP to the end counts.

        After `kranhub restore` this is when the data folder was put in place: what was stamped before is in the backup,
        and a connector may report before the recovery's first record is written. For an external Kafka that was
        restored by its own means, only the recovery's first record shows that its restore was over.
        """
        return self.begun_at if self.backup_at is not None else self.recorded_at or self.begun_at

    def value(self) -> messages.Recovery:
        """Return the recovery as an Avro record."""
        return {
            "recovery_id": self.recovery_id,
            "phase": self.phase,
            "begun_at": self.begun_at,
            "backup_at": self.backup_at,
            "finished_at": self.finished_at,
            "without": list(self.without),
            "unreported": list(self.unreported),
            "plants": list(self.plants),
            "customers": list(self.customers),
        }


@dataclass(frozen=True, slots=True)
class Task:
    """A connector's task that must report: a sink what its ERP holds, a source that it has read its ERP."""

    member: str
    connector: str
    task: str

    def __str__(self) -> str:
        return f"{self.member}/{self.connector}.{self.task}"


@dataclass(frozen=True, slots=True)
class Reports:
    """What connectors have reported so far.

    Attributes:
        known: Every task that there is.
        sinks: Of each sink that has reported: whether it can list what its ERP holds, and of which subjects.
        sources: The sources that have read their ERPs to the end.
    """

    known: frozenset[Task] = frozenset()
    sinks: Mapping[Task, tuple[bool, tuple[str, ...]]] = field(default_factory=dict)
    sources: frozenset[Task] = frozenset()

    def missing(self, without: tuple[str, ...]) -> list[Task]:
        """Return the tasks that have not reported yet, except those of the members in ``without``."""
        reported = self.sinks.keys() | self.sources
        return sorted((task for task in self.known - reported if task.member not in without), key=str)

    def reporting(self, subject: Subject) -> tuple[str, ...]:
        """Return the members whose ERPs have reported all documents of this kind that they hold."""
        sinks = (task for task in self.known if task.task == "sink")
        unable = {task.member for task in sinks if not self.sinks.get(task, (False, ()))[0]}
        reported = {task.member for task, (_, subjects) in self.sinks.items() if subject in subjects}
        return tuple(sorted(reported - unable))

    def unable(self) -> list[Task]:
        """Return the sinks that have reported that they cannot list what their ERPs hold."""
        return sorted((task for task, (supported, _) in self.sinks.items() if not supported), key=str)

    def take(self, message: Message, recovery: Recovery) -> "Reports":
        """Return the reports with one more record of a connector-status or recovery topic."""
        if message.topic.endswith(".connector-status"):
            return self._with_status(message)
        value = message.value_as(messages.HeldReport)
        if value is None:
            return self
        task = Task(value["member"], value["connector"], value["task"])
        if value["task"] == "source":
            return replace(self, sources=self.sources | {task}) if message.timestamp >= recovery.reads_since else self
        if value["recovery_id"] != recovery.recovery_id:
            return self
        answer = bool(value["supported"]), tuple(value["subjects"])
        return replace(self, known=self.known | {task}, sinks={**self.sinks, task: answer})

    def _with_status(self, message: Message) -> "Reports":
        if (value := message.value_as(messages.ConnectorStatus)) is not None:
            task = Task(value["member"], value["connector"], value["task"])
            return replace(self, known=self.known | {task})
        connector, _, name = message.key.rpartition(".")
        member = message.topic.split(".")[-2]
        return replace(self, known=self.known - {Task(member, connector, name)})


def current(settings: Settings, codec: Codec) -> Recovery | None:
    """Return the last recovery; None where there never was one.

    Raises:
        Failed: The topic hub.recovery does not exist.
        Unavailable: Kafka or the registry is away.
        Misconfigured: Kafka refuses the account.
    """
    found: Recovery | None = None
    for message in reading.messages(settings, codec, topics.hub(settings.namespace, "recovery")):
        if (value := message.value_as(messages.Recovery)) is not None:
            same = found is not None and found.recovery_id == value["recovery_id"]
            recorded_at = found.recorded_at if found is not None and same else message.timestamp
            found = _of(value, recorded_at)
    return found


def ensured(settings: Settings, codec: Codec) -> Recovery | None:
    """Return the last recovery; if the data folder has a restore's mark, begin its recovery first and remove the mark.

    Raises:
        Failed: The topic hub.recovery does not exist.
        Unavailable: Kafka or the registry is away.
        Misconfigured: The mark cannot be read, or Kafka refuses the account.
    """
    mark = _mark(settings)
    if mark is not None:
        known = current(settings, codec)
        if known is None or known.recovery_id != mark.recovery_id:
            write(settings, codec, Recovery(mark.recovery_id, RecoveryPhase.BEGUN, mark.restored_at, mark.taken_at))
        recovery_mark.remove(settings.data_dir)
    return current(settings, codec)


def begin(settings: Settings, codec: Codec, recovery_id: str) -> None:
    """Record that a recovery begins after a restore that was not done by `kranhub restore`.

    Args:
        settings: The installation's settings.
        codec: The codec over the hub's registry.
        recovery_id: The id of the new recovery.

    Raises:
        Unavailable: Kafka or the registry is away.
        Misconfigured: Kafka refuses the account.
    """
    write(settings, codec, Recovery(recovery_id, RecoveryPhase.BEGUN, datetime.now(UTC)))


def write(settings: Settings, codec: Codec, recovery: Recovery) -> None:
    """Record how far a recovery has come.

    Args:
        settings: The installation's settings.
        codec: The codec over the hub's registry.
        recovery: The recovery as it is now.

    Raises:
        Unavailable: Kafka or the registry is away.
        Misconfigured: Kafka refuses the account.
    """
    data, key = codec.encode(Subject.RECOVERY, recovery.value()), recovery.recovery_id
    about = record_about(settings, codec, recovery, data, "recovery")
    with errors.translated(settings):
        producer = KafkaProducer(**client_settings.kafka_python(settings), acks="all", client_id="kranhub-recovery")
        with closing(producer):
            topic = topics.hub(settings.namespace, "recovery")
            producer.send(topic, key=key.encode(), value=data, headers=envelope.headers(about)).get(timeout=30)


def record_about(settings: Settings, codec: Codec, recovery: Recovery, data: bytes, place: str) -> Envelope:
    """Return the envelope of a Recovery record.

    Args:
        settings: The installation's settings.
        codec: The codec that has encoded the record.
        recovery: The recovery.
        data: The encoded record.
        place: Where the record is written; it makes the event's id differ from that of the same record elsewhere.
    """
    now, source = datetime.now(UTC), envelope.hub_source(settings.namespace, "recovery")
    event_id = f"hub/Recovery/{recovery.recovery_id}/{recovery.phase}/{place}/{now.isoformat()}"
    trace = envelope.new_trace(source + event_id)
    return Envelope(
        event_id, source, TYPE, now, None, trace, subject=recovery.recovery_id, dataschema=codec.dataschema(data)
    )


def _of(value: messages.Recovery, recorded_at: datetime | None) -> Recovery:
    return Recovery(
        value["recovery_id"],
        value["phase"],
        value["begun_at"],
        value["backup_at"],
        value["finished_at"],
        tuple(value["without"]),
        tuple(value["unreported"]),
        tuple(value["plants"]),
        tuple(value["customers"]),
        recorded_at,
    )


def _mark(settings: Settings) -> recovery_mark.Mark | None:
    try:
        return recovery_mark.read(settings.data_dir)
    except ValueError:
        raise Misconfigured(
            Text(
                en=f"{settings.data_dir / recovery_mark.NAME} cannot be read: the hub does not know from which backup "
                "it was restored. Run `kranhub restore` again.",
                ru=f"Файл {settings.data_dir / recovery_mark.NAME} не читается: центр не знает, из какой копии он "
                "восстановлен. Выполните `kranhub restore` ещё раз.",
            )
        ) from None
