"""Serves this process's Prometheus metrics over HTTP, and whether it is alive and serves: /metrics, /livez, /readyz."""

import platform
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from http.server import ThreadingHTTPServer
from importlib.metadata import version

import click
import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Gauge, MetricsHandler

from kranhub.errors import Misconfigured
from kranhub.operations.health import LOOPS, Health, Loops
from kranhub.text import Text

log = structlog.get_logger()

_METRICS = Text(
    en="port of /metrics, /livez and /readyz; a free one by default, said in the log",
    ru="порт для /metrics, /livez и /readyz; по умолчанию свободный, см. журнал",
)

metrics_option = click.option("--metrics-port", type=click.IntRange(1, 65535), metavar="PORT", help=str(_METRICS))


def serve(host: str, port: int | None, registry: CollectorRegistry = REGISTRY, loops: Loops = LOOPS) -> int:
    """Serve from a thread of this process, and return the port.

    Args:
        host: The address to listen on.
        port: The port; None for a free one.
        registry: The metrics to serve.
        loops: The loops whose health is served.

    Raises:
        Misconfigured: The port cannot be listened on.
    """
    _build_info()
    handler = type("Handler", (_Handler,), {"registry": registry, "loops": loops})
    try:
        server = ThreadingHTTPServer((host, port or 0), handler)
    except OSError as error:
        raise Misconfigured(
            Text(
                en=f"/metrics cannot listen on {host}:{port} ({error.strerror}). Name a free port with --metrics-port; "
                "every process of a machine needs its own.",
                ru=f"/metrics не может слушать {host}:{port} ({error.strerror}). Задайте свободный порт ключом "
                "--metrics-port; у каждого процесса машины он свой.",
            )
        ) from None
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    log.info("metrics", url=f"http://{host}:{server.server_port}/metrics")
    return int(server.server_port)


def with_ports(commands: Mapping[str, Sequence[str]], first_port: int | None) -> dict[str, list[str]]:
    """Return the commands with a port for /metrics each, counted up from the first; unchanged where that is None."""
    if first_port is None:
        return {name: list(command) for name, command in commands.items()}
    numbered = enumerate(commands.items(), first_port)
    return {name: [*command, "--metrics-port", str(port)] for port, (name, command) in numbered}


@cache
def _build_info() -> None:
    """Set the metrics of this process's release and health, once."""
    built = Gauge("kranhub_build_info", "1, with the release and Python's version.", ["version", "python"])
    built.labels(version("kranhub"), platform.python_version()).set(1)
    Gauge("kranhub_live", "1 while every loop of the process moves: /livez.").set_function(lambda: LOOPS.live().ok)
    Gauge("kranhub_ready", "1 while the process serves: /readyz.").set_function(lambda: LOOPS.ready().ok)


class _Handler(MetricsHandler):
    loops: Loops

    def do_GET(self) -> None:  # noqa: N802  (the base class' name)
        """Answer with the metrics or with the process's health; status 503 where it is not well."""
        match self.path.partition("?")[0]:
            case "/livez":
                self._tell(self.loops.live())
            case "/readyz":
                self._tell(self.loops.ready())
            case "/metrics" | "/":
                super().do_GET()
            case _:
                self.send_error(404)

    def _tell(self, health: Health) -> None:
        body = (health.model_dump_json() + "\n").encode()
        self.send_response(200 if health.ok else 503)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
