"""Too little memory for one connector: first the system kills it, then it is not given enough to start."""

from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from kranhub.operations import supervision
from kranhub.operations.supervision import RUN, Supervised
from tools.faults.installation.installation import Installation
from tools.faults.installation.waiting import has_more, wait_for

PLANT = "oemz"
TOO_LITTLE = 200 * 1024 * 1024
"""A limit of addresses, in bytes: the supervisor needs 80 MB, a connector about 500."""


def memory_limit(here: Installation) -> None:
    """A connector is killed, and its next start gets too little memory; once it gets enough it works again."""
    assert here.hub is not None
    others = {child.name: child.pid for child in _children(here) if child.name != PLANT}
    with _little_memory(here):
        pid = _child(here).pid
        assert pid is not None
        psutil.Process(pid).kill()
        wait_for(lambda: _child(here).exit_code == -9, "the supervisor notices that it was killed")
        assert "SIGKILL" in _child(here).reason, _child(here)
        wait_for(lambda: len(_child(here).ends) >= 3, "it ends for want of memory, again and again")
        result = here.kranhub("status")
        assert result.code == 5, result.output
        finding = next((line for line in result.output.splitlines() if f"{PLANT} ends again and again" in line), "")
        assert "too little memory" in finding, result.output
        assert {child.name: child.pid for child in _children(here) if child.name != PLANT} == others
    before = here.delivered(PLANT)
    wait_for(lambda: has_more(here, PLANT, before + 2), f"orders reach {PLANT} again")
    assert here.stop() == 0  # what has ended three times is told for ten minutes
    here.start()
    here.wait_until_well()


@contextmanager
def _little_memory(here: Installation) -> Iterator[None]:
    """Limit what the supervisor starts from now on, as its unit would."""
    assert here.hub is not None
    supervisor = psutil.Process(here.hub.pid)
    supervisor.rlimit(psutil.RLIMIT_AS, (TOO_LITTLE, psutil.RLIM_INFINITY))
    try:
        yield
    finally:
        supervisor.rlimit(psutil.RLIMIT_AS, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))


def _children(here: Installation) -> list[Supervised]:
    return next(each.processes for each in supervision.supervisions(here.settings) if each.command == RUN)


def _child(here: Installation) -> Supervised:
    return next(child for child in _children(here) if child.name == PLANT)
