"""How many orders are not over, by state, and the age of the oldest, read from the read model at each scrape."""

from collections.abc import Iterator
from datetime import UTC, datetime

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from kranhub.errors import Unavailable
from kranhub.readmodel import order_states, tables

log = structlog.get_logger()

WAITING = ("RECEIVED", "PLANNED", "CONFIRMED", "IN_PRODUCTION", "READY", "SHIPPED", "ON_HOLD")
"""The states of an order that is not over; each has a value, also where no order is in it."""

_OLDEST = "How long the oldest order, 0 without any,"


class OrderMetrics(Collector):
    """Orders by state. Exports nothing while the database is away: an alert on the absence reports that."""

    def __init__(self, engine: Engine, topic: str) -> None:
        """Take the read model, and the name of the hub.events that it is folded from."""
        self._engine, self._topic = engine, topic

    def describe(self) -> Iterator[Metric]:
        """Yield nothing: registering needs no database."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges."""
        try:
            with tables.errors(self._engine), self._engine.connect() as connection:
                states = order_states.by_state(connection, self._topic)
                held = order_states.held(connection, self._topic)
        except Unavailable as away:
            log.warning("no metrics of orders", reason=away.text.en, repeats=True)
            return
        orders = GaugeMetricFamily("kranhub_orders", "Orders that are not over.", labels=["state"])
        oldest = GaugeMetricFamily("kranhub_orders_oldest_seconds", f"{_OLDEST} is in its state.", labels=["state"])
        for state in sorted({*WAITING, *states}):
            count = states.get(state, order_states.Count(0, None))
            orders.add_metric([state], count.orders)
            oldest.add_metric([state], _age(count.since))
        yield from (orders, oldest)
        yield GaugeMetricFamily("kranhub_orders_on_hold", "Orders of which a line is on hold.", held.orders)
        yield GaugeMetricFamily("kranhub_orders_on_hold_oldest_seconds", f"{_OLDEST} is on hold.", _age(held.since))


def _age(since: str | None) -> float:
    if since is None:
        return 0.0
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds())
