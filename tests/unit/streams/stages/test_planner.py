"""The planner's stage wakes orders whose lines wait for another form of their items, as often as that takes."""

from decimal import Decimal
from typing import Any

import pytest

from streams.routing.masterdata.items import OrderQuantity
from tests.support.omsk import with_item
from tests.support.order_lines import MOTORS
from tests.support.planner_stage import PlannerStage
from tests.support.plants import BUYER, KEY, MASTER, START

MOTOR = "motor-crane-7kw5"


def order(quantity: str) -> Any:
    return {
        "order_id": "17",
        "buyer": BUYER,
        "kind": "SALE",
        "currency": "RUB",
        "issued_at": START,
        "requested_date": START.date(),
        "document_status": "ACTIVE",
        "lines": [{**MOTORS, "quantity": Decimal(quantity)}],
    }


def woken(said: list[tuple[str, Any]]) -> list[str]:
    return [value["order_key"] for subject, value in said if subject == "Wake"]


@pytest.mark.parametrize("useless", [0, 1, 3])
def test_a_change_of_the_item_that_does_not_help_leaves_the_line_waiting(useless: int) -> None:
    stage = PlannerStage()
    stage.publish(MASTER)
    said = stage.come("Order", order("2.5"))
    assert [value["state"] for subject, value in said if subject == "OrderStatus"] == ["ON_HOLD"]
    for number in range(useless):
        name = MASTER.items[MOTOR].name.model_copy(update={"en": f"Motor {number}"})
        assert woken(stage.publish(with_item(MOTOR, name=name))) == [KEY]
        stage.come("Wake", {"order_key": KEY, "time": START})
    assert woken(stage.publish(with_item(MOTOR, order_quantity=OrderQuantity(step=Decimal("0.5"))))) == [KEY]
    said = stage.come("Wake", {"order_key": KEY, "time": START})
    assert [value["quantity"] for subject, value in said if subject == "AllocationRequest"] == [Decimal("2.5")]
