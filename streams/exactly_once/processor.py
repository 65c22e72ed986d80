"""The loop: poll a batch, process it, commit outputs, state and offsets as one transaction."""

import contextlib
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from kranhub import envelope
from kranhub.codec import Codec
from kranhub.errors import Failed, Misconfigured, Unavailable
from kranhub.failpoints import failpoint
from kranhub.settings import Settings
from kranhub.text import Text
from streams.exactly_once import clients, restore
from streams.exactly_once.batch import Batch
from streams.exactly_once.clients import Aborted, retried
from streams.exactly_once.out import Output
from streams.exactly_once.restore import Place
from streams.exactly_once.stage import Record, Stage
from streams.exactly_once.store import Store

log = structlog.get_logger()

BATCH = 500
"""Records in one transaction at most; fewer when the input is idle, so that nothing waits for company."""

IDLE_S = 0.2

ABORTS = 20
"""Aborted transactions in a row before the process gives up; the pauses between them add up to half a minute."""


class Processor:
    """Runs one stage: one consumer, one transactional producer, the state of the partitions it was given."""

    def __init__(self, stage: Stage, settings: Settings, codec: Codec, instance: str = "0") -> None:
        """Take the stage; opens nothing. Processes with other ``instance`` ids share the partitions."""
        self.stage, self._settings, self._codec, self._instance = stage, settings, codec, instance
        self._positions: dict[Place, int] = {}
        self._stores: dict[int, Store] = {}
        self._assignments = self._aborts = 0
        self._log = log.bind(stage=stage.name)

    def run(self, stopping: threading.Event) -> None:
        """Process until ``stopping`` is set; then finish the batch and leave.

        Raises `Fenced` when the same instance started elsewhere, `Misconfigured` when offsets have expired or were
        moved, `Unavailable` when Kafka stays away, `Failed` for what librdkafka calls fatal.
        """
        self._admin = clients.admin(self._settings)
        self._producer = clients.producer(self._settings, self.stage.name, self._instance)
        self._consumer = clients.consumer(self._settings, self.stage.name, self._instance)
        try:
            retried(lambda: self._producer.init_transactions(30))
            self._consumer.subscribe(
                list(self.stage.inputs), on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked
            )
            while not stopping.is_set():
                records = self._poll()
                if records:
                    self._handle(records, stopping)
        finally:
            self._consumer.close()
            with contextlib.suppress(KafkaException):  # a fenced producer says so once more; the first error counts
                self._producer.close()

    def _poll(self) -> list[Record]:
        """Return the records at hand, at most `BATCH`; those polled before a rebalance are dropped: they come again."""
        records: list[Record] = []
        message = self._consumer.poll(IDLE_S)
        while message is not None:
            if message.error():
                self._complain(message)
            else:
                records.append(_record(message))
            if len(records) >= BATCH:
                break
            seen = self._assignments
            message = self._consumer.poll(0)
            if self._assignments != seen:
                records.clear()
        return records

    def _complain(self, message: Message) -> None:
        """Raise what an error event means; only errors that pass by themselves return."""
        error = message.error()
        if error is None:
            return
        if error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            raise Misconfigured(_expired(message, clients.group(self._settings, self.stage.name)))
        if error.fatal() or error.code() in (KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID):
            raise clients.translated(error)
        self._log.warning("kafka", error=error.name(), topic=message.topic())

    def _handle(self, records: Sequence[Record], stopping: threading.Event) -> None:
        batch = Batch(self.stage, self._codec, self._settings.namespace, self._stores)
        try:
            self._transact(batch, records)
            self._aborts = 0
        except Aborted as aborted:
            self._aborts += 1
            self._log.warning("transaction aborted", reason=str(aborted), times=self._aborts)
            if self._aborts > ABORTS:
                raise Failed(_never_commits(self.stage.name, str(aborted))) from aborted
            self._abort()
            stopping.wait(min(2.0, 0.05 * 2**self._aborts))
        except Unavailable as away:
            self._log.warning("waiting", reason=away.text.en, again_in_s=away.retry_after)
            self._abort()
            stopping.wait(away.retry_after)

    def _transact(self, batch: Batch, records: Sequence[Record]) -> None:
        """Commit a batch.

        1. Begin a transaction and process every record with the stage's pure function (``core.after-process``).
        2. Produce the outputs, and the state's changes with the input offsets to the changelog, on the input's
           partition (``core.after-produce``).
        3. Send the input offsets with the group's metadata (KIP-447), so that a member that lost its partitions
           cannot commit (``core.after-offsets``).
        4. Wait until the brokers have it all (``core.before-commit``).
        5. Commit (``core.after-commit``).
        6. Make the changes part of the state in memory. An abort anywhere above drops them and seeks back.
        """
        self._producer.begin_transaction()
        batch.process(records)
        failpoint("core.after-process")
        for output in [*batch.outputs, *batch.changelog()]:
            self._produce(output)
        failpoint("core.after-produce")
        offsets = [TopicPartition(topic, partition, at) for (topic, partition), at in batch.offsets.items()]
        metadata = self._consumer.consumer_group_metadata()
        retried(lambda: self._producer.send_offsets_to_transaction(offsets, metadata, 10))
        failpoint("core.after-offsets")
        self._producer.flush(10)
        failpoint("core.before-commit")
        retried(lambda: self._producer.commit_transaction(10))
        failpoint("core.after-commit")
        batch.commit()
        self._positions.update(batch.offsets)

    def _produce(self, output: Output) -> None:
        partition = -1 if output.partition is None else output.partition
        while True:
            try:
                self._producer.produce(
                    output.topic, output.value, output.key, partition=partition, headers=[*output.headers]
                )
                break
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as raised:
                raise Aborted(raised.args[0].name()) from raised
        self._producer.poll(0)

    def _abort(self) -> None:
        """Drop the transaction and go back to where the last commit ended."""
        retried(lambda: self._producer.abort_transaction(10))
        for (topic, partition), offset in self._positions.items():
            _seek(self._consumer, TopicPartition(topic, partition, offset))

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Restore what was given (`restore`), then serve from there."""
        places = [(given.topic, given.partition) for given in partitions]
        began = time.monotonic()
        offsets = restore.committed(self._admin, clients.group(self._settings, self.stage.name), places)
        restored = self._restore({partition for _, partition in places})
        self._positions = {place: restore.start(place, offsets.get(place), restored.get(place[1])) for place in places}
        self._stores = {partition: Store(found.values) for partition, found in restored.items()}
        self._assignments += 1
        consumer.assign([TopicPartition(topic, partition, at) for (topic, partition), at in self._positions.items()])
        keys = sum(len(store.values) for store in self._stores.values())
        self._log.info("assigned", partitions=len(places), keys=keys, took_s=round(time.monotonic() - began, 3))

    def _restore(self, partitions: set[int]) -> dict[int, restore.Restored]:
        if self.stage.changelog is None or not partitions:
            return {}
        ends = restore.ends(self._admin, self.stage.changelog, partitions)
        reader = clients.reader(self._settings)
        try:
            return restore.read(reader, self.stage.changelog, ends)
        finally:
            reader.close()

    def _revoked(self, consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._positions, self._stores = {}, {}
        self._assignments += 1
        consumer.unassign()


def _record(message: Message) -> Record:
    headers = _headers(message)
    return Record(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        timestamp=datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC),
        key=(message.key() or b"").decode("utf-8", "replace"),
        value=message.value(),
        headers=headers,
        envelope=envelope.read(headers),
    )


def _headers(message: Message) -> envelope.Headers:
    found = message.headers() or []
    assert not isinstance(found, dict)  # noqa: S101  (received headers are always a list: names may repeat)
    return [(name, value.encode() if isinstance(value, str) else value) for name, value in found if value is not None]


def _seek(consumer: Consumer, place: TopicPartition) -> None:
    """Seek, trying again while the partition's fetcher is still starting; one that was lost is left alone."""
    deadline = time.monotonic() + 10
    while True:
        try:
            consumer.seek(place)
        except KafkaException as raised:
            lost = all(
                (given.topic, given.partition) != (place.topic, place.partition) for given in consumer.assignment()
            )
            if lost:
                return
            if time.monotonic() > deadline:
                raise clients.translated(raised.args[0]) from raised
            time.sleep(0.05)
        else:
            return


def _never_commits(stage: str, reason: str) -> Text:
    return Text(
        en=f"The stage {stage} could not commit {ABORTS} times in a row ({reason}). Nothing was lost. Check that all "
        "topics exist (`kranhub up` creates them) and that the brokers take writes, then start the core again.",
        ru=f"Этап {stage} не смог завершить {ABORTS} транзакций подряд ({reason}). Ничего не потеряно. Проверьте, что "
        "все топики созданы (`kranhub up`) и брокеры принимают записи, затем запустите ядро снова.",
    )


def _expired(message: Message, group: str) -> Text:
    place = f"{message.topic()} [{message.partition()}]"
    return Text(
        en=f"The records after the last processed one of {place} are gone: retention deleted them before group "
        f"{group} read them. The core does not jump. Restore the topic from a backup, or set the group's offset to the "
        "earliest record once it is known what was lost.",
        ru=f"Записи {place} после последней обработанной удалены по сроку хранения раньше, чем их прочла группа "
        f"{group}. Ядро не перескакивает. Восстановите топик из копии или, выяснив потери, переставьте смещение группы "
        "на самую раннюю запись.",
    )
