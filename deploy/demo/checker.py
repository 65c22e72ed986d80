"""The independent audit of a journey, from the ERPs' own databases.

Shares neither client nor codec nor mapping with the hub: sqlite3 on the ERPs' files, aiokafka and Apache's avro on the
topics. It checks whether every active plant order is in its plant's ERP exactly once, and every order line accounted
for.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.demo import independent
from deploy.demo.scene import CUSTOMER, DATABASES, PLANT, Scene

SALES = "SELECT reference, state <> 'cancelled' FROM sale_sale WHERE reference IS NOT NULL AND reference <> ''"
PURCHASES = (
    "SELECT CAST(purchase.id AS TEXT), product.code FROM purchase_purchase AS purchase "
    "JOIN purchase_line AS line ON line.purchase = purchase.id JOIN product_product AS product "
    "ON line.product = product.id WHERE purchase.state IN ('confirmed', 'processing', 'done')"
)


@dataclass(frozen=True, slots=True)
class PlantOrder:
    """What the hub addressed to a plant, by the last record of its topic."""

    id: str
    plant: str
    active: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found.

    Attributes:
        ordered: (order id, item code) of every line that the customer ordered.
        accounted: (order id, item code) of every line that reached a plant order or a dead letter.
        plant_orders: What the hub addressed to the plants.
        in_erps: (plant, reference, live) of every order in the plants' ERPs.
        dead_letters: How many there are.
    """

    ordered: frozenset[tuple[str, str]]
    accounted: frozenset[tuple[str, str]]
    plant_orders: tuple[PlantOrder, ...]
    in_erps: tuple[tuple[str, str, bool], ...]
    dead_letters: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The audit's result; ``lost`` and ``duplicated`` name what they count."""

    orders: int
    plant_orders: int
    delivered: int
    dead_letters: int
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        """The journey's last line."""
        return (
            f"journey: orders={self.orders} plant_orders={self.plant_orders} delivered={self.delivered} "
            f"dead_letters={self.dead_letters} lost={len(self.lost)} duplicated={len(self.duplicated)}"
        )


def judge(facts: Facts) -> Verdict:
    """Compare the two sides. Pure."""
    known = {(plant, reference) for plant, reference, _ in facts.in_erps}
    live = Counter((plant, reference) for plant, reference, is_live in facts.in_erps if is_live)
    missing = [order for order in facts.plant_orders if order.active and not live[order.plant, order.id]]
    lost = [f"{order.plant}: {order.id}" for order in missing]
    lost += [f"order {number} line {line}" for number, line in sorted(facts.ordered - facts.accounted)]
    return Verdict(
        orders=len({number for number, _ in facts.ordered}),
        plant_orders=len(facts.plant_orders),
        delivered=sum((order.plant, order.id) in known for order in facts.plant_orders),
        dead_letters=facts.dead_letters,
        lost=lost,
        duplicated=[f"{plant}: {reference} x {count}" for (plant, reference), count in live.items() if count > 1],
    )


def audit(scene: Scene, bootstrap: str, registry_url: str) -> Verdict:
    """Gather the facts from the ERPs' files and the topics, and judge them.

    Args:
        scene: What runs.
        bootstrap: Kafka's address.
        registry_url: The registry's address.
    """
    return judge(gather(scene, bootstrap, registry_url))


def purchase_comments(scene: Scene) -> dict[str, str]:
    """Return what the customer's ERP shows on each purchase, by its number."""
    rows = _rows(scene.tryton.folder / f"{DATABASES[CUSTOMER]}.sqlite", "SELECT number, comment FROM purchase_purchase")
    return {number: comment or "" for number, comment in rows}


def gather(scene: Scene, bootstrap: str, registry_url: str) -> Facts:
    """Read all facts from the ERPs' files and the topics.

    Args:
        scene: What runs.
        bootstrap: Kafka's address.
        registry_url: The registry's address.
    """

    def topic(name: str) -> list[independent.ReadRecord]:
        return independent.read(bootstrap, registry_url, f"{scene.settings.namespace}{name}")

    plants = [*(plant.plant for plant in scene.plants), PLANT]
    addressed = [seen for plant in plants for seen in topic(f"in.{plant}.orders")]
    refused = [
        *topic("hub.dead-letters"),
        *(seen for name in [*plants, CUSTOMER] for seen in _dead_letters_of(topic, name)),
    ]
    orders = [seen.value for seen in topic(f"out.{CUSTOMER}.orders")]
    return Facts(
        ordered=frozenset(_purchases(scene.tryton.folder / f"{DATABASES[CUSTOMER]}.sqlite")),
        accounted=frozenset(_accounted(orders, addressed, refused)),
        plant_orders=tuple(_last(addressed).values()),
        in_erps=tuple(_in_erps(scene)),
        dead_letters=len(refused),
    )


def _dead_letters_of(topic: Any, member: str) -> list[independent.ReadRecord]:
    found: list[independent.ReadRecord] = topic(f"out.{member}.dead-letters")
    return found


def _last(addressed: Iterable[independent.ReadRecord]) -> dict[str, PlantOrder]:
    """Return each plant order in its highest revision."""
    found: dict[str, tuple[int, PlantOrder]] = {}
    for seen in addressed:
        value = seen.value
        order = PlantOrder(value["plant_order_id"], value["plant"], value["document_status"] == "ACTIVE")
        if value["revision"] >= found.get(order.id, (0, order))[0]:
            found[order.id] = (value["revision"], order)
    return {key: order for key, (_, order) in found.items()}


def _accounted(
    orders: Sequence[dict[str, Any]],
    addressed: Sequence[independent.ReadRecord],
    refused: Sequence[independent.ReadRecord],
) -> set[tuple[str, str]]:
    """Return (order id, item code) of every line that reached a plant order or a dead letter."""
    codes = {(order["order_id"], line["line_id"]): line["item_code"] for order in orders for line in order["lines"]}
    reached = {(seen.value["order_id"], line["order_line_id"]) for seen in addressed for line in seen.value["lines"]}
    reasons = " ".join(str(seen.value["reason"]) for seen in refused)
    return {(number, code) for (number, line), code in codes.items() if (number, line) in reached or code in reasons}


def _in_erps(scene: Scene) -> Iterable[tuple[str, str, bool]]:
    for plant in scene.plants:
        for reference, live in plant.references():
            yield plant.plant, reference, live
    for reference, live in _rows(scene.tryton.folder / f"{DATABASES[PLANT]}.sqlite", SALES):
        yield PLANT, reference, bool(live)


def _purchases(file: Path) -> set[tuple[str, str]]:
    return {(number, code) for number, code in _rows(file, PURCHASES)}


def _rows(file: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)) as database:
        return list(database.execute(statement))
