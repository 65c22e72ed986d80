"""What Kafka would refuse of one record's outputs or state is that record's trouble only, on the real broker."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest
from confluent_kafka import TopicPartition

from kranhub.broker import topics
from streams.processor import Context, Outputs, Record, State
from streams.processor.kafka import clients
from tests.support.counting import Counting, counts, feed, started
from tests.support.stack import Stack
from tools.harness.core import World, wait_for, world
from tools.harness.settings import new_namespace

pytestmark = pytest.mark.stack

Bad = Callable[[str, State, Outputs], None]


@dataclass
class Isolating(Counting):
    """Counts as `Counting` does; then does something bad with the records that are called bad."""

    bad: Bad = lambda namespace, state, outputs: None

    def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
        super().process(record, state, outputs, ctx)
        if record.key == "bad":
            self.bad(self.settings.namespace, state, outputs)


def has_counted(around: World, expected: list[str]) -> bool:
    return sorted(count for _, count in counts(around)) == expected


@pytest.fixture
def around(stack: Stack) -> Iterator[World]:
    with world(stack.prepare(new_namespace(), "sibir-terminal")) as found:
        yield found


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (lambda namespace, state, outputs: state.put("large", b"x" * 6_000_000), "too-large"),
        (
            lambda namespace, state, out: out.forward(topics.hub(namespace, "nowhere"), b"k", b"v"),
            "unknown-topic",
        ),
        (lambda namespace, state, out: out.forward("no topic\0", b"k", b"v"), "unknown-topic"),
        (lambda namespace, state, outputs: state.put("\udcff", "text"), "defect"),
    ],
)
def test_the_stream_goes_on_and_the_state_counts_on(around: World, bad: Bad, code: str) -> None:
    with started(Isolating(around.settings, bad=bad), around):
        feed(around, "a", "bad", "a")
        wait_for(lambda: len(counts(around)) == 2, "the others went on")
    assert counts(around) == [("a", "1"), ("a", "2")]
    assert [(letter["code"], letter["key"]) for letter in around.dead_letters()] == [(code, "bad")]


def test_state_under_a_key_that_is_not_text_comes_back(around: World) -> None:
    topic = topics.hub(around.settings.namespace, "allocation")
    for expected in (["1", "1"], ["1", "1", "2", "2"]):
        with started(Isolating(around.settings), around):
            for key in (b"\xff", b"\xfe"):
                around.producer.send(topic, key=key, value=b"x", partition=2).get(30)
            wait_for(partial(has_counted, around, expected), "both are counted")


class NotText(str):
    """A header's name that a client writes as bytes that are not UTF-8."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


def test_unreadable_headers_are_seen_however_often_headers_were_read(around: World) -> None:
    """The interpreter calls differently what it has called often, and then misses what the client reports."""
    topic = topics.hub(around.settings.namespace, "allocation")
    for headers in ([("good", b"1")], [(NotText("x"), b"2")], [(NotText("x"), b"2")]):
        around.producer.send(topic, key=b"k", value=b"x", headers=headers, partition=2).get(30)
    consumer = clients.reader(around.settings)
    consumer.assign([TopicPartition(topic, 2, 0)])
    good, *bad = [consumer.poll(30) for _ in range(3)]
    for _ in range(1000):
        assert Record.of(good).headers == [("good", b"1")]
    found = [Record.of(message) for message in bad]
    assert [(record.readable, record.headers, record.key) for record in found] == [(False, [], "k")] * 2
    consumer.close()
