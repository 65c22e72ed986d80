"""Notices that the client fetches no more from a partition in which committed records wait.

Once, after the only broker had come back, one partition of a stage got no more records while all others went on
(ADR 5). `poll` does not report such a fetcher, and the group's lag only grows. The client's own statistics show how far
it has fetched, commit markers included; the broker knows where the committed records end. A process whose client stands
still ends, and its supervisor starts one with new clients.
"""

import json
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from kranhub.wire.locations import TopicPartition

STATISTICS_INTERVAL_S = 5.0
"""How often librdkafka gives its statistics, and so the time between two looks."""

PATIENCE_S = 20.0
"""For how long a partition may stand still: longer than a leader's election or a broker's short absence takes."""


class Fetched(NamedTuple):
    """How far the client has fetched a partition.

    Attributes:
        next: The next offset to fetch.
        queued: How many fetched records it has not handed over yet.
    """

    next: int
    queued: int


def fetched(statistics: str) -> dict[TopicPartition, Fetched]:
    """Return, from librdkafka's statistics (JSON), how far every partition that it fetches from is."""
    return {
        TopicPartition(topic["topic"], part["partition"]): Fetched(part["next_offset"], part["fetchq_cnt"])
        for topic in json.loads(statistics)["topics"].values()
        for part in topic["partitions"].values()
        if part["partition"] >= 0 and part["next_offset"] >= 0
    }


class Fetchers:
    """Remembers since when each partition's fetcher stands where it stands, although there is more."""

    def __init__(self) -> None:
        """Begin without a partition."""
        self.forget()

    def forget(self) -> None:
        """Forget everything: the broker does not answer, or the partitions were given anew."""
        self._since: dict[TopicPartition, tuple[int, float]] = {}
        self._statistics = ""

    def take_statistics(self, statistics: str) -> None:
        """Take librdkafka's newest statistics (JSON)."""
        self._statistics = statistics

    def stalled(
        self,
        now: float,
        served: Collection[TopicPartition],
        ask: Callable[[Collection[TopicPartition]], Mapping[TopicPartition, int]],
    ) -> list[TopicPartition]:
        """Return the partitions that have stood still for longer than `PATIENCE_S` while committed records wait.

        Statistics are looked at once: old ones do not show what the client has fetched since. Without new ones this
        returns at once.

        Args:
            now: monotonic seconds.
            served: the partitions that the process serves.
            ask: returns the offset after each partition's last committed record (the last stable offset).
        """
        if not self._statistics:
            return []
        statistics, self._statistics = self._statistics, ""
        positions = {place: found for place, found in fetched(statistics).items() if place in served}
        if not positions:
            return []
        ends, former = ask(positions), self._since
        behind = {p: found.next for p, found in positions.items() if found.next < ends.get(p, 0) and not found.queued}
        self._since = {
            place: former[place] if former.get(place, (-1, now))[0] == at else (at, now) for place, at in behind.items()
        }
        return sorted(place for place, (_, since) in self._since.items() if now - since > PATIENCE_S)
