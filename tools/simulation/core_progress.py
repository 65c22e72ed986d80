"""Whether the core still works, as the broker sees it: which topics grow, and how far behind a stage is."""

import time
from collections.abc import Callable, Iterable

from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec

from benchmarks.cluster import Cluster
from kranhub.broker import topics
from kranhub.errors import Failed
from kranhub.settings import Settings
from kranhub.text import Text

STILL_S = 1.0
"""When no topic has grown for so long, not even by a stage's offsets, the core has nothing to do."""

PATIENCE_S = 180.0
POLL_S = 0.1

_CHANGELOGS = ("planner-changelog", "allocator-changelog", "dispatch-changelog")
_NO_LEADER_YET = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
)
_STAGES = (("planner", "work"), ("allocator", "allocation"))


class CoreProgress:
    """Looks at the namespace's topics."""

    def __init__(self, cluster: Cluster, settings: Settings, members: Iterable[str], alive: Callable[[], str | None]):
        """Take where to look; ``alive`` returns why the core has ended, or None."""
        self._admin, self._settings, self._alive = cluster.admin, settings, alive
        space, parts = settings.namespace, settings.work_partitions
        names = ("work", "allocation", "outbox", *_CHANGELOGS)
        self._grow = [TopicPartition(topics.hub(space, name), number) for name in names for number in range(parts)]
        self._to_members = [
            TopicPartition(topics.inbound(space, member, kind), 0) for member in members for kind in topics.IN_KINDS
        ]

    def wait_until_started(self) -> None:
        """Return when the core has passed on its master data and is idle.

        Raises:
            Failed: When the core has ended, or does not become idle.
        """
        self._wait_for(lambda: self._ends(self._grow) > 0, "no master data")
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        """Return when nothing grows any more.

        Raises:
            Failed: When the core has ended, or does not become idle.
        """
        last, since = -1, time.monotonic()

        def still() -> bool:
            nonlocal last, since
            if (found := self._ends([*self._grow, *self._to_members])) != last:
                last, since = found, time.monotonic()
            return time.monotonic() - since >= STILL_S

        self._wait_for(still, "not at rest")

    def wait_until_lag_below(self, most: int) -> None:
        """Return when no stage has more than so many records to read. Transaction markers count as records, too.

        Raises:
            Failed: When the core has ended, or does not catch up.
        """
        space = self._settings.namespace
        self._wait_for(
            lambda: all(self._lag(stage, topics.hub(space, name)) <= most for stage, name in _STAGES), "far behind"
        )

    def _wait_for(self, condition: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if (why := self._alive()) is not None:
                raise Failed(_over(why))
            if time.monotonic() > deadline:
                raise Failed(_over(f"{otherwise} after {PATIENCE_S:.0f} s"))
            time.sleep(POLL_S)

    def _lag(self, stage: str, topic: str) -> int:
        places = [TopicPartition(topic, number) for number in range(self._settings.work_partitions)]
        group = ConsumerGroupTopicPartitions(f"{self._settings.namespace}core.{stage}", places)
        (answer,) = self._admin.list_consumer_group_offsets([group]).values()
        committed = sum(max(0, place.offset) for place in answer.result(PATIENCE_S).topic_partitions)
        return self._ends(places) - int(committed)

    def _ends(self, places: list[TopicPartition]) -> int:
        wanted = {place: OffsetSpec.latest() for place in places}
        answers = self._admin.list_offsets(wanted, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=30)
        try:
            return sum(int(answer.result().offset) for answer in answers.values())
        except KafkaException as raised:
            if raised.args[0].code() not in _NO_LEADER_YET:
                raise
            self._admin.list_topics(timeout=10)
            return 0


def _over(why: str) -> Text:
    return Text(
        en=f"The core did not come through the day: {why}. Run it again, and look at the core's log.",
        ru=f"Ядро не прошло день: {why}. Запустите ещё раз и посмотрите журнал ядра.",
    )
