"""The independent audit: the ERPs' own files by sqlite3, customers' statuses by aiokafka and Apache's avro."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tools.faults.installation.installation import Installation
from tools.harness.sql_shop import BUYER

DONE = "CONFIRMED"


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What is wrong.

    Attributes:
        orders: How many orders were placed.
        lost: The orders without a live document in any plant.
        doubled: The orders with more than one, and live documents whose order nobody has placed.
        untold: The orders whose customer was last sent another state than confirmed.
        dead_letters: The dead letters.
    """

    orders: int
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    dead_letters: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.doubled or self.untold or self.dead_letters)


def compare(
    orders: Sequence[str],
    references: Iterable[tuple[str, bool]],
    statuses: Mapping[str, str],
    dead_letters: Sequence[str],
) -> AuditResult:
    """Check that every order has one live document in one plant, and that its last status is that it is confirmed.

    A document whose order nobody has placed counts as doubled. Pure.

    Args:
        orders: The numbers of the placed orders.
        references: (external reference, live) of every plant's documents, such as ``sibir-terminal:7/1.1.1``.
        statuses: The last state that the customer was sent, by order number.
        dead_letters: The dead letters.
    """
    live = Counter(reference.rpartition("/")[0].partition(":")[2] for reference, is_live in references if is_live)
    return AuditResult(
        orders=len(orders),
        lost=[order for order in orders if not live[order]],
        doubled=[f"{order} x {count}" for order, count in sorted(live.items()) if count > 1 or order not in orders],
        untold=[f"{order}: {statuses.get(order)}" for order in orders if statuses.get(order) != DONE],
        dead_letters=list(dead_letters),
    )


def audit(installation: Installation) -> AuditResult:
    """Return the verdict on the installation as it is now."""
    references = [entry for plant in installation.plants for entry in plant.references()]
    dead_letters = [f"{seen.value['code']}: {seen.key}" for seen in installation.read("hub.dead-letters")]
    return compare(installation.shop.orders(), references, dict(statuses(installation)), dead_letters)


def statuses(installation: Installation) -> list[tuple[str, str]]:
    """Return the order and the state of every status that the customer was sent, in their order."""
    seen = installation.read(f"in.{BUYER}.statuses")
    found = [each.value for each in seen if "state" in each.value]  # a recovery asks here as well what the ERP holds
    return [(str(value["order_id"]), str(value["state"])) for value in found]
