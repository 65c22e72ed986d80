"""A process whose wall clock is wrong, by libfaketime; the monotonic clock is left alone."""

from importlib.util import find_spec
from pathlib import Path


class NotInstalled(Exception):
    """There is no libfaketime: it is for Linux on x86-64 only."""


def variables(clock: Path) -> dict[str, str]:
    """Return the variables under which a process reads its wall clock's error from a file, once a second.

    Raises:
        NotInstalled: Where there is no libfaketime.
    """
    spec = find_spec("libfaketime")
    if spec is None or spec.origin is None:
        raise NotInstalled
    library = next(Path(spec.origin).parent.rglob("libfaketime.so.1"))
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # it would make every timed wait of a JVM last half a second
    }


def set_clock(clock: Path, hours: int) -> None:
    """Say in the file by how much the processes' clock is wrong."""
    draft = clock.with_suffix(".new")
    draft.write_text(f"{hours * 3600:+d}\n", encoding="ascii")
    draft.replace(clock)
