"""The loop: poll a batch, process it, commit outputs, state and offsets as one transaction."""

import threading
import time
from collections.abc import Sequence
from functools import partial

import structlog
from confluent_kafka import Consumer, KafkaError, Message
from confluent_kafka import TopicPartition as KafkaPartition

from kranhub.errors import Failed, Misconfigured, Unavailable
from kranhub.failpoints import failpoint
from kranhub.operations.health import GIVEN_BACK, LOOPS, STOPPING
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire.codec import Codec
from streams.processor.batch import Batch
from streams.processor.batch_size import ENOUGH_S, Pace
from streams.processor.checkpoint import Checkpoint
from streams.processor.kafka import clients, cluster, errors
from streams.processor.kafka.errors import Aborted, BrokerAway
from streams.processor.kafka.guarded import GuardedClient
from streams.processor.kafka.stalled_fetch import Fetchers
from streams.processor.metrics import Metrics
from streams.processor.record import Record
from streams.processor.stage import Stage
from streams.processor.state.assignment import Assignment

log = structlog.get_logger()

IDLE_S = 0.2
LONGEST_S = 300.0
"""The longest step of the loop: restoring a large state, or waiting for a transaction that was left open."""

ABORTS = 20
"""After this many aborted transactions in a row the process gives up; the pauses between them add up to half a
minute."""


class Processor:
    """Runs one stage: one consumer, one transactional producer, the state of the partitions it was given."""

    def __init__(self, stage: Stage, settings: Settings, codec: Codec, instance: str = "0") -> None:
        """Prepare the stage; nothing is opened yet.

        Args:
            stage: The stage to run.
            settings: The namespace, the brokers, and the limit of the state.
            codec: Encodes what the stage sends.
            instance: The worker's name; processes with other names share the partitions.
        """
        self.stage, self._settings, self._codec, self._instance = stage, settings, codec, instance
        self._metrics, self._pace = Metrics(stage.name, settings.state_limit_mb * 1_000_000), Pace()
        self._counts: dict[str, int] = {}
        self._aborts = 0
        self._log = log.bind(stage=stage.name)
        self._loop = LOOPS.loop(stage.name, LONGEST_S)
        self._fetchers = Fetchers()

    def run(self, stopping: threading.Event) -> None:
        """Process until ``stopping`` is set; then finish the batch and leave.

        Raises:
            Fenced: The same instance started elsewhere.
            Misconfigured: Offsets have expired or were changed, or partition counts or the state's version do not fit.
            Unavailable: Kafka stays away.
            Failed: librdkafka reports a fatal error, transactions never commit, or the state is over its limit.
        """
        self._loop.progressed()
        admin = clients.admin(self._settings)
        cluster.require_equal_partitions(admin, self.stage)
        cluster.require_lasting_offsets(admin)
        self._assignment = Assignment(self.stage, self._settings, admin)
        self._producer = clients.producer(self._settings, self.stage.name, self._instance)
        self._consumer = clients.consumer(self._settings, self.stage, self._instance, self._fetchers.take_statistics)
        try:
            self._producer.init_transactions(30)
            self._consumer.subscribe(
                list(self.stage.inputs), on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked
            )
            while not stopping.is_set():
                self._loop.progressed()
                records = self._poll()
                if records:
                    self._handle(records, stopping)
                self._require_fetching(admin)
        finally:
            self._loop.waits(STOPPING)
            self._consumer.close()
            for client in (self._consumer, self._producer, admin):
                client.release()

    def _require_fetching(self, admin: GuardedClient) -> None:
        """Check that the client still fetches from every partition in which committed records wait.

        Raises:
            BrokerAway: It does not.
        """
        try:
            stalled = self._fetchers.stalled(
                time.monotonic(), self._assignment.positions.keys(), partial(cluster.stable_ends, admin)
            )
        except BrokerAway:  # nothing can be written now; the next call of the consumer raises as well
            self._fetchers.forget()
            return
        if stalled:
            raise BrokerAway(_stalled(self.stage.name, ", ".join(f"{topic} [{number}]" for topic, number in stalled)))

    def _assigned(self, _consumer: Consumer, partitions: list[KafkaPartition]) -> None:
        self._assignment.assigned(self._consumer, partitions)
        self._fetchers.forget()
        self._loop.serves()
        self._metrics.assigned(self._assignment)

    def _revoked(self, _consumer: Consumer, partitions: list[KafkaPartition]) -> None:
        self._loop.waits(GIVEN_BACK)
        self._assignment.revoked(self._consumer, partitions)
        self._metrics.assigned(self._assignment)

    def _poll(self) -> list[Record]:
        """Return the records at hand; those polled before a rebalance are dropped: they come again."""
        generation = self._assignment.generation
        first = self._consumer.poll(IDLE_S)
        if first is None:
            return []
        messages = [first, *self._consumer.consume(self._pace.size - 1, 0)] if self._pace.size > 1 else [first]
        for message in messages:
            self._complain(message)
        if self._assignment.generation != generation:
            self._assignment.rewind(self._consumer)
            return []
        return [Record.of(message) for message in messages if message.error() is None]

    def _complain(self, message: Message) -> None:
        """Raise what an error event means; only errors that end by themselves return.

        Raises:
            Misconfigured: The group's offset is no longer in the topic.
            KranhubError: As `translated`.
        """
        error = message.error()
        if error is None:
            return
        if error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            raise Misconfigured(_expired(message, self.stage.name))
        if not errors.passes(error):
            raise errors.translated(error)
        self._log.warning("kafka", error=error.name(), topic=message.topic(), repeats=True)

    def _handle(self, records: Sequence[Record], stopping: threading.Event) -> None:
        began = time.monotonic()
        batch = Batch(self.stage, self._codec, self._settings.namespace, self._assignment.stores, self._partitions_of)
        try:
            taken = self._transact(batch, records)
        except Aborted as aborted:
            self._aborts += 1
            self._pace.aborted()
            self._log.warning("transaction aborted", reason=str(aborted), times=self._aborts, repeats=True)
            if self._aborts > ABORTS:
                raise Failed(_never_commits(self.stage.name, str(aborted))) from aborted
            self._abort()
            stopping.wait(min(2.0, 0.05 * 2**self._aborts))
        except BrokerAway:
            raise
        except Unavailable as away:
            self._log.warning("waiting", reason=away.text.en, again_in_s=away.retry_after, repeats=True)
            self._abort()
            stopping.wait(away.retry_after)
        else:
            self._aborts = 0
            self._metrics.committed(batch, taken, time.monotonic() - began, self._assignment)
            if taken < len(records):
                self._assignment.rewind(self._consumer)

    def _transact(self, batch: Batch, records: Sequence[Record]) -> int:
        """Process records and commit them in one transaction; return how many: the first ones that fit the time.

        An abort anywhere drops what the batch has collected, and the loop seeks back to the last commit.
        """
        self._producer.begin_transaction()
        began = time.monotonic()
        taken = batch.process(records, ENOUGH_S)
        self._pace.took(taken, time.monotonic() - began)
        failpoint("core.after-process")
        Checkpoint(batch, self._producer, self._consumer).commit()
        self._assignment.committed(batch.offsets)
        return taken

    def _abort(self) -> None:
        """Drop the transaction and go back to where the last commit ended.

        Raises:
            Failed: It cannot be aborted.
        """
        self._metrics.aborted()
        try:
            self._producer.abort_transaction(10)
        except Aborted as again:
            raise Failed(_never_commits(self.stage.name, str(again))) from again
        self._assignment.rewind(self._consumer)

    def _partitions_of(self, topic: str) -> int:
        """Return the number of an output topic's partitions.

        Raises:
            Misconfigured: The topic does not exist.
            Unavailable: Kafka does not answer.
        """
        if topic not in self._counts:
            self._counts[topic] = cluster.partition_counts(self._producer, [topic])[topic]
        return self._counts[topic]


def _stalled(stage: str, places: str) -> Text:
    return Text(
        en=f"The Kafka client of {stage} fetches no more from {places}, although records wait there. Start the core "
        "again: it gets new clients.",
        ru=f"Клиент Kafka этапа {stage} больше не читает {places}, хотя там есть записи. Запустите ядро снова: у него "
        "будут новые клиенты.",
    )


def _never_commits(stage: str, reason: str) -> Text:
    return Text(
        en=f"The stage {stage} could not commit {ABORTS} times in a row ({reason}). Nothing was lost. Check that all "
        "topics exist (`kranhub up` creates them) and that the brokers take writes, then start the core again.",
        ru=f"Этап {stage} не смог завершить {ABORTS} транзакций подряд ({reason}). Ничего не потеряно. Проверьте, что "
        "все топики созданы (`kranhub up`) и брокеры принимают записи, затем запустите ядро снова.",
    )


def _expired(message: Message, stage: str) -> Text:
    place = f"{message.topic()} [{message.partition()}]"
    command = f"kranhub core reset-offsets --stage {stage} --topic {message.topic()} --partition {message.partition()}"
    return Text(
        en=f"The records after the last processed one of {place} are gone: retention deleted them before {stage} read "
        "them. The core does not jump. Restore the topic from a backup; or, once it is known what was lost, let the "
        f"stage go on at the oldest record that is left: `{command} --to earliest`.",
        ru=f"Записи {place} после последней обработанной удалены по сроку хранения раньше, чем их прочёл этап "
        f"{stage}. Ядро не перескакивает. Восстановите топик из копии или, выяснив потери, продолжите с самой ранней "
        f"из оставшихся записей: `{command} --to earliest`.",
    )
