"""What people do during the demonstration: the customer orders, the plants answer, one of them refuses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

from deploy.demo import tryton_people as people
from deploy.demo.scene import CUSTOMER, DATABASES, PLANT, Scene
from kranhub.text import Text

PROMISED_DAYS = {"zmk-most": 30, "tsvetnoy-bulvar": 40, "oetz": 28, "oemz": 35, PLANT: 60}
REFUSING = "tsvetnoy-bulvar"
REASON, LATE_REASON = "Камера занята до марта", "Нет комплектующих"


@dataclass(frozen=True, slots=True)
class Wish:
    """One order: what it shows, and its lines as (item code, quantity, price)."""

    title: Text
    lines: Sequence[tuple[str, float, Decimal]]


CRANE = Wish(Text(en="bridge crane 10 t", ru="мостовой кран 10 т"), [("КР-10-22.5", 1, Decimal(9_500_000))])
STEEL = Wish(Text(en="steel structures 120 t", ru="металлоконструкции 120 т"), [("МК-СТ", 120, Decimal(210_000))])
MOTORS = Wish(Text(en="four spare motors", ru="четыре двигателя"), [("ДВ-7.5", 4, Decimal(68_000))])
UNKNOWN = Wish(
    Text(en="two motors, one unknown hook", ru="два двигателя и неизвестный крюк"),
    [("ДВ-7.5", 2, Decimal(68_000)), ("ГАК-50", 1, Decimal(120_000))],
)
WISHES = (CRANE, STEEL, MOTORS, UNKNOWN)


def place_orders(scene: Scene, wishes: Sequence[Wish] = WISHES) -> dict[str, Wish]:
    """Let the customer order everything in its own ERP; return the wishes by order number."""
    wanted = date.today() + timedelta(days=120)  # noqa: DTZ011  (a person's own calendar)
    with scene.tryton.open(DATABASES[CUSTOMER]) as rpc:
        return {people.place_purchase(rpc, "hub", wish.lines, wanted=wanted): wish for wish in wishes}


def answer(scene: Scene, refusing: str | None = REFUSING, late: Mapping[str, date] = MappingProxyType({})) -> None:
    """Answer, as every plant's clerks, the orders that wait in their systems now.

    Args:
        scene: What runs.
        refusing: The plant that refuses everything; None for no plant.
        late: The plants that accept for this day, whatever was asked for.
    """
    today = date.today()  # noqa: DTZ011
    for plant in scene.plants:
        for reference in plant.waiting():
            if plant.plant == refusing:
                plant.reject(reference, REASON)
            elif plant.plant in late:
                plant.change(reference, late[plant.plant], LATE_REASON)
            else:
                plant.accept(reference, today + timedelta(days=PROMISED_DAYS[plant.plant]))
    with scene.tryton.open(DATABASES[PLANT]) as rpc:
        for sale in people.sales(rpc, "quotation"):
            people.confirm_sale(rpc, sale.id, promised=today + timedelta(days=PROMISED_DAYS[PLANT]))
