"""The day itself: customers, plants and time, at a pace that the core can follow; then days until nothing moves."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from kranhub.broker import topics
from kranhub.settings import Settings
from kranhub.wire.envelope import Envelope
from tools.simulation.pulse import Pulse
from tools.simulation.run import Players
from tools.simulation.script import Act
from tools.simulation.sending import Post
from tools.simulation.timetable import CLOSING, DAY, EVE, HOUR, HOURS, MINUTE, OPENING, TICK_EVERY_MINUTES, TICK_LATE

RATE = 70.0
"""Orders per second, where the core can follow."""

SHORTEST_S = 16.0
"""A day of few orders takes so long."""

MOST_BEHIND, LOOK_EVERY_MINUTES = 1_500, 5
"""Records that a stage may be behind, else the day stands still; and how often that is looked at."""

MOST_DAYS, STILL_DAYS = 16, 4
"""Days that pass after the day, at most, and without a word before it is over: more than an answer may take."""

Step = Callable[[datetime], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Played:
    """How the day went: real seconds from the first order until all was said, days that passed, documents written."""

    seconds: float
    days: int
    written: int


@dataclass(slots=True)
class Day:
    """Who takes part."""

    settings: Settings
    post: Post
    players: Players
    pulse: Pulse
    ticked: datetime = EVE - MINUTE

    def play(self, acts: Iterable[Act], orders: int, step: Step) -> Played:
        """Play the acts and what follows; ``step`` shows each hour and each later day. Raises `Failed`."""
        self._pass(EVE)
        self.pulse.wait_until_still()
        began, left = time.monotonic(), deque(acts)
        minute_s = max(SHORTEST_S, orders / RATE) / ((CLOSING - OPENING) / MINUTE)
        for number in range(HOURS):
            with step(OPENING + number * HOUR):
                self._hour(OPENING + number * HOUR, left, minute_s)
        self.pulse.wait_until_still()
        self._pass(CLOSING)
        self.pulse.wait_until_still()
        seconds = time.monotonic() - began
        days = sum(1 for _ in self._days(step))
        return Played(seconds, days, self.post.written + self.players.wait().written)

    def _hour(self, begin: datetime, left: deque[Act], minute_s: float) -> None:
        """Play the acts of an hour, minute by minute; each takes so many seconds, or as many as the core needs."""
        for number in range(1, 61):
            now, until = begin + number * MINUTE, time.monotonic() + minute_s
            while left and left[0].at <= now:
                act = left.popleft()
                self.post.send(act.member, act.subject, act.key, act.event_id, act.value, at=now)
            self.players.tell(now)
            if number % TICK_EVERY_MINUTES == 0:
                self.tick(now - TICK_LATE)
            if number % LOOK_EVERY_MINUTES == 0:
                self.post.flush()
                self.pulse.wait_until_near(MOST_BEHIND)
            time.sleep(max(0.0, until - time.monotonic()))

    def _days(self, step: Step) -> Iterator[datetime]:
        """Let days pass until for some of them nobody was told anything and no plant has anything to say."""
        still, said = 0, self.pulse.said()
        for number in range(1, MOST_DAYS + 1):
            now = OPENING + number * DAY
            with step(now):
                self._pass(now)
                self.pulse.wait_until_still()
                heard = self.pulse.said()
            yield now
            still, said = (still + 1 if heard == said else 0), heard
            if still >= STILL_DAYS:
                return

    def _pass(self, now: datetime) -> None:
        """Let it be this time, for the plants and for the hub."""
        self.players.tell(now)
        self.players.wait()
        self.tick(now)
        self.post.flush()

    def tick(self, now: datetime) -> None:
        """Say the time to the stages, as the hub's clock does; it never goes back."""
        if now <= self.ticked:
            return
        self.ticked = now
        head = Envelope(f"hub/Tick/{now.isoformat()}", "/hub/clock", "kranhub.Tick", now, now)
        for name in ("work", "allocation"):
            topic = topics.hub(self.settings.namespace, name)
            self.post.broadcast(topic, self.settings.work_partitions, "Tick", {"time": now}, head)
