"""Named points at which a fault test can stop or kill this very process.

``KRANHUB_FAILPOINTS="sink.before-commit=kill@2,sql.before-create=stop"`` acts at the second and the first hit.
Before it acts, it writes ``<name>.<pid>`` into ``KRANHUB_FAILPOINTS_DIR``, which proves that the point was reached.
Without the variable a failpoint is one dictionary look-up.
"""

import os
import signal
import threading
from collections import Counter
from pathlib import Path

_hits: Counter[str] = Counter()


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
    """Act if a fault test armed this point; otherwise do nothing. Names are ``room.where``."""
    planned = _plan.get(name)
    if planned is None:
        return
    _hits[name] += 1
    action, at = planned
    if _hits[name] == at:
        (Path(os.environ["KRANHUB_FAILPOINTS_DIR"]) / f"{name}.{os.getpid()}").touch()
        # To this very thread: a signal to the process may stop another one first, and this one would run on.
        signal.pthread_kill(threading.get_ident(), action)
