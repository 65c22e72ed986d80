"""Where a stage resumes: offsets that were moved, forgotten or have expired, and late markers behind its state."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient, NewTopic
from kafka import KafkaAdminClient
from kafka import TopicPartition as Place

from kranhub.broker import topics
from kranhub.broker.closing import CLOSES
from kranhub.errors import Fenced, Misconfigured
from kranhub.wire.locations import TopicPartition
from streams.processor.kafka import clients, cluster
from streams.processor.kafka.errors import Aborted
from streams.processor.reset_offsets import reset_offset
from streams.processor.state import restore
from streams.processor.state.changelog import Restored
from tests.support.counting import PARTITION, Counting, bootstrap, counts, feed, started
from tests.support.stack import Stack
from tools.harness.core import World, wait_for, world
from tools.harness.settings import new_namespace

pytestmark = pytest.mark.stack


@pytest.fixture
def around(stack: Stack) -> Iterator[World]:
    with world(stack.prepare(new_namespace(), "sibir-terminal")) as found:
        yield found


def test_offsets_that_were_moved_are_refused(around: World) -> None:
    with started(Counting(around.settings), around):
        feed(around, "a", "a")
        wait_for(lambda: len(counts(around)) == 2, "two counts")
    group = clients.group(around.settings, "allocator")
    mover = Consumer({"bootstrap.servers": bootstrap(around), "group.id": group})
    place = KafkaPartition(topics.hub(around.settings.namespace, "allocation"), PARTITION, 0)

    def moved() -> bool:
        """Move it once the stopped member's session is over."""
        with contextlib.suppress(Exception):
            mover.commit(offsets=[place], asynchronous=False)
            return True
        return False

    wait_for(moved, "the group's offset is moved", 30)
    mover.close()
    with started(Counting(around.settings), around) as running:
        error = running.error()
    assert isinstance(error, Misconfigured)
    assert "--topic " + topics.hub(around.settings.namespace, "allocation") + " --partition 2 --to 2" in error.text.en
    assert len(counts(around)) == 2


def test_offsets_that_have_expired_stop_the_core(around: World) -> None:
    with started(Counting(around.settings), around):
        feed(around, "a")
        wait_for(lambda: len(counts(around)) == 1, "one count")
    feed(around, "b", "c")
    with contextlib.closing(KafkaAdminClient(bootstrap_servers=bootstrap(around), **CLOSES)) as admin:
        admin.delete_records({Place(topics.hub(around.settings.namespace, "allocation"), PARTITION): 3})
    with started(Counting(around.settings), around) as running:
        error = running.error()
    assert isinstance(error, Misconfigured)
    assert "does not jump" in error.text.en
    assert counts(around) == [("a", "1")]
    place = TopicPartition(topics.hub(around.settings.namespace, "allocation"), PARTITION)
    wait_for(lambda: moved_to(around, place, None) == 3, "the stage is moved by hand, as the error says", 30)
    with started(Counting(around.settings), around):
        feed(around, "a")
        wait_for(lambda: len(counts(around)) == 2, "it goes on with its state")
    assert counts(around) == [("a", "1"), ("a", "2")]


def test_a_stage_that_runs_is_not_moved(around: World) -> None:
    place = TopicPartition(topics.hub(around.settings.namespace, "allocation"), PARTITION)
    with started(Counting(around.settings), around):
        feed(around, "a")
        wait_for(lambda: len(counts(around)) == 1, "it runs")
        with pytest.raises(Misconfigured, match="still runs"):
            reset_offset(around.settings, Counting(around.settings), place, 0)
        feed(around, "a")
        wait_for(lambda: len(counts(around)) == 2, "it went on undisturbed")
    assert counts(around) == [("a", "1"), ("a", "2")]


@pytest.mark.parametrize(
    ("topic", "offset", "said"), [("allocation", 7, "is not among them"), ("nowhere", 0, "does not read")]
)
def test_a_stage_is_not_moved_to_where_nothing_is(around: World, topic: str, offset: int, said: str) -> None:
    place = TopicPartition(topics.hub(around.settings.namespace, topic), 0)
    with pytest.raises(Misconfigured, match=said):
        reset_offset(around.settings, Counting(around.settings), place, offset)


def test_a_lost_changelog_is_noticed(around: World) -> None:
    """The group's offset says that there was state; a topic made anew holds none."""
    with started(Counting(around.settings), around):
        feed(around, "a")
        wait_for(lambda: len(counts(around)) == 1, "one count")
    changelog = topics.hub(around.settings.namespace, "allocator-changelog")
    admin = clients.admin(around.settings)
    admin.delete_topics([changelog])[changelog].result(30)
    wait_for(lambda: changelog not in admin.list_topics(timeout=10).topics, "the broker no longer shows the topic", 30)
    wait_for(lambda: made_again(admin, changelog), "the topic is made again", 30)
    wait_for(lambda: changelog in admin.list_topics(timeout=10).topics, "the broker shows the topic")
    with started(Counting(around.settings), around) as running:
        error = running.error()
    assert isinstance(error, Misconfigured), error
    assert "its state is lost" in error.text.en


def test_a_group_that_was_forgotten_goes_on_where_its_state_stands(around: World) -> None:
    with started(Counting(around.settings), around):
        feed(around, "a", "a")
        wait_for(lambda: len(counts(around)) == 2, "two counts")

    def forgotten(admin: KafkaAdminClient) -> bool:
        """Delete the group once the stopped member's session is over."""
        with contextlib.suppress(Exception):
            answers = admin.delete_groups([clients.group(around.settings, "allocator")])
            return all(error in (None, "OK") or str(error) == "NoError" for error in dict(answers).values())
        return False

    with contextlib.closing(KafkaAdminClient(bootstrap_servers=bootstrap(around), **CLOSES)) as admin:
        wait_for(lambda: forgotten(admin), "the group is deleted", 30)
    with started(Counting(around.settings), around):
        feed(around, "a")
        wait_for(lambda: len(counts(around)) >= 3, "the third count")
    assert counts(around) == [("a", "1"), ("a", "2"), ("a", "3")]


def test_brokers_that_forget_offsets_too_soon_are_refused(around: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.require_lasting_offsets(clients.admin(around.settings))  # the embedded broker keeps them for long enough
    monkeypatch.setattr(cluster, "OFFSETS_RETENTION_MIN", 10**9)
    with pytest.raises(Misconfigured, match=r"offsets\.retention\.minutes"):
        cluster.require_lasting_offsets(clients.admin(around.settings))


@pytest.mark.parametrize(
    ("group", "state", "begins"),
    [(None, None, OFFSET_BEGINNING), (None, {}, OFFSET_BEGINNING), (None, {"t": 7}, 7), (7, {"t": 7}, 7), (7, None, 7)],
)
def test_where_a_partition_begins(group: int | None, state: dict[str, int] | None, begins: int) -> None:
    restored = None if state is None else Restored(offsets=state)
    assert restore.start("planner", TopicPartition("t", 0), group, restored) == begins


@pytest.mark.parametrize("state", [{}, {"t": 6}, {"t": 8}])
def test_an_offset_without_its_state_is_refused(state: dict[str, int]) -> None:
    with pytest.raises(Misconfigured):
        restore.start("planner", TopicPartition("t", 0), 7, Restored(offsets=state))


def moved_to(around: World, place: TopicPartition, offset: int | None) -> int | None:
    """Move the stage; None while its last member's session lasts."""
    with contextlib.suppress(Misconfigured):
        return reset_offset(around.settings, Counting(around.settings), place, offset)
    return None


def test_restoring_waits_for_a_transaction_whose_marker_is_late(around: World) -> None:
    """KAFKA-10167: the changelog's end is beyond an open transaction; serving before its outcome would lose it."""
    restored, done = late_marker(around, lambda producer: producer.commit_transaction(10))
    assert done == [False, True]
    assert restored[PARTITION].values == {"k": b"2"}


def test_restoring_leaves_out_a_transaction_that_aborts_late(around: World) -> None:
    restored, done = late_marker(around, lambda producer: producer.abort_transaction(10))
    assert done == [False, True]
    assert restored[PARTITION].values == {"k": b"1"}


def late_marker(around: World, end: Callable[[Producer], Any]) -> tuple[dict[int, Restored], list[bool]]:
    """Write k=1 and, in a transaction that ends only while the restore runs, k=2; return what was restored."""
    changelog = topics.hub(around.settings.namespace, "allocator-changelog")
    config = {"bootstrap.servers": bootstrap(around), "transactional.id": f"{around.settings.namespace}test"}
    producer = Producer(config)
    producer.init_transactions(30)
    for value in (b"1", b"2"):
        producer.begin_transaction()
        producer.produce(changelog, value, b"s:k", partition=PARTITION)
        producer.flush(10)
        if value == b"1":
            producer.commit_transaction(10)
    restored: dict[int, Restored] = {}

    def work() -> None:
        until = restore.ends(clients.admin(around.settings), changelog, [PARTITION])
        reader = clients.reader(around.settings)
        restored.update(restore.read(reader, changelog, until))
        reader.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(2)
    done = [bool(restored)]
    end(producer)
    thread.join(30)
    return restored, [*done, bool(restored)]


def test_committed_offsets_wait_until_they_are_stable(around: World) -> None:
    group = clients.group(around.settings, "allocator")
    topic = topics.hub(around.settings.namespace, "allocation")
    config = {"bootstrap.servers": bootstrap(around), "transactional.id": f"{around.settings.namespace}test"}
    reading = {"bootstrap.servers": bootstrap(around), "group.id": group, "isolation.level": "read_committed"}
    producer, member = Producer(config), Consumer(reading)
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.send_offsets_to_transaction([KafkaPartition(topic, PARTITION, 7)], member.consumer_group_metadata(), 10)
    place, found = TopicPartition(topic, PARTITION), list[Any]()
    thread = threading.Thread(target=lambda: found.append(restore.committed(member, group, [place])))
    thread.start()
    thread.join(1)
    assert found == []
    producer.commit_transaction(10)
    thread.join(30)
    member.close()
    assert found == [{(topic, PARTITION): 7}]


def test_every_call_of_a_fenced_producer_says_that_it_is_fenced(around: World) -> None:
    topic = topics.hub(around.settings.namespace, "clock")
    loser = clients.producer(around.settings, "probe", "one")
    loser.init_transactions(30)
    loser.begin_transaction()
    loser.produce(topic, b"first", b"key")
    winner = clients.producer(around.settings, "probe", "one")
    winner.init_transactions(30)

    def fenced() -> bool:
        with contextlib.suppress(Fenced, Aborted):
            loser.produce(topic, b"again", b"key")
            loser.flush(1)
            return False
        return True

    wait_for(fenced, "the broker has said that a newer one has begun")
    steps: list[Callable[[], object]] = [
        lambda: loser.produce(topic, b"late", b"key"),
        lambda: loser.commit_transaction(10),
        lambda: loser.abort_transaction(10),
        loser.begin_transaction,
        lambda: loser.init_transactions(10),
    ]
    for step in steps:
        with pytest.raises(Fenced):
            step()
    winner.begin_transaction()
    winner.produce(topic, b"won", b"key")
    winner.commit_transaction(10)
    assert [message.raw for message in around.read("hub.clock")] == [b"won"]


def made_again(admin: AdminClient, topic: str) -> bool:
    """Create a topic; false while its former self is still going."""
    with contextlib.suppress(KafkaException):
        admin.create_topics([NewTopic(topic, 6, 1)])[topic].result(30)
        return True
    return False
