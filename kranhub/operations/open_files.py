"""How many files a process may open: every connection and every partition of a broker takes some."""

import sys
from contextlib import suppress

from kranhub.errors import Misconfigured
from kranhub.text import Text

CORE = 1024
"""How many open files a process may need: the core, with a consumer and a producer for each stage, has some 250."""
WANTED = 65_536


def raise_limit() -> None:
    """Raise this process's soft limit, and so its children's, as far as the hard limit allows."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  (Windows has none)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def require(who: str, needed: int) -> None:
    """Check that this process may open enough files.

    Args:
        who: Who needs them, for the error.
        needed: How many.

    Raises:
        Misconfigured: The hard limit is too low.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  (Windows has none)

    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if limit != resource.RLIM_INFINITY and limit < needed:
        raise Misconfigured(_too_low(who, limit, needed))


def _too_low(who: str, limit: int, needed: int) -> Text:
    return Text(
        en=f"A process may open only {limit} files here; {who} needs {needed}. Raise the hard limit: `ulimit -n "
        f"{needed}` in the shell that starts it (as root, or through /etc/security/limits.conf), or LimitNOFILE=65536 "
        "in the systemd unit.",
        ru=f"Процесс может открыть здесь лишь {limit} файлов, а нужно {needed} ({who}). Поднимите жёсткий предел: "
        f"`ulimit -n {needed}` в запускающей оболочке (от root или через /etc/security/limits.conf) либо "
        "LimitNOFILE=65536 в юните systemd.",
    )
