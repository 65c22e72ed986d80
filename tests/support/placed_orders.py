"""The order 17, placed with the cluster of Omsk, whose plants accept what is delivered to them."""

from datetime import timedelta
from typing import Any

from kranhub.wire.messages import Subject
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.notify import open_alerts
from streams.routing.notify.open_alerts import Since
from streams.routing.planner.cutover import SHADOW_HEADER
from streams.routing.planner.messages import OutputMessage
from tests.support.fields import fields
from tests.support.plants import BUYER, KEY, MASTER, Cluster, Event, Value, full_order
from tests.support.worlds import answering

FIRST = f"{KEY}/1.1.1"
"""The first plant order for the first portion of the first line."""

accepts = answering("AP")


class Plants(Cluster):
    """A cluster whose plants answer what is delivered to them, and nothing else."""

    def _reactions(self, message: OutputMessage) -> list[Event]:
        if message.subject == "PlantOrder" and SHADOW_HEADER in message.headers:
            return []
        return super()._reactions(message)

    def delivered(self, plant: str) -> list[Value]:
        """What the plant got."""
        orders = [
            message for message in self.sent if message.subject == "PlantOrder" and fields(message)["plant"] == plant
        ]
        return [message.value for message in orders if SHADOW_HEADER not in message.headers]


def placed(*lines: Value, master: MasterData = MASTER, **changes: Any) -> Plants:
    """Return the cluster after the order was placed, and everything has happened that follows."""
    cluster = Plants(accepts, master)
    send(cluster, "o1", *lines, **changes)
    return cluster


def send(cluster: Cluster, event_id: str, *lines: Value, **changes: Any) -> None:
    """Have the buyer send this version of the order, and let everything happen that follows."""
    cluster.take(Event(event_id, "Order", full_order("17", lines, **changes)))
    cluster.run()


def waiting(cluster: Cluster) -> list[Value]:
    """Return what `kranhub orders waiting` lists."""
    since = Since(
        cluster.subjects(Subject.PLANT_ORDER), cluster.addressed(BUYER), cluster.subjects(Subject.AUDIT_ENTRY)
    )
    return open_alerts.waiting(cluster.subjects(Subject.ALERT), {KEY: since}, cluster.today + timedelta(hours=1))
