"""The broker that every engine works on: started for one run in a temporary folder, and always stopped."""

import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from deploy import omsk
from deploy.embedded import stack
from deploy.embedded.progress import Progress
from kranhub.errors import Failed
from kranhub.settings import Settings, endpoints
from kranhub.text import Text

REPOSITORY = Path(__file__).parents[1]
PARTITIONS = 6
PATIENCE_S = 60.0

_NO_LEADER_YET = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._NOENT,
)


@dataclass(slots=True)
class Cluster:
    """A running stack. ``settings`` name it; topics are made and deleted through this class."""

    settings: Settings
    bootstrap: str
    admin: AdminClient
    made: list[str] = field(default_factory=list)

    def create(self, name: str, partitions: int = PARTITIONS, config: Mapping[str, str] | None = None) -> str:
        """Create a topic, or take it as it is; return its name."""
        if name not in self.made:
            request = [NewTopic(name, partitions, 1, config=dict(config or {}))]
            for answer in self.admin.create_topics(request).values():
                answer.result(PATIENCE_S)
            self.made.append(name)
        return name

    def delete(self, names: Iterable[str]) -> None:
        """Delete topics."""
        gone = [name for name in names if name in self.made]
        if gone:
            for answer in self.admin.delete_topics(gone).values():
                answer.result(PATIENCE_S)
            self.made = [name for name in self.made if name not in gone]

    def committed(self, topic: str, partitions: int = PARTITIONS) -> int:
        """Return the sum of the topic's ends as a read_committed reader sees them; transaction markers count too.

        0 while a new topic has no leader yet.
        """
        wanted = {TopicPartition(topic, number): OffsetSpec.latest() for number in range(partitions)}
        answers = self.admin.list_offsets(wanted, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=30)
        try:
            return sum(answer.result().offset for answer in answers.values())
        except KafkaException as raised:
            if raised.args[0].retriable() or raised.args[0].code() in _NO_LEADER_YET:
                self.admin.list_topics(topic, 10)
                return 0
            raise

    def fill(self, topic: str, records: Iterable[tuple[bytes, bytes]], batch: int | None = None) -> None:
        """Write records, as transactions of ``batch`` where that is given. Raises `Failed` when some were not taken."""
        config = {"bootstrap.servers": self.bootstrap, "partitioner": "murmur2_random", "linger.ms": 20}
        producer = Producer(config | ({"transactional.id": f"bench.fill.{topic}"} if batch else {}))
        if batch:
            producer.init_transactions(PATIENCE_S)
        for chunk in _chunks(records, batch):
            if batch:
                producer.begin_transaction()
            for key, value in chunk:
                _produce(producer, topic, key, value)
            if batch:
                producer.commit_transaction(PATIENCE_S)
        if left := producer.flush(PATIENCE_S):
            raise Failed(_not_taken(topic, left))

    def records(self, topic: str, partitions: int = PARTITIONS) -> Iterator[tuple[bytes, bytes]]:
        """Yield key and value of everything committed in a topic."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": f"bench.check.{uuid.uuid4().hex}",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
            }
        )
        try:
            consumer.assign([TopicPartition(topic, number, 0) for number in range(partitions)])
            waiting = set(range(partitions))
            while waiting:
                for message in consumer.consume(10_000, 1.0):
                    if message.error() is not None:
                        waiting.discard(message.partition())
                    else:
                        yield message.key() or b"", message.value() or b""
        finally:
            consumer.close()


def _chunks(records: Iterable[tuple[bytes, bytes]], size: int | None) -> Iterator[Iterable[tuple[bytes, bytes]]]:
    """Yield the records in lists of this size; all of them at once without one."""
    if size is None:
        yield records
        return
    rest = iter(records)
    while chunk := list(islice(rest, size)):
        yield chunk


def _produce(producer: Producer, topic: str, key: bytes, value: bytes) -> None:
    while True:
        try:
            producer.produce(topic, value, key)
            return
        except BufferError:
            producer.poll(0.1)


@contextmanager
def running(progress: Progress) -> Iterator[Cluster]:
    """Start the embedded stack in a temporary folder; stop it and delete the folder at the end."""
    with tempfile.TemporaryDirectory(prefix="kranhub-bench-", ignore_cleanup_errors=True) as folder:
        settings = Settings(
            data_dir=Path(folder),
            namespace="bench.",
            **omsk.FILES,
            kafka_bootstrap=None,
            registry_url=None,
            stack="embedded",
        )
        try:
            stack.up(settings, progress)
            yield cluster(settings)
        finally:
            stack.down(settings, progress)


def cluster(settings: Settings) -> Cluster:
    """Return the stack that these settings name."""
    bootstrap = endpoints(settings).bootstrap
    return Cluster(settings, bootstrap, AdminClient({"bootstrap.servers": bootstrap, "log_level": 2}))


def _not_taken(topic: str, left: int) -> Text:
    return Text(
        en=f"{left} records for {topic} were not taken within {PATIENCE_S:.0f} s. Is the disk full? Run it again.",
        ru=f"{left} записей для {topic} не приняты за {PATIENCE_S:.0f} с. Не полон ли диск? Запустите ещё раз.",
    )
