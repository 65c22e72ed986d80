"""The processor itself: what a stage may raise, who may run, how state comes back, which offsets it refuses."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from kranhub.broker import admin, topics
from kranhub.errors import Failed, Fenced, InvalidDocument, Misconfigured, Unavailable
from kranhub.operations import logs
from kranhub.text import Text
from kranhub.wire.messages import Subject
from streams.admin import core_process
from streams.processor import Context, Document, Outputs, Record, State
from streams.processor.kafka import clients, stalled_fetch
from streams.processor.kafka.guarded import GuardedClient
from tests.support.counting import ANY, PARTITION, Counting, counts, feed, started
from tests.support.refusals import Refusal
from tests.support.stack import Stack
from tools.harness.core import World, wait_for, world
from tools.harness.settings import new_namespace

pytestmark = pytest.mark.stack

WORDS = Text(en="no", ru="нет")


UNFIT: Any = {"time": "noon"}


@pytest.fixture
def around(stack: Stack) -> Iterator[World]:
    with world(stack.prepare(new_namespace(), "sibir-terminal")) as found:
        yield found


def test_a_record_sees_what_the_one_before_wrote_and_a_restart_goes_on(around: World) -> None:
    with started(Counting(around.settings), around):
        feed(around, "a", "a", "b")
        wait_for(lambda: len(counts(around)) == 3, "three counts")
    with started(Counting(around.settings), around):
        feed(around, "a")
        wait_for(lambda: len(counts(around)) == 4, "the fourth")
    assert counts(around) == [("a", "1"), ("a", "2"), ("a", "3"), ("b", "1")]


def test_a_refused_record_leaves_nothing_but_its_dead_letter(around: World) -> None:
    def refuse(record: Record) -> None:
        if record.key == "bad":
            raise InvalidDocument(Refusal.NO_GOOD, WORDS)

    with started(Counting(around.settings, refuse), around):
        feed(around, "a", "bad", "a")
        wait_for(lambda: len(counts(around)) == 2, "the others went on")
    (letter,) = around.dead_letters()
    assert (letter["code"], letter["stage"], letter["key"], letter["original"]) == ("no-good", "allocator", "bad", b"x")
    assert (letter["partition"], letter["offset"]) == (PARTITION, 1)
    assert counts(around) == [("a", "1"), ("a", "2")]


def test_a_defect_is_isolated_after_bounded_retries(around: World) -> None:
    tries: list[int] = []

    def break_down(record: Record) -> None:
        if record.key == "poison":
            tries.append(1)
            raise ZeroDivisionError

    with started(Counting(around.settings, break_down), around):
        feed(around, "poison", "a")
        wait_for(lambda: counts(around) == [("a", "1")], "the stream moves on")
    assert len(tries) == 3
    assert [letter["code"] for letter in around.dead_letters()] == ["defect"]


def test_an_absent_system_aborts_and_the_batch_comes_again(around: World) -> None:
    away = [True]

    def sometimes(record: Record) -> None:
        if record.key == "b" and away:
            away.pop()
            raise Unavailable(WORDS, retry_after=0.1)

    stage = Counting(around.settings, sometimes)
    with started(stage, around):
        feed(around, "a", "b", "a")
        wait_for(lambda: len(counts(around)) == 3, "all three, once")
    assert counts(around) == [("a", "1"), ("a", "2"), ("b", "1")]
    assert around.dead_letters() == []


def test_the_same_instance_elsewhere_fences_the_former(around: World) -> None:
    with started(Counting(around.settings), around) as former:
        feed(around, "a")
        wait_for(lambda: counts(around), "the former works")
        with started(Counting(around.settings), around):
            feed(around, "b", "c")
            wait_for(lambda: len(counts(around)) == 3, "the newer works")
            error = former.error()
    assert isinstance(error, Fenced)
    assert error.exit_code == 1
    assert counts(around) == [("a", "1"), ("b", "1"), ("c", "1")]


def test_two_instances_share_the_partitions_and_state_moves(around: World) -> None:
    first, second = Counting(around.settings), Counting(around.settings)
    topic = topics.hub(around.settings.namespace, "allocation")
    keys = [f"k{number}" for number in range(60)]
    with started(first, around, "0"):
        for key in keys:
            around.producer.send(topic, key=key.encode(), value=b"x").get(30)
        wait_for(lambda: len(counts(around)) == 60, "the first round")
        with started(second, around, "1"):

            def both() -> bool:
                for key in keys[:6]:
                    around.producer.send(topic, key=key.encode(), value=b"x").get(30)
                return bool(second.seen)

            wait_for(both, "the second gets partitions")
            sent = around.producer
            sent.flush()
    by_key: dict[str, list[str]] = {}
    for key, count in counts(around):
        by_key.setdefault(key, []).append(count)
    for found in by_key.values():
        assert sorted(map(int, found)) == list(range(1, len(found) + 1))


def test_the_stamp_of_ingest_is_the_only_clock(around: World) -> None:
    stamps: list[datetime] = []

    @dataclass
    class Clock(Counting):
        def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
            stamps.append(ctx.time)

    topic = topics.hub(around.settings.namespace, "allocation")
    stamp = [("ce_recordedtime", b"2026-01-02T03:04:05Z")]
    with started(Clock(around.settings), around):
        around.producer.send(topic, key=b"a", value=b"x", headers=stamp).get(30)
        wait_for(lambda: stamps, "the record is processed")
    assert stamps == [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)]


def test_a_broadcast_is_seen_in_every_partition_among_its_records(around: World) -> None:
    """Master data as records: each partition's state takes the price at the same place of the input in every run."""

    @dataclass
    class Pricing(Counting):
        def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
            if record.topic.endswith("allocation") and record.key == "price":
                outputs.broadcast(topics.hub(self.settings.namespace, "work"), Document(ANY, b"new price", "p1"))

    def broadcasts() -> list[tuple[int, bytes | None]]:
        return sorted((message.partition, message.raw) for message in around.read("hub.work"))

    with started(Pricing(around.settings), around):
        feed(around, "a", "price", "b")
        wait_for(lambda: len(broadcasts()) == 6, "every partition has it")
    assert broadcasts() == [(partition, b"new price") for partition in range(6)]


def test_a_value_outside_the_output_schema_is_a_dead_letter_and_nothing_is_sent(around: World) -> None:
    @dataclass
    class Wrong(Counting):
        def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
            outputs.send(topics.hub(self.settings.namespace, "work"), "k", Document(ANY, b"first", "x"))
            if record.key == "wrong":
                outputs.send(topics.hub(self.settings.namespace, "work"), "k", Document(Subject.TICK, UNFIT, "y"))

    with started(Wrong(around.settings), around):
        feed(around, "wrong", "a")
        wait_for(lambda: len(around.read("hub.work")) == 1, "the stream goes on")
        letter = wait_for(around.dead_letters, "the dead letter")[0]
    assert (letter["code"], letter["key"]) == ("schema-mismatch", "wrong")


def test_a_record_larger_than_the_output_allows_is_a_dead_letter(around: World) -> None:
    @dataclass
    class Inflating(Counting):
        def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
            size = 2_000_000 if record.key == "large" else 1
            outputs.forward(topics.hub(self.settings.namespace, "work"), b"k", b"x" * size)

    with started(Inflating(around.settings), around):
        feed(around, "large", "small")
        wait_for(lambda: len(around.read("hub.work")) == 1, "the stream goes on")
        letter = wait_for(around.dead_letters, "the dead letter")[0]
    assert (letter["code"], letter["key"]) == ("too-large", "large")


def test_state_of_another_version_is_refused(around: World) -> None:
    with started(Counting(around.settings), around):
        feed(around, "a")
        wait_for(lambda: len(counts(around)) == 1, "one count")
    newer = Counting(around.settings, state_version=2)
    with started(newer, around) as running:
        error = running.error()
    assert isinstance(error, Misconfigured)
    assert "version 1; this release reads version 2" in error.text.en
    assert newer.seen == []


def test_a_namespace_of_another_release_that_lacks_a_topic_is_refused_for_its_state(
    around: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with started(Counting(around.settings), around):
        feed(around, "a")
        wait_for(lambda: len(counts(around)) == 1, "one count")
    with admin.admin(around.settings) as client:
        client.delete_topics([topics.hub(around.settings.namespace, "outbox")])
    monkeypatch.setattr(core_process, "TOPICS_S", 0)
    monkeypatch.setattr(logs, "identify", lambda _process: None)  # this process stays the tests'
    with pytest.raises(Misconfigured, match="holds state of version 1; this release reads version 3"):
        core_process.run(around.settings, ["allocator"], "a", None)
    with pytest.raises(Misconfigured, match="kranhub up"):
        core_process.run(around.settings, ["dispatch"], "a", None)


def test_unequal_partitions_are_refused_by_name(around: World) -> None:
    @dataclass
    class Elsewhere(Counting):
        @property
        def changelog(self) -> str | None:
            return topics.hub(self.settings.namespace, "items")

    with started(Elsewhere(around.settings), around) as running:
        error = running.error()
    assert isinstance(error, Misconfigured)
    assert f"{around.settings.namespace}hub.items: 1" in error.text.en


def test_state_over_its_limit_ends_the_process_before_the_machine_swaps(around: World) -> None:
    small = around.settings.model_copy(update={"state_limit_mb": 1})

    @dataclass
    class Hoarding(Counting):
        def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
            state.put(record.key, b"x" * 400_000)

    hoarding = World(small, around.registry, around.codec, around.producer)
    with started(Hoarding(small), hoarding) as running:
        feed(around, "a", "b", "c")
        error = running.error()
    assert isinstance(error, Failed)
    assert "KRANHUB_STATE_LIMIT_MB" in error.text.en


def test_partitions_that_come_back_unchanged_are_not_read_again(around: World) -> None:
    """A second instance comes and goes; what the first keeps or gets back counts on from where it was."""
    topic = topics.hub(around.settings.namespace, "allocation")
    keys = [f"k{number}" for number in range(30)]

    def send() -> None:
        for key in keys:
            around.producer.send(topic, key=key.encode(), value=b"x").get(30)

    first, second = Counting(around.settings), Counting(around.settings)
    with started(first, around, "0"):
        send()
        wait_for(lambda: len(counts(around)) == 30, "the first round")
        with started(second, around, "1"):
            send()
            wait_for(lambda: len(counts(around)) == 60, "the second round")
        send()
        wait_for(lambda: len(counts(around)) == 90, "the third round, the second instance gone", 60)
    assert counts(around) == sorted((key, str(count)) for key in keys for count in (1, 2, 3))


def test_two_inputs_share_one_state_where_their_partitions_are_equal(around: World) -> None:
    """Co-partitioned inputs: a key's records of both see and change the same value, on whichever worker they are."""

    @dataclass
    class Both(Counting):
        @property
        def inputs(self) -> tuple[str, ...]:
            return tuple(topics.hub(self.settings.namespace, name) for name in ("work", "allocation"))

    first, second = Both(around.settings, said="decisions"), Both(around.settings, said="decisions")
    sent: list[str] = []

    def send(name: str) -> None:
        for key in (f"k{number}" for number in range(20)):
            around.producer.send(topics.hub(around.settings.namespace, name), key=key.encode(), value=b"x")
            sent.append(key)
        around.producer.flush()

    def both_work() -> bool:
        send("work")
        return bool(first.seen and second.seen)

    with started(first, around, "0"), started(second, around, "1"):
        wait_for(both_work, "both workers have partitions")
        send("allocation")
        wait_for(lambda: sum(map(len, counted(around).values())) >= len(sent), "everything is counted", 60)
    expected = {key: list(range(1, sent.count(key) + 1)) for key in set(sent)}
    assert {key: sorted(found) for key, found in counted(around).items()} == expected


def counted(around: World) -> dict[str, list[int]]:
    """Return the counts that were said on hub.decisions, by key."""
    found: dict[str, list[int]] = {}
    for message in around.read("hub.decisions"):
        found.setdefault(message.key, []).append(int(message.raw or b"0"))
    return found


def test_a_client_that_fetches_no_more_from_one_partition_ends_the_process(
    around: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paused partition is what librdkafka's stalled fetcher looks like: no record comes, and no error either."""
    monkeypatch.setattr(stalled_fetch, "PATIENCE_S", 1.0)
    monkeypatch.setattr(clients, "STATISTICS_INTERVAL_S", 0.5)
    consumers: list[GuardedClient] = []

    def consumer(*words: Any) -> GuardedClient:
        consumers.append(opened(*words))
        return consumers[-1]

    opened = clients.consumer
    monkeypatch.setattr(clients, "consumer", consumer)
    with started(Counting(around.settings), around) as running:
        feed(around, "a")
        wait_for(lambda: counts(around) == [("a", "1")], "the first")
        consumers[0].pause([TopicPartition(topics.hub(around.settings.namespace, "allocation"), PARTITION)])
        feed(around, "b")
        error = running.error()
    assert isinstance(error, Unavailable)
    assert f"allocation [{PARTITION}]" in str(error)
    with started(Counting(around.settings), around):
        wait_for(lambda: counts(around) == [("a", "1"), ("b", "1")], "new clients go on")
