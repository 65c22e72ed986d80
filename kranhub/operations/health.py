"""The health of this process, for ``/livez`` and ``/readyz``: whether its loops still move, and whether it serves."""

import time

from pydantic import BaseModel

from kranhub.text import Text

STARTING = Text(en="It has not begun to serve yet.", ru="Ещё не обслуживает.")
GIVEN_BACK = Text(
    en="It has given its partitions back and waits for new ones.", ru="Разделы возвращены, ожидаются новые."
)
STOPPING = Text(en="It is being stopped.", ru="Останавливается.")


class LoopHealth(BaseModel):
    """One loop as it is now.

    Attributes:
        name: Its name.
        ok: Whether it is well.
        age_s: How many seconds ago it last made progress; None where none is expected.
        reason: Why it is not well; empty where it is.
    """

    name: str
    ok: bool
    age_s: float | None = None
    reason: str = ""


class Health(BaseModel):
    """The answer of an endpoint: whether all is well, and each loop."""

    ok: bool
    loops: list[LoopHealth]


class Loop:
    """One loop of this process, which reports its progress, and whether it serves. Thread-safe.

    It is alive while it has made progress within ``bound_s`` seconds, the most that its longest step may take, or while
    it is idle.
    """

    def __init__(self, name: str, bound_s: float) -> None:
        """Begin idle, and not serving."""
        self.name, self._bound_s = name, bound_s
        self._progressed: float | None = None
        self._waits: Text | None = STARTING

    def progressed(self) -> None:
        """Note that it has just made progress, and will make more."""
        self._progressed = time.monotonic()

    def idle(self) -> None:
        """Note that it has nothing to do; until the next progress none is expected."""
        self._progressed = None

    def serves(self) -> None:
        """Note that it serves."""
        self._waits = None

    def waits(self, why: Text) -> None:
        """Note that it does not serve now, and why."""
        self._waits = why

    def live(self) -> LoopHealth:
        """Return whether it still makes progress."""
        last = self._progressed
        if last is None:
            return LoopHealth(name=self.name, ok=True)
        age = round(time.monotonic() - last, 1)
        stands = Text(
            en=f"It stands still: its longest step may take {self._bound_s:.0f} s. Restart the process.",
            ru=f"Стоит на месте: самый долгий шаг занимает не более {self._bound_s:.0f} с. Перезапустите процесс.",
        )
        ok = age <= self._bound_s
        return LoopHealth(name=self.name, ok=ok, age_s=age, reason="" if ok else str(stands))

    def ready(self) -> LoopHealth:
        """Return whether it serves."""
        waits = self._waits
        return LoopHealth(name=self.name, ok=waits is None, reason=str(waits or ""))


class Loops:
    """The loops of a process."""

    def __init__(self) -> None:
        """Begin without any loop: alive, and not serving."""
        self._loops: dict[str, Loop] = {}

    def loop(self, name: str, bound_s: float) -> Loop:
        """Return a new loop; it replaces an earlier one of the same name."""
        self._loops[name] = Loop(name, bound_s)
        return self._loops[name]

    def live(self) -> Health:
        """Return whether every loop still makes progress."""
        found = [loop.live() for loop in [*self._loops.values()]]
        return Health(ok=all(loop.ok for loop in found), loops=found)

    def ready(self) -> Health:
        """Return whether there are loops, and each serves."""
        found = [loop.ready() for loop in [*self._loops.values()]]
        return Health(ok=bool(found) and all(loop.ok for loop in found), loops=found)


LOOPS = Loops()
"""The loops of this process."""
