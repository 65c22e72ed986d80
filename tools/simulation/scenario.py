"""The scenario: a day of customers and plants at a pace that the core can follow, then days until promises are due."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from kranhub.broker import topics
from kranhub.settings import Settings
from kranhub.wire.envelope import Envelope
from tools.simulation.core_progress import CoreProgress
from tools.simulation.customers import CustomerDocument
from tools.simulation.producer import DocumentProducer
from tools.simulation.run import PlantsProcess
from tools.simulation.timetable import (
    CLOSING,
    DAY,
    DAYS,
    EVE,
    HOUR,
    HOURS,
    MINUTE,
    OPENING,
    TICK_EVERY_MINUTES,
    TICK_LATE,
)

RATE = 70.0
"""Orders per second, as long as the core can keep up."""

SHORTEST_S = 16.0
"""How long a day with few orders takes."""

MOST_BEHIND, LOOK_EVERY_MINUTES = 1_500, 5
"""The lag of a stage above which the day waits, and how often that is checked."""

Step = Callable[[datetime], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class DayResult:
    """How the day passed.

    Attributes:
        seconds: Real seconds of the day, from the first order until the core was idle.
        written: How many documents members have written.
    """

    seconds: float
    written: int


@dataclass(slots=True)
class Day:
    """Who takes part."""

    settings: Settings
    producer: DocumentProducer
    plants_process: PlantsProcess
    progress: CoreProgress
    ticked: datetime = EVE - MINUTE

    def play(self, documents: Iterable[CustomerDocument], orders: int, step: Step) -> DayResult:
        """Play the day's documents and what follows.

        Args:
            documents: What customers send, in the order of time.
            orders: How many orders are among them.
            step: Shows each hour and each later day.

        Raises:
            Failed: Where the core or the plants' process ends, or the core does not become idle.
        """
        self._pass(EVE)
        self.progress.wait_until_idle()
        began, left = time.monotonic(), deque(documents)
        minute_s = max(SHORTEST_S, orders / RATE) / ((CLOSING - OPENING) / MINUTE)
        for number in range(HOURS):
            with step(OPENING + number * HOUR):
                self._hour(OPENING + number * HOUR, left, minute_s)
        self.progress.wait_until_idle()
        self._pass(CLOSING)
        self.progress.wait_until_idle()
        seconds = time.monotonic() - began
        self._days(step)
        return DayResult(seconds, self.producer.written + self.plants_process.wait().written)

    def _hour(self, begin: datetime, left: deque[CustomerDocument], minute_s: float) -> None:
        """Play the acts of an hour, minute by minute; each takes so many seconds, or as many as the core needs."""
        for number in range(1, 61):
            now, until = begin + number * MINUTE, time.monotonic() + minute_s
            while left and left[0].at <= now:
                document = left.popleft()
                self.producer.send(
                    document.member, document.subject, document.key, document.event_id, document.value, at=now
                )
            self.plants_process.send_time(now)
            if number % TICK_EVERY_MINUTES == 0:
                self.tick(now - TICK_LATE)
            if number % LOOK_EVERY_MINUTES == 0:
                self.producer.flush()
                self.progress.wait_until_lag_below(MOST_BEHIND)
            time.sleep(max(0.0, until - time.monotonic()))

    def _days(self, step: Step) -> None:
        """Let the days pass that follow."""
        for number in range(1, DAYS + 1):
            now = CLOSING + number * DAY
            with step(now):
                self._pass(now)
                self.progress.wait_until_idle()

    def _pass(self, now: datetime) -> None:
        """Let it be this time, for the plants and for the hub."""
        self.plants_process.send_time(now)
        self.plants_process.wait()
        self.tick(now)
        self.producer.flush()

    def tick(self, now: datetime) -> None:
        """Say the time to the stages, as the hub's clock does; it never goes back."""
        if now <= self.ticked:
            return
        self.ticked = now
        head = Envelope(f"hub/Tick/{now.isoformat()}", "/hub/clock", "kranhub.Tick", now, now)
        for name in ("work", "allocation"):
            topic = topics.hub(self.settings.namespace, name)
            self.producer.broadcast(topic, self.settings.work_partitions, "Tick", {"time": now}, head)
