"""Every metric of every process of the hub, as one really served /metrics tells it, without Kafka."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine

from connectors.runtime.metrics import Metrics as ConnectorMetrics
from deploy.monitoring.exporter import Exporter
from kranhub.broker.lag import Group
from kranhub.operations import metrics_server
from kranhub.operations.health import Loops
from kranhub.operations.status.connector_states import ConnectorState
from kranhub.operations.status.findings import Finding
from kranhub.operations.status.status import Status
from kranhub.operations.supervision import Supervised, Supervision
from kranhub.readmodel import tables
from streams.processor.metrics import Metrics as StageMetrics
from streams.views import app
from streams.views.order_metrics import OrderMetrics

STATUS = Status(
    kind="embedded",
    broker_answers=True,
    registry_answers=True,
    supervisors=[Supervision(command="kranhub run", pid=1, processes=[Supervised(name="core", state="running")])],
    groups=[Group(name="core.planner", state="Stable", lag=3, lag_s=7.0, workers=[])],
    connectors=[
        ConnectorState(
            member="oemz",
            connector="erp",
            task=task,
            state="RUNNING",
            reason="",
            worker="vm/7",
            changed_at=datetime(2026, 11, 24, tzinfo=UTC),
            heartbeat_s=30,
            progress_age_s=1,
            lag=lag,
            lag_s=lag_s,
        )
        for task, lag, lag_s in (("source", None, None), ("sink", 2, 5.0))
    ],
    findings=[Finding(code="unserved", subject="core.planner", text="Nobody serves it.")],
)

Series = dict[str, list[dict[str, str]]]
"""The labels of each series, by its name."""


@contextmanager
def everything(folder: Path) -> Iterator[int]:
    """Serve what a core, a view, a connector and the exporter tell; give the port."""
    letter: Any = {"code": "too-long"}
    stage = StageMetrics("of-the-served")
    counted: Any = SimpleNamespace(outputs=[], dead_letters={"unmapped-item": 1})
    stage.committed(counted, 1, 0.1, SimpleNamespace(positions={}, keys=0, size=0))  # type: ignore[arg-type]
    stage.aborted()
    context: Any = SimpleNamespace(member="oemz", loaded=SimpleNamespace(name="erp"))
    ConnectorMetrics(context, "source").committed(1, [letter])
    app._EVENTS.inc(0)
    engine = create_engine(f"sqlite:///{folder / 'model.sqlite'}")
    tables.create(engine)
    exporter = Exporter()
    exporter.saw(STATUS)
    more = OrderMetrics(engine, "t.hub.events")
    REGISTRY.register(exporter)
    REGISTRY.register(more)
    try:
        yield metrics_server.serve("127.0.0.1", None, REGISTRY, Loops())
    finally:
        REGISTRY.unregister(exporter)
        REGISTRY.unregister(more)
        engine.dispose()


def series(port: int) -> Series:
    """Return every series that is served there."""
    found: Series = {}
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").raise_for_status().text
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found
