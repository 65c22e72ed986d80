"""The same naive loop as `raw_librdkafka`, in pure Python: kafka-python."""

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from benchmarks import job
from benchmarks.task import Task, until_stopped

BATCH = 1_000


def main() -> None:
    """Work until told to stop."""
    task, stopping = Task.read(), until_stopped()
    consumer, producer = _consumer(task), _producer(task)
    producer.init_transactions()
    while not stopping.is_set():
        polled = consumer.poll(100, max_records=BATCH)
        if polled:
            producer.begin_transaction()
            for record in (record for records in polled.values() for record in records):
                key, parts = job.split(record.value)
                for part in parts:
                    producer.send(task.target, part, key)
            offsets = {place: OffsetAndMetadata(records[-1].offset + 1, "", -1) for place, records in polled.items()}
            _commit(producer, consumer, offsets)
    consumer.close()
    producer.close(5)


def _commit(producer: KafkaProducer, consumer: KafkaConsumer, offsets: dict[TopicPartition, OffsetAndMetadata]) -> None:
    producer.send_offsets_to_transaction(offsets, consumer.group_metadata())
    producer.commit_transaction()


def _consumer(task: Task) -> KafkaConsumer:
    return KafkaConsumer(
        task.source,
        bootstrap_servers=task.bootstrap,
        group_id=task.group,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )


def _producer(task: Task) -> KafkaProducer:
    return KafkaProducer(
        bootstrap_servers=task.bootstrap,
        transactional_id=f"{task.group}.{task.instance}",
        linger_ms=5,
        batch_size=64 * 1024,
        retry_backoff_ms=5,
    )


if __name__ == "__main__":
    main()
