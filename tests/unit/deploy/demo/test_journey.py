"""The demonstration's journey shows what the buyer was told, not what others see of its order."""

import time
from datetime import date
from typing import Any

from deploy.demo.clerks import MOTORS
from deploy.demo.journey import Journey
from kranhub.settings import Settings
from tests.support.terminal import NOW, Hub, hub

__all__ = ["hub"]

BUYER = "sibir-terminal"


def status(state: str, revision: int, addressee: str | None, **changes: Any) -> dict[str, Any]:
    value: dict[str, Any] = {"order_key": f"{BUYER}:17", "order_id": "17", "order_number": "ЗП-1", "buyer": BUYER}
    value |= {"revision": revision, "order_revision": 1}
    return {**value, "state": state, "addressee": addressee, "changed_at": NOW, "lines": [], **changes}


def test_a_row_shows_the_buyers_state_whatever_others_are_told_later(hub: Hub) -> None:
    for value in (
        status("PLANNED", 1, None),
        status("CONFIRMED", 2, BUYER, promised_date=date(2027, 2, 1)),
        status("PLANNED", 7, "omsk-leasing", role="payer"),
    ):
        hub.put("hub.events", f"{BUYER}:17", "OrderStatus", value)
    with Journey(Settings(), {"ЗП-1": MOTORS}) as journey:
        deadline = time.monotonic() + 10
        while "ЗП-1" not in journey.states and time.monotonic() < deadline:
            time.sleep(0.01)
    assert journey.error is None
    assert (journey.states, journey.promises) == ({"ЗП-1": "CONFIRMED"}, {"ЗП-1": "2027-02-01"})
