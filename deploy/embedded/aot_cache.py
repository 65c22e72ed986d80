"""Java's ahead-of-time caches (JEP 483): with one, Kafka and the registry start with half the work.

Where a part's cache is and how Java is told to use it; `aot_training` makes it. Java leaves a cache alone that does not
fit its version or its jars, and starts without.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from deploy.embedded import java

QUIET = "-Xlog:aot*=off"
"""The option by which Java logs nothing of a cache that it cannot use: it starts all the same."""


def path(jars: Sequence[Path]) -> Path:
    """Return where the cache of a part with this class path is, or would be: beside the first of its jars."""
    what = "\n".join([java.version(), *map(str, jars)])
    return jars[0].with_name(f"kranhub-{hashlib.sha256(what.encode()).hexdigest()[:16]}.aot")


def options(jars: Sequence[Path]) -> tuple[str, ...]:
    """Return Java's options for the cache of a part with this class path; none where there is no cache."""
    cache = path(jars)
    return (f"-XX:AOTCache={cache}", QUIET) if cache.is_file() else ()
