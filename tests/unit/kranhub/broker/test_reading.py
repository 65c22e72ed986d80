"""Reading to the end: every record up to where the partitions ended at first, and an end to waiting."""

import time
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from kafka import TopicPartition

from kranhub.broker.reading import EndNotReached, read_to_end

ONE, TWO = TopicPartition("t", 0), TopicPartition("t", 1)


class Scripted:
    """A consumer whose polls are given: offsets by partition; a poll without records moves nothing."""

    def __init__(self, ends: Mapping[TopicPartition, int], *polls: Mapping[TopicPartition, Sequence[int]]) -> None:
        self._ends, self._polls = dict(ends), list(polls)
        self._positions = dict.fromkeys(ends, 0)

    def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return {partition: self._ends[partition] for partition in partitions}

    def position(self, partition: TopicPartition) -> int:
        return self._positions[partition]

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        found = self._polls.pop(0) if self._polls else {}
        for partition, offsets in found.items():
            self._positions[partition] = offsets[-1] + 1
            self._ends[partition] = max(self._ends[partition], offsets[-1] + 5)  # more is written meanwhile
        return {partition: [SimpleNamespace(offset=offset) for offset in found[partition]] for partition in found}


def offsets(consumer: Any, **given: Any) -> list[int]:
    return [record.offset for record in read_to_end(consumer, [ONE, TWO], **given)]


def test_it_reads_until_every_partition_has_passed_its_first_end() -> None:
    assert offsets(Scripted({ONE: 2, TWO: 1}, {ONE: [0]}, {}, {TWO: [0]}, {ONE: [1]}, {ONE: [2]})) == [0, 0, 1]


def test_it_reads_nothing_of_empty_partitions_and_up_to_given_ends() -> None:
    assert offsets(Scripted({ONE: 0, TWO: 0}, {ONE: [0]})) == []
    assert offsets(Scripted({ONE: 0, TWO: 0}, {ONE: [0]}), ends={ONE: 1, TWO: 0}) == [0]


def test_it_gives_up_once_nothing_has_come_for_long_and_what_came_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    coming = read_to_end(Scripted({ONE: 9, TWO: 0}, {}, {ONE: [0]}, {}), [ONE, TWO], patience_s=10)
    assert next(coming).offset == 0
    with pytest.raises(EndNotReached):
        next(coming)
