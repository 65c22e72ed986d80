"""Notices that the client fetches no more from a partition in which committed records wait.

After a broker has come back librdkafka's fetcher of one partition can stand still for ever, while all the others go on
(its states `validate-epoch-wait` and `offset-query`). `poll` says nothing of it, and the group's lag only grows. The
client's own statistics tell how far it has fetched, commit markers included; the broker tells where the committed
records end. A process whose client stands still ends, and its supervisor starts one with new clients.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

from streams.exactly_once.changelog import Place

LOOK_S = 5.0
"""Between two looks; also how often librdkafka gives its statistics."""

PATIENCE_S = 20.0
"""For how long a partition may stand still: longer than a leader's election or a broker's short absence takes."""


class Fetched(NamedTuple):
    """How far the client has fetched: the ``next`` offset, and how many fetched records it has not handed over yet."""

    next: int
    queued: int


def fetched(statistics: str) -> dict[Place, Fetched]:
    """Return what librdkafka's statistics (JSON) say of every partition that it fetches from."""
    if not statistics:
        return {}
    return {
        (topic["topic"], part["partition"]): Fetched(part["next_offset"], part["fetchq_cnt"])
        for topic in json.loads(statistics)["topics"].values()
        for part in topic["partitions"].values()
        if part["partition"] >= 0 and part["next_offset"] >= 0
    }


class Fetchers:
    """Remembers since when each partition's fetcher stands where it stands, although there is more."""

    def __init__(self) -> None:
        """Begin without a partition."""
        self._since: dict[Place, tuple[int, float]] = {}

    def forget(self) -> None:
        """Forget everything: the broker does not answer, or the partitions were given anew."""
        self._since = {}

    def stalled(self, now: float, positions: Mapping[Place, Fetched], ends: Mapping[Place, int]) -> list[Place]:
        """Return the partitions that have stood still for longer than `PATIENCE_S` while committed records wait.

        Args:
            now: monotonic seconds.
            positions: how far each partition was fetched.
            ends: the offset after each partition's last committed record (the last stable offset).
        """
        behind = {
            place: found.next
            for place, found in positions.items()
            if found.next < ends.get(place, 0) and not found.queued
        }
        former = self._since
        self._since = {
            place: former[place] if former.get(place, (-1, now))[0] == at else (at, now) for place, at in behind.items()
        }
        return sorted(place for place, (_, since) in self._since.items() if now - since > PATIENCE_S)
