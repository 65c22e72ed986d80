"""The stage clock: makes time an event. Of the workers' records of one period the stages behind see one tick."""

from datetime import UTC, datetime

from kranhub.broker import topics
from kranhub.settings import Settings
from kranhub.wire.codec import Codec
from kranhub.wire.messages import Subject
from streams.processor import Context, Document, Outputs, Record, State

_LAST = "last"


class Clock:
    """Reads hub.clock, one partition; remembers the last tick, so each is sent once, however many workers write.

    The time is the broker's (`Record.timestamp`): a worker whose clock is wrong changes nothing. Ticks never go back:
    where the broker's clock does (a leader on another machine, a clock set right), none is sent until it has caught up.
    """

    name = "clock"
    state_version = 1

    def __init__(self, settings: Settings, codec: Codec) -> None:  # noqa: ARG002  (a stage's interface)
        """Take the namespace and the period; the codec is of no use here."""
        self.inputs = (topics.hub(settings.namespace, "clock"),)
        self.changelog = topics.hub(settings.namespace, "clock-changelog")
        self._period_s = settings.tick_s
        self._targets = [topics.hub(settings.namespace, name) for name in ("work", "allocation", "outbox")]

    def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:  # noqa: ARG002  (a stage's interface)
        """Broadcast a tick for the first record of a period that is later than the last tick.

        Args:
            record: A worker's record; only the broker's time of it counts.
            state: The state of its partition.
            outputs: What the stage sends.
            ctx: Not used.
        """
        time = floor(record.timestamp, self._period_s)
        tick = time.isoformat().encode()
        last = state.get(_LAST)
        if last is not None and tick <= last:  # UTC, whole seconds: in this form instants sort as text
            return
        state.put(_LAST, tick)
        for target in self._targets:
            outputs.broadcast(target, Document(Subject.TICK, {"time": time}, f"hub/Tick/{time.isoformat()}", time=time))


def floor(time: datetime, period_s: int) -> datetime:
    """Return the beginning, in UTC, of the period (counted from the epoch) in which the time lies."""
    seconds = int(time.timestamp())
    return datetime.fromtimestamp(seconds - seconds % period_s, UTC)
