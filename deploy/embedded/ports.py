"""Loopback ports: free ones by default, the last ones again where they are still free."""

import socket
from collections.abc import Collection
from contextlib import closing

import psutil

from deploy.embedded.stack_file import Ports
from kranhub.errors import Misconfigured
from kranhub.text import Text

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Return whether nobody listens on this loopback port."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def choose(wanted: Ports, last: Ports, kept: Collection[str] = ()) -> Ports:
    """Return three different free ports: for each the wanted, else the last, else any.

    Args:
        wanted: The ports that were asked for; None in it for any.
        last: The ports of the last start.
        kept: Names of the ports that stay the last ones, free or not.

    Raises:
        Misconfigured: When a wanted port is taken.
    """
    chosen: dict[str, int] = {}
    for name in Ports.model_fields:
        must: int | None = None if name in kept else getattr(wanted, name)
        may: int | None = getattr(last, name)
        if must is not None and (not is_free(must) or must in chosen.values()):
            raise in_use(name, must)
        usable = may is not None and may not in chosen.values() and (name in kept or is_free(may))
        chosen[name] = must or (may if usable and may else any_free(set(chosen.values())))
    return Ports(**chosen)


def in_use(name: str, port: int) -> Misconfigured:
    """Return the message about a taken port, with the process that has it where it can be seen."""
    who = _listener(port)
    option = "registry" if name == "registry" else "kafka"
    return Misconfigured(
        Text(
            en=f"Port {port} is in use{who}. Stop that program, or choose another port with --{option}-port.",
            ru=f"Порт {port} занят{who}. Остановите эту программу или задайте другой порт: --{option}-port.",
        )
    )


def any_free(taken: set[int]) -> int:
    """Return a free port that is not among the taken ones."""
    while True:
        with closing(socket.socket()) as probe:
            probe.bind((HOST, 0))
            port: int = probe.getsockname()[1]
        if port not in taken:
            return port


def _listener(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                return f" ({psutil.Process(connection.pid).name()}, pid {connection.pid})" if connection.pid else ""
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        pass
    return ""
