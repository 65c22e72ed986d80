"""kafka-python, confluent-kafka as the core sets it, and aiokafka put a key into the same partition of a real topic."""

import asyncio
from collections import defaultdict
from contextlib import closing

import pytest
from aiokafka import AIOKafkaProducer
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from kranhub.broker import client_settings, topics
from kranhub.settings import Settings
from streams.processor.kafka import clients
from tests.support.stack import Stack

pytestmark = pytest.mark.stack

KEYS = [f"sibir-terminal:{n}".encode() for n in range(150)] + [f"irtysh-stroy:З-{n}".encode() for n in range(150)]


def with_kafka_python(settings: Settings, topic: str) -> None:
    with closing(KafkaProducer(**client_settings.kafka_python(settings))) as producer:
        for key in KEYS:
            producer.send(topic, key=key, value=b"kafka-python")


def with_confluent_kafka(settings: Settings, topic: str) -> None:
    producer = clients.producer(settings, "probe", "0")
    producer.init_transactions(30)
    producer.begin_transaction()
    for key in KEYS:
        producer.produce(topic, key=key, value=b"confluent-kafka")
    producer.commit_transaction(30)


async def with_aiokafka(bootstrap: str, topic: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for key in KEYS:
            await producer.send(topic, key=key, value=b"aiokafka")


def partitions(settings: Settings, topic: str) -> dict[bytes, set[int]]:
    config = client_settings.kafka_python(settings)
    with closing(KafkaConsumer(**config, isolation_level="read_committed", enable_auto_commit=False)) as consumer:
        return _partitions(consumer, topic)


def _partitions(consumer: KafkaConsumer, topic: str) -> dict[bytes, set[int]]:
    places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ends = consumer.end_offsets(places)
    found: dict[bytes, set[int]] = defaultdict(set)
    writers: dict[bytes, set[bytes]] = defaultdict(set)
    while any(consumer.position(place) < ends[place] for place in places):
        for records in consumer.poll(timeout_ms=500).values():
            for record in records:
                found[record.key].add(record.partition)
                writers[record.key].add(record.value)
    assert all(len(names) == 3 for names in writers.values())
    return found


def test_one_key_one_partition_from_every_client(stack: Stack, namespace: str) -> None:
    settings = stack.prepare(namespace)
    topic = topics.hub(namespace, "events")
    with_kafka_python(settings, topic)
    with_confluent_kafka(settings, topic)
    asyncio.run(with_aiokafka(stack.bootstrap, topic))
    found = partitions(settings, topic)
    assert set(found) == set(KEYS)
    assert {len(places) for places in found.values()} == {1}
    assert len(set().union(*found.values())) == 12  # and the keys are spread over all of them
