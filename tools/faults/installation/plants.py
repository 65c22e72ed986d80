"""Customers and plants at work while things happen: a customer that orders, plants that answer what waits for them."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta

from deploy.demo.sql_erp import SqlErp
from tools.faults.installation.installation import Installation
from tools.harness.sql_shop import MOTOR, PAINTING, Shop

ORDER_S, ANSWER_S = 1.0, 0.5
WANTED_DAYS, PROMISED_DAYS = 120, 30


class People:
    """Counts the orders that it has placed, over several shifts."""

    def __init__(self, installation: Installation) -> None:
        """Take whose ERPs they work in."""
        self._shop: Shop = installation.shop
        self._plants: list[SqlErp] = installation.plants
        self._next = len(self._shop.orders()) + 1

    @property
    def placed(self) -> int:
        """How many orders there are."""
        return self._next - 1

    def order(self) -> None:
        """Place the next order: a motor and the painting of a square metre in turn."""
        item = (MOTOR, PAINTING)[self._next % 2]
        self._shop.order(self._next, f"ЗП-{self._next}/2027", item, 1, _in_days(WANTED_DAYS).isoformat())
        self._next += 1

    def answer(self) -> None:
        """Accept whatever waits at any plant; a locked file is tried again at the next look."""
        promised = _in_days(PROMISED_DAYS)
        for plant in self._plants:
            with suppress(sqlite3.OperationalError):
                for reference in plant.waiting():
                    plant.accept(reference, promised)

    @contextmanager
    def at_work(self, *, ordering: bool = True) -> Iterator[None]:
        """Let them work in threads for as long as the block lasts."""
        over = threading.Event()

        def orders() -> None:
            while not over.wait(ORDER_S):
                self.order()

        def answers() -> None:
            while not over.wait(ANSWER_S):
                self.answer()

        threads = [threading.Thread(target=work) for work in ((orders, answers) if ordering else (answers,))]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()


def _in_days(days: int) -> date:
    return date.today() + timedelta(days=days)  # noqa: DTZ011  (a person's own calendar)
