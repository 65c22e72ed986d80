"""The commit of one transaction: outputs, state and input offsets together, or nothing."""

from collections.abc import Iterable

from confluent_kafka import TopicPartition as KafkaPartition

from kranhub.failpoints import failpoint
from streams.processor.batch import Batch
from streams.processor.kafka.guarded import GuardedClient, TransactionalProducer
from streams.processor.outputs import ProducerRecord

STEP_S = 10.0
"""How long one step of the commit may take."""


class Checkpoint:
    """Commits what a batch has collected, in the transaction that the producer has begun."""

    def __init__(self, batch: Batch, producer: TransactionalProducer, consumer: GuardedClient) -> None:
        """Take the processed batch and the clients that the transaction belongs to."""
        self._batch, self._producer, self._consumer = batch, producer, consumer

    def commit(self) -> None:
        """Commit the batch.

        1. Produce the outputs, and the state's changes with the input offsets to the changelog, on the input's
           partition (``core.after-produce``).
        2. Send the input offsets with the group's metadata (KIP-447), so that a member that lost its partitions
           cannot commit (``core.after-offsets``).
        3. Wait until the brokers have it all (``core.before-commit``).
        4. Commit the transaction (``core.after-commit``).
        5. Make the changes part of the state in memory.

        Raises:
            Aborted: The transaction cannot commit. The caller aborts it and reads the records again.
            KranhubError: As `streams.processor.kafka.errors.translated` says.
        """
        self._produce(self._batch.outputs)
        self._produce(self._batch.changes())
        failpoint("core.after-produce")
        offsets = [KafkaPartition(topic, partition, at) for (topic, partition), at in self._batch.offsets.items()]
        metadata = self._consumer.consumer_group_metadata()
        self._producer.send_offsets_to_transaction(offsets, metadata, STEP_S)
        failpoint("core.after-offsets")
        self._producer.flush(STEP_S)
        failpoint("core.before-commit")
        self._producer.commit_transaction(STEP_S)
        failpoint("core.after-commit")
        self._batch.commit()

    def _produce(self, records: Iterable[ProducerRecord]) -> None:
        produce = self._producer.produce
        for topic, key, value, headers, partition in records:
            produce(topic, value, key, partition, headers)
