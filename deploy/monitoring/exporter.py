"""What `kranhub status` finds, as Prometheus' metrics: of the whole hub, on all machines. One process serves it."""

import threading
import time
from collections.abc import Callable, Iterator

import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from kranhub.broker.lag import Group
from kranhub.operations.health import Loop
from kranhub.operations.status.connector_states import ConnectorState
from kranhub.operations.status.findings import CODES
from kranhub.operations.status.status import Status
from kranhub.operations.supervision import Supervision
from kranhub.text import Text

log = structlog.get_logger()

STATES = ("STARTING", "RUNNING", "BACKING_OFF", "FAILED", "STOPPED")
_TASK = ["member", "connector", "task"]

AWAY = Text(en="Kafka or the registry does not answer.", ru="Kafka или реестр не отвечает.")


class Exporter(Collector):
    """Exports what was last seen; where the last look failed, nothing of groups and connectors."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._status: Status | None = None
        self._at = 0.0

    def saw(self, status: Status) -> None:
        """Take what was just seen."""
        self._status, self._at = status, time.time()

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        status = self._status
        if status is None:
            return
        yield GaugeMetricFamily("kranhub_status_timestamp_seconds", "When the hub was last looked at.", self._at)
        answers = GaugeMetricFamily("kranhub_answers", "1 while this answers.", labels=["part"])
        answers.add_metric(["kafka"], status.broker_answers)
        answers.add_metric(["registry"], status.registry_answers)
        yield answers
        yield _findings(status)
        yield from _supervised(status.supervisors)
        if status.running:
            yield from _groups(status.groups)
            yield from _connectors(status.connectors)


def look(exporter: Exporter, ask: Callable[[], Status], loop: Loop, stopping: threading.Event, every_s: float) -> None:
    """Look at the hub again and again until ``stopping`` is set.

    Args:
        exporter: What takes the status that was found.
        ask: Returns the hub's status; where it raises, the next look follows as usual.
        loop: The loop to report as running.
        stopping: Set to end it.
        every_s: The seconds between two looks.
    """
    while not stopping.is_set():
        loop.progressed()
        try:
            status = ask()
        except Exception as error:  # noqa: BLE001  (the next look may be answered; /metrics tells the age of the last)
            log.warning("status not seen", error=type(error).__name__, repeats=True)
        else:
            exporter.saw(status)
            loop.serves() if status.running else loop.waits(AWAY)
        stopping.wait(every_s)


def _findings(status: Status) -> Metric:
    found = GaugeMetricFamily("kranhub_findings", "Findings of `kranhub status`, by code.", labels=["code"])
    codes = [finding.code for finding in status.findings]
    for code in sorted({*CODES, *codes}):
        found.add_metric([code], codes.count(code))
    return found


def _supervised(supervisors: list[Supervision]) -> Iterator[Metric]:
    labels = ["command", "process"]
    restarts = CounterMetricFamily("kranhub_supervised_restarts", "Restarts of a supervised process.", labels=labels)
    running = GaugeMetricFamily("kranhub_supervised_running", "1 while a supervised process runs.", labels=labels)
    for supervisor in supervisors:
        for child in supervisor.processes:
            restarts.add_metric([supervisor.command, child.name], child.restarts)
            running.add_metric([supervisor.command, child.name], supervisor.running and child.state == "running")
    yield from (restarts, running)


def _groups(groups: list[Group]) -> Iterator[Metric]:
    names = ["group"]
    workers = GaugeMetricFamily("kranhub_group_workers", "Processes that serve a stage or a view.", labels=names)
    lag = GaugeMetricFamily("kranhub_group_lag_records", "Records that wait for a stage or a view.", labels=names)
    age = GaugeMetricFamily(
        "kranhub_group_lag_seconds", "How long the oldest record waits for a stage or a view.", labels=names
    )
    for group in groups:
        workers.add_metric([group.name], len(group.workers))
        lag.add_metric([group.name], group.lag)
        if group.lag_s is not None:
            age.add_metric([group.name], group.lag_s)
    yield from (workers, lag, age)


def _connectors(connectors: list[ConnectorState]) -> Iterator[Metric]:
    state = GaugeMetricFamily(
        "kranhub_connector_state", "1 for the state that a task last told of.", labels=[*_TASK, "state"]
    )
    families = {
        "age_s": GaugeMetricFamily("kranhub_connector_state_seconds", "How long it is in its state.", labels=_TASK),
        "heartbeat_age_s": GaugeMetricFamily(
            "kranhub_connector_heartbeat_age_seconds", "Since it last said so.", labels=_TASK
        ),
        "progress_age_s": GaugeMetricFamily(
            "kranhub_connector_progress_age_seconds",
            "Since a source has looked at its ERP, or a sink has had everything.",
            labels=_TASK,
        ),
        "lag": GaugeMetricFamily("kranhub_connector_lag_records", "Records that wait for a sink.", labels=_TASK),
        "lag_s": GaugeMetricFamily(
            "kranhub_connector_lag_seconds", "How long the oldest record waits for a sink.", labels=_TASK
        ),
    }
    for found in connectors:
        labels = [found.member, found.connector, found.task]
        for name in STATES:
            state.add_metric([*labels, name], found.state == name)
        for field, family in families.items():
            if (value := getattr(found, field)) is not None:
                family.add_metric(labels, value)
    yield from (state, *families.values())
