"""Which coordinator a group has, and that a list of groups is only believed once all coordinators are there."""

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from kranhub.broker import admin, reading
from kranhub.broker.client_settings import kafka_python
from tests.support.stack import Stack

pytestmark = pytest.mark.stack


def test_a_group_belongs_to_the_partition_that_its_name_says(stack: Stack, namespace: str) -> None:
    settings = stack.prepare(namespace, "oemz")
    place = TopicPartition(f"{namespace}hub.work", 0)
    groups = [f"{namespace}группа-{number}" for number in range(8)]
    for group in groups:
        consumer = KafkaConsumer(**kafka_python(settings), group_id=group, enable_auto_commit=False)
        consumer.assign([place])
        consumer.commit({place: OffsetAndMetadata(0, "", -1)})
        consumer.close()
    with admin.admin(settings) as client:
        admin.require_coordinators(client)
        (topic,) = client.describe_topics([admin.GROUPS_TOPIC])
    count = len(topic["partitions"])
    reader = KafkaConsumer(**kafka_python(settings), enable_auto_commit=False, exclude_internal_topics=False)
    try:
        places = [TopicPartition(admin.GROUPS_TOPIC, number) for number in range(count)]
        reader.assign(places)
        reader.seek_to_beginning(*places)
        records = [(record.key or b"", record.partition) for record in reading.read_to_end(reader, places)]
    finally:
        reader.close()
    for group in groups:
        found = {partition for key, partition in records if group.encode() in key}
        assert found == {admin.coordinator_partition(group, count)}, group
