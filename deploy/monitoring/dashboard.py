"""A Grafana dashboard. `kranhub monitoring dashboard` writes it; the file is checked in."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kranhub.text import Text

WIDTH, HEIGHT, COLUMNS = 12, 8, 24
"""The size of a panel and the width of the page, in Grafana's units."""

SOURCE = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph.

    Attributes:
        title: Its heading.
        queries: Each query with its legend.
        unit: One of Grafana's units.
    """

    title: Text
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"


_TASK = "{{member}}/{{connector}} {{task}}"
_STATE = f"{_TASK} {{{{state}}}}"

PANELS = (
    Panel(Text(en="Findings", ru="Находки"), (("kranhub_findings > 0", "{{code}}"),)),
    Panel(
        Text(en="Who answers and serves", ru="Кто отвечает и обслуживает"),
        (("kranhub_answers", "{{part}}"), ("kranhub_group_workers", "{{group}}")),
    ),
    Panel(
        Text(en="Lag of stages and views", ru="Отставание этапов"), (("kranhub_group_lag_seconds", "{{group}}"),), "s"
    ),
    Panel(Text(en="Records that wait", ru="Записей в ожидании"), (("kranhub_group_lag_records", "{{group}}"),)),
    Panel(Text(en="Connectors' states", ru="Состояния коннекторов"), (("kranhub_connector_state == 1", _STATE),)),
    Panel(
        Text(en="Connectors: heartbeat and last look", ru="Коннекторы: пульс и последний опрос"),
        (
            ("kranhub_connector_heartbeat_age_seconds", f"{_TASK} heartbeat"),
            ("kranhub_connector_progress_age_seconds", f"{_TASK} look"),
        ),
        "s",
    ),
    Panel(
        Text(en="Waiting for sinks", ru="Ждёт доставки"),
        (("kranhub_connector_lag_records", _TASK), ("kranhub_connector_lag_seconds", f"{_TASK} s")),
    ),
    Panel(
        Text(en="Connectors' events", ru="События коннекторов"),
        (("rate(kranhub_connector_events_total[5m])", _TASK),),
        "cps",
    ),
    Panel(Text(en="Open orders by state", ru="Открытые заказы"), (("max by (state) (kranhub_orders)", "{{state}}"),)),
    Panel(
        Text(en="Oldest order in its state", ru="Старейший заказ в состоянии"),
        (("max by (state) (kranhub_orders_oldest_seconds)", "{{state}}"),),
        "s",
    ),
    Panel(
        Text(en="Orders on hold", ru="Остановленные заказы"),
        (
            ("max(kranhub_orders_on_hold)", "orders"),
            ("max(kranhub_orders_on_hold_oldest_seconds) / 3600", "oldest, h"),
        ),
    ),
    Panel(
        Text(en="Dead letters by code", ru="Недоставленное по кодам"),
        (
            ("sum by (stage, code) (increase(kranhub_core_dead_letters_total[1h]))", "{{stage}} {{code}}"),
            ("sum by (member, code) (increase(kranhub_connector_dead_letters_total[1h]))", "{{member}} {{code}}"),
        ),
    ),
    Panel(
        Text(en="Core: records", ru="Ядро: записи"),
        (("sum by (stage) (rate(kranhub_core_records_total[5m]))", "{{stage}}"),),
        "cps",
    ),
    Panel(
        Text(en="Core: transaction, 99 %", ru="Ядро: транзакция, 99 %"),
        (
            (
                "histogram_quantile(0.99, sum by (stage, le) (rate(kranhub_core_transaction_seconds_bucket[5m])))",
                "{{stage}}",
            ),
        ),
        "s",
    ),
    Panel(
        Text(en="State in memory", ru="Состояние в памяти"),
        (("kranhub_core_state_bytes", "{{stage}} {{instance}}"), ("kranhub_core_state_limit_bytes", "limit {{stage}}")),
        "bytes",
    ),
    Panel(
        Text(en="Restarts of supervised processes", ru="Перезапуски"),
        (("increase(kranhub_supervised_restarts_total[1h])", "{{process}}"),),
    ),
    Panel(
        Text(en="Live and ready", ru="Живы и обслуживают"),
        (("kranhub_live", "live {{instance}}"), ("kranhub_ready", "ready {{instance}}")),
    ),
    Panel(Text(en="Releases", ru="Выпуски"), (("count by (version) (kranhub_build_info)", "{{version}}"),)),
)


def document() -> str:
    """Return the dashboard as Grafana imports it."""
    source = {"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
    dashboard = {
        "uid": "kranhub",
        "title": "kranhub",
        "tags": ["kranhub"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [source]},
        "panels": list(_panels()),
    }
    return json.dumps(dashboard, ensure_ascii=False, indent=1) + "\n"


def _panels() -> Iterator[dict[str, Any]]:
    across = COLUMNS // WIDTH
    for number, panel in enumerate(PANELS):
        row, column = divmod(number, across)
        yield {
            "id": number + 1,
            "type": "timeseries",
            "title": f"{panel.title.en} / {panel.title.ru}",
            "datasource": SOURCE,
            "gridPos": {"x": column * WIDTH, "y": row * HEIGHT, "w": WIDTH, "h": HEIGHT},
            "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
            "targets": [
                {"refId": chr(ord("A") + at), "datasource": SOURCE, "expr": expr, "legendFormat": legend}
                for at, (expr, legend) in enumerate(panel.queries)
            ],
        }
