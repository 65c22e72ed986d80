"""``kranhub monitoring``: the exporter, the alert rules, the dashboard."""

import threading
from functools import partial

import click
from prometheus_client import REGISTRY

from deploy.monitoring import dashboard as grafana
from deploy.monitoring import rules as prometheus
from deploy.monitoring.exporter import Exporter, look
from kranhub.operations import logs, metrics_server, signals
from kranhub.operations.health import LOOPS
from kranhub.operations.metrics_server import metrics_option
from kranhub.operations.status.status import status
from kranhub.settings import Settings
from kranhub.text import Text

EVERY_S = 30.0
LONGEST_S = 180.0
"""How long one reading of the status may take, with brokers that do not answer."""

_HELP = Text(en="For Prometheus and Grafana.", ru="Для Prometheus и Grafana.")
_RUN = Text(
    en="Serve what `kranhub status` finds as metrics of the whole hub: lag, connectors' states and ages, findings. Run "
    "it once.",
    ru="Отдавать находки `kranhub status` как метрики всего центра: отставание, состояние и возраст коннекторов, "
    "находки. Запускайте один раз.",
)
_RULES = Text(en="Write Prometheus' alert rules.", ru="Вывести правила оповещений для Prometheus.")
_DASHBOARD = Text(en="Write the Grafana dashboard.", ru="Вывести панель для Grafana.")


@click.group(help=str(_HELP))
def monitoring() -> None:
    """Group the commands of monitoring."""


@monitoring.command("run", help=str(_RUN))
@metrics_option
def run(metrics_port: int | None) -> None:
    """Look at the hub every `EVERY_S` until a signal stops it."""
    logs.identify("monitoring")
    settings, asked, exporter = Settings(), threading.Event(), Exporter()
    signals.on_request(asked.set)
    REGISTRY.register(exporter)
    metrics_server.serve(settings.metrics_host, metrics_port)
    look(exporter, partial(status, settings), LOOPS.loop("monitoring", LONGEST_S), asked, EVERY_S)


@monitoring.command("rules", help=str(_RULES))
def rules() -> None:
    """Write the rules on standard output."""
    click.echo(prometheus.document(), nl=False)


@monitoring.command("dashboard", help=str(_DASHBOARD))
def dashboard() -> None:
    """Write the dashboard on standard output."""
    click.echo(grafana.document(), nl=False)
