"""The yardstick: consume, transform, produce in a transaction, with confluent-kafka and nothing else.

librdkafka's settings are those of streams/processor. The batch was tuned: see `BATCH`.
"""

from confluent_kafka import Consumer, Producer

from benchmarks import job
from benchmarks.task import Task, until_stopped

BATCH = 2_000


def main() -> None:
    """Work until told to stop."""
    task, stopping = Task.read(), until_stopped()
    consumer, producer = _consumer(task), _producer(task)
    producer.init_transactions(30)
    consumer.subscribe([task.source])
    while not stopping.is_set():
        messages = consumer.consume(BATCH, 0.1)
        if messages:
            producer.begin_transaction()
            for message in messages:
                key, parts = job.split(message.value() or b"")
                for part in parts:
                    producer.produce(task.target, part, key)
            producer.send_offsets_to_transaction(
                consumer.position(consumer.assignment()), consumer.consumer_group_metadata(), 10
            )
            producer.commit_transaction(10)
    consumer.close()


def _consumer(task: Task) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": task.bootstrap,
            "group.id": task.group,
            "group.instance.id": f"{task.group}.{task.instance}",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "session.timeout.ms": 10_000,
            "fetch.wait.max.ms": 100,
            "fetch.queue.backoff.ms": 20,
        }
    )


def _producer(task: Task) -> Producer:
    return Producer(
        {
            "bootstrap.servers": task.bootstrap,
            "transactional.id": f"{task.group}.{task.instance}",
            "transaction.timeout.ms": 10_000,
            "retry.backoff.ms": 1,
            "partitioner": "murmur2_random",
            "linger.ms": 5,
            "delivery.report.only.error": True,
        }
    )


if __name__ == "__main__":
    main()
