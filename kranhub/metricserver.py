"""Serves this process' Prometheus metrics over HTTP."""

import structlog
from prometheus_client import start_http_server

from kranhub.errors import Misconfigured
from kranhub.text import Text

log = structlog.get_logger()


def serve(host: str, port: int | None) -> int:
    """Serve ``/metrics`` from a thread of this process and return the port: a free one where none is asked for.

    Raises `Misconfigured` when the port is taken.
    """
    try:
        server, _thread = start_http_server(port or 0, addr=host)
    except OSError as error:
        raise Misconfigured(
            Text(
                en=f"/metrics cannot listen on {host}:{port} ({error.strerror}). Name a free port with --metrics-port; "
                "every process of a machine needs its own.",
                ru=f"/metrics не может слушать {host}:{port} ({error.strerror}). Задайте свободный порт ключом "
                "--metrics-port; у каждого процесса машины он свой.",
            )
        ) from None
    log.info("metrics", url=f"http://{host}:{server.server_port}/metrics")
    return int(server.server_port)
