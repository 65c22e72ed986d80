"""Named points at which a fault test can stop or kill this process, or run a function.

``KRANHUB_FAILPOINTS="sink.before-commit=kill@2,sql.before-create=stop"`` acts at the second hit of the first point and
at the first hit of the second. Before it acts, it creates the file ``<name>.<pid>`` in ``KRANHUB_FAILPOINTS_DIR``,
which proves that the point was reached. `calling` runs a function of the test at the point, in the process of the test.
Without either, a failpoint costs two dictionary look-ups.
"""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_hits: Counter[str] = Counter()
_called: dict[str, Callable[[], None]] = {}


def _parse(text: str) -> dict[str, tuple[signal.Signals, int]]:
    actions = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
    plan = {}
    for entry in filter(None, text.split(",")):
        name, _, what = entry.partition("=")
        action, _, at = what.partition("@")
        plan[name] = (actions[action], int(at or 1))
    return plan


_plan = _parse(os.environ.get("KRANHUB_FAILPOINTS", "")) if hasattr(signal, "SIGKILL") else {}


def failpoint(name: str) -> None:
    """Act if a fault test has armed this point; otherwise do nothing. Names have the form ``package.place``."""
    if name in _called:
        _called.pop(name)()
    planned = _plan.get(name)
    if planned is None:
        return
    _hits[name] += 1
    action, at = planned
    if _hits[name] == at:
        (Path(os.environ["KRANHUB_FAILPOINTS_DIR"]) / f"{name}.{os.getpid()}").touch()
        # To this very thread: a signal to the process may stop another one first, and this one would run on.
        signal.pthread_kill(threading.get_ident(), action)


@contextmanager
def calling(name: str, action: Callable[[], None]) -> Iterator[None]:
    """Call the action once, when the point is first reached inside the context, as if a person acted at that moment.

    The action runs in the thread that reached the point.
    """
    _called[name] = action
    try:
        yield
    finally:
        _called.pop(name, None)
