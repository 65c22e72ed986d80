"""The real Trytons of the contract suite, as their own people know them."""

import json
import ssl
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from connectors.tryton import Config as TrytonConfig
from connectors.tryton import Tryton
from deploy.demo import tryton_people as people
from deploy.demo.tryton_rpc import Rpc
from kranhub.connector import Event
from kranhub.parties import members
from kranhub.testing import Content, ErpHarness, samples
from tools.harness.proxy import Proxy

MEMBERS = members.load(Path(__file__).parents[2] / "deploy/members/omsk.yaml").by_id


def _process(harness: ErpHarness, argument: str, reference: str) -> Sequence[str]:
    place = f"{type(harness).__module__}:{type(harness).__name__}"
    return [sys.executable, "-m", "tests.support.deliver", place, argument, reference]


ITEMS = (("CRANE-10", "u", "H87"), ("STEEL", "t", "TNE"))
BUYER = "sibir-terminal"


class TrytonHarness(ErpHarness):
    """A plant's real Tryton, behind a line that can be cut. The argument is the connector's configuration as JSON."""

    member = "ruskran"

    def __init__(self, configuration: str, rpc: Rpc | None = None, proxy: Proxy | None = None) -> None:
        self._configuration = json.loads(configuration)
        self._given, self._proxy = rpc, proxy

    @cached_property
    def rpc(self) -> Rpc:
        assert self._given is not None
        return self._given

    def connector(self) -> Tryton:
        return self._connector()

    def misconfigured(self) -> Tryton:
        return self._connector(user="nobody")

    def event(self, reference: str, revision: int = 1, *, cancelled: bool = False) -> Event:
        status = "CANCELLED" if cancelled else "ACTIVE"
        items = [(code, unit) for code, _, unit in ITEMS]
        return samples.plant_order(
            self.member,
            reference,
            revision,
            items=items,
            buyer=BUYER,
            document_status=status,
            requested_date=_day(revision),
        )

    def unacceptable(self, reference: str) -> Event:
        return samples.plant_order(self.member, reference, items=[("THERE-IS-NO-SUCH-CODE", "H87")], buyer=BUYER)

    def live(self, reference: str) -> int:
        return sum(sale["state"] != "cancelled" for sale in self._sales(reference))

    def held(self, reference: str) -> Content:
        (sale,) = (sale for sale in self._sales(reference) if sale["state"] != "cancelled")
        lines = [_held(line) for line in sale["lines."] if line["product."]]
        return {"requested_date": sale["shipping_date"], "lines": lines}

    def note(self, reference: str, words: str) -> None:
        """A salesman writes above what the hub keeps in the comment."""
        (sale,) = self._sales(reference)
        self.rpc.write("sale.sale", sale["id"], comment=f"{words}\n\n{sale['comment'] or ''}")

    def noted(self, reference: str) -> str:
        (sale,) = (sale for sale in self._sales(reference) if sale["state"] != "cancelled")
        return str(sale["comment"] or "").split("\n")[0]

    def accept(self, reference: str, promised: date) -> None:
        (sale,) = self._sales(reference)
        people.confirm_sale(self.rpc, sale["id"], promised=promised)

    def away(self) -> AbstractContextManager[None]:
        assert self._proxy is not None
        return self._proxy.being("cut")

    def garbage(self) -> AbstractContextManager[None]:
        assert self._proxy is not None
        return self._proxy.being("garbage")

    def driver_errors(self) -> Sequence[Exception]:
        """httpx's errors, and what its decoders and the sockets below it raise."""
        request = httpx.Request("POST", "http://erp")
        kinds = (
            httpx.ConnectError,
            httpx.ReadTimeout,
            httpx.PoolTimeout,
            httpx.RemoteProtocolError,
            httpx.DecodingError,
        )
        known: list[Exception] = [kind("happened", request=request) for kind in kinds]
        return [
            *known,
            httpx.StreamClosed(),
            httpx.InvalidURL("no address"),
            OSError("no route"),
            ssl.SSLError("no trust"),
        ]

    @contextmanager
    def breaking(self, step: Callable[[], None]) -> Iterator[None]:
        send = httpx.AsyncClient.send

        async def sending(http: httpx.AsyncClient, *args: Any, **options: Any) -> httpx.Response:
            step()
            return await send(http, *args, **options)

        httpx.AsyncClient.send = sending  # type: ignore[assignment,method-assign]
        try:
            yield
        finally:
            httpx.AsyncClient.send = send  # type: ignore[method-assign]

    def process(self, reference: str) -> Sequence[str]:
        return _process(self, json.dumps(self._configuration), reference)

    def _connector(self, **changes: Any) -> Tryton:
        configuration = TrytonConfig.model_validate(self._configuration | changes)
        return Tryton(configuration, MEMBERS[self.member])

    def _sales(self, reference: str) -> list[Any]:
        fields = ["reference", "state", "comment", "shipping_date", "lines.product.code", "lines.quantity"]
        fields += ["lines.unit.symbol", "lines.description"]
        wanted = samples.plant_order_id(reference, BUYER)
        return self.rpc.search("sale.sale", [["reference", "=", wanted]], fields)


class TrytonCustomerHarness(TrytonHarness):
    """A customer's real Tryton: its purchases are read, and statuses are shown on them."""

    member = "sibir-terminal"

    def withdrawing(self, after_seconds: float) -> Tryton:
        return self._connector(withdraw_after_seconds=after_seconds)

    def create(self, subject: str) -> str:
        lines = [(code, quantity, Decimal(1000)) for (code, _, _), quantity in zip(ITEMS, (2.0, 3.5), strict=True)]
        return self._key(people.place_purchase(self.rpc, "hub", lines, wanted=_day(0)))

    def content(self, subject: str, key: str) -> Content:
        fields = ["delivery_date", "lines.product.code", "lines.quantity", "lines.unit.symbol"]
        record = self.rpc.one("purchase.purchase", [["id", "=", int(key)]], *fields)
        return {
            "order_id": key,
            "buyer": self.member,
            "document_status": "ACTIVE",
            "requested_date": record["delivery_date"],
            "lines": [_held(line) for line in record["lines."]],
        }

    def edit(self, subject: str, key: str, quantity: int) -> None:
        self._press(key, "draft")
        self.rpc.write("purchase.line", self._second(key)["id"], quantity=float(quantity))
        self._press(key, "quote", "confirm")

    def spoil(self, subject: str, key: str) -> None:
        """A line in a unit that the connector does not know."""
        known = self.rpc.search("product.uom", [["symbol", "=", "crate"]], ["id"])
        self._set_unit(key, known[0]["id"] if known else self._crate())

    def _crate(self) -> int:
        category = self.rpc.one("product.uom.category", [["name", "=", "Weight"]])["id"]
        unit = {"name": "crate", "symbol": "crate", "factor": 20.0, "rate": 0.05, "rounding": 0.001, "digits": 3}
        return self.rpc.create("product.uom", category=category, **unit)

    def mend(self, subject: str, key: str) -> None:
        self._set_unit(key, self.rpc.one("product.uom", [["symbol", "=", "t"]])["id"])

    def withdraw(self, key: str) -> None:
        self._press(key, "draft")

    def bring_back(self, key: str) -> None:
        self._press(key, "quote", "confirm")

    def status(self, key: str, revision: int) -> Event:
        return samples.order_status(self.member, key, revision)

    def shown(self, key: str) -> Any:
        return self.rpc.one("purchase.purchase", [["id", "=", int(key)]], "comment")["comment"]

    def _key(self, number: str) -> str:
        return str(self.rpc.one("purchase.purchase", [["number", "=", number]])["id"])

    def _press(self, key: str, *buttons: str) -> None:
        for button in buttons:
            self.rpc.press("purchase.purchase", button, int(key))

    def _second(self, key: str) -> Any:
        return self.rpc.one("purchase.line", [["purchase", "=", int(key)], ["product.code", "=", ITEMS[1][0]]])

    def _set_unit(self, key: str, unit: int) -> None:
        self._press(key, "draft")
        self.rpc.write("purchase.line", self._second(key)["id"], unit=unit)
        self._press(key, "quote", "confirm")


def _day(days: int) -> date:
    return date(datetime.now(UTC).year + 1, 6, 1) + timedelta(days=days)


def _held(line: Any) -> Any:
    units = {symbol: unit for _, symbol, unit in ITEMS}
    return {
        "item_code": line["product."]["code"],
        "quantity": Decimal(str(line["quantity"])),
        "unit": units[line["unit."]["symbol"]],
        **({"description": line["description"]} if "description" in line else {}),
    }
