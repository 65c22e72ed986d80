"""What people do in their company's Tryton, over its own JSON-RPC: set it up, buy, sell, count stock, produce.

Shares no code with the hub's connector, so that a test of the connector never agrees with itself by mistake.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from deploy.demo.tryton_rpc import Rpc

# Units that Tryton does not bring along: category, and how many of the category's base unit one of them is.
EXTRA_UNITS = {"t": ("Weight", 1000), "set": ("Units", 1), "kit": ("Units", 1)}


@dataclass(frozen=True, slots=True)
class Product:
    """A product.

    Attributes:
        code: Its code in this company.
        name: What people call it.
        unit: Tryton's symbol: ``u``, ``kg``, ``t``, ``m²``, ``set``.
        price: In roubles.
    """

    code: str
    name: str
    unit: str = "u"
    price: Decimal = Decimal(1000)


@dataclass(frozen=True, slots=True)
class SaleLine:
    """A line of a sale as its salesman sees it."""

    product: str
    quantity: float
    unit: str
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale as its salesman sees it."""

    id: int
    number: str | None
    reference: str | None
    state: str
    party: str
    shipping_date: date | None
    lines: tuple[SaleLine, ...]


def provision(
    rpc: Rpc,
    *,
    company: str,
    products: Iterable[Product] = (),
    parties: Iterable[tuple[str, str]] = (),
    stock: Mapping[str, float] | None = None,
) -> None:
    """Name the company and add the products, parties and counted stock that are missing.

    Args:
        rpc: A session in the company's database.
        company: Its name.
        products: What it buys, sells or makes.
        parties: (code, name) of each company that it deals with.
        stock: The counted quantities by product code; None to count nothing.
    """
    party = rpc.one("company.company", [], "party")["party"]
    rpc.write("party.party", party, name=company)
    for code, name in parties:
        _party(rpc, code, name)
    for product in products:
        _product(rpc, product)
    if stock:
        set_stock(rpc, stock)


def number_purchases(rpc: Rpc, prefix: str, following: int | None = None) -> None:
    """Change how purchases are numbered.

    Args:
        rpc: A session in the company's database.
        prefix: What the numbers begin with, such as ``PO-``.
        following: The next number, as many companies start again in January; None to continue.
    """
    sequence = rpc.one("ir.sequence", [["sequence_type.name", "=", "Purchase"]])["id"]
    rpc.write("ir.sequence", sequence, prefix=prefix, **({"number_next": following} if following else {}))


def place_purchase(
    rpc: Rpc,
    supplier: str,
    lines: Iterable[tuple[str, float, Decimal]],
    *,
    wanted: date,
    comment: str | None = None,
) -> str:
    """Order products from a supplier: quote and confirm a purchase.

    Args:
        rpc: A session in the company's database.
        supplier: The supplier's party code.
        lines: (product code, quantity, unit price) of each line.
        wanted: The delivery date.
        comment: The purchase's comment; None for none.

    Returns:
        The purchase's number.
    """
    head = _head(rpc, "purchase.purchase", supplier)
    purchase = rpc.create(
        "purchase.purchase",
        **head,
        delivery_date=wanted,
        comment=comment,
        lines=[["create", [_line(rpc, *line) for line in lines]]],
    )
    for button in ("quote", "confirm"):
        rpc.press("purchase.purchase", button, purchase)
    return str(rpc.one("purchase.purchase", [["id", "=", purchase]], "number")["number"])


def purchase_id(rpc: Rpc, number: str) -> int:
    """Return the id of the purchase with this number, of the youngest where several have it."""
    return int(rpc.search("purchase.purchase", [["number", "=", number]], ["id"])[-1]["id"])


def take_purchase_back(rpc: Rpc, number: str) -> None:
    """Set a confirmed purchase back to draft, as somebody does who wants to correct it."""
    rpc.press("purchase.purchase", "draft", _purchase(rpc, number))


def confirm_purchase(rpc: Rpc, purchase: int) -> str:
    """Quote and confirm a draft purchase; return its number."""
    for button in ("quote", "confirm"):
        rpc.press("purchase.purchase", button, purchase)
    return str(rpc.one("purchase.purchase", [["id", "=", purchase]], "number")["number"])


def copy_purchase(rpc: Rpc, number: str) -> int:
    """Copy a purchase as its form's menu does; return the copy's id."""
    return int(rpc.call("purchase.purchase", "copy", [_purchase(rpc, number)])[0])


def change_purchase(rpc: Rpc, number: str, quantities: Mapping[str, float], *, wanted: date | None = None) -> None:
    """Return a confirmed purchase to draft, change it, and confirm it again.

    Args:
        rpc: A session in the company's database.
        number: The purchase's number.
        quantities: The new quantities by product code.
        wanted: The new delivery date; None to keep it.
    """
    purchase = _purchase(rpc, number)
    rpc.press("purchase.purchase", "draft", purchase)
    for code, quantity in quantities.items():
        line = rpc.one("purchase.line", [["purchase", "=", purchase], ["product.code", "=", code]])["id"]
        rpc.write("purchase.line", line, quantity=quantity)
    if wanted:
        rpc.write("purchase.purchase", purchase, delivery_date=wanted)
    for button in ("quote", "confirm"):
        rpc.press("purchase.purchase", button, purchase)


def cancel_purchase(rpc: Rpc, number: str) -> None:
    """Take a confirmed purchase back and cancel it."""
    for button in ("draft", "cancel"):
        rpc.press("purchase.purchase", button, _purchase(rpc, number))


def purchase(rpc: Rpc, number: str) -> dict[str, Any]:
    """Return a purchase as its buyer sees it: state, comment, reference, and its lines' product codes and notes."""
    fields = ["number", "state", "comment", "reference", "lines.product.code", "lines.note", "lines.quantity"]
    return rpc.search("purchase.purchase", [["number", "=", number]], fields)[0]


def sales(rpc: Rpc, *states: str) -> list[Sale]:
    """Return the sales, oldest first, of all states or of these."""
    fields = ["number", "reference", "state", "party.code", "shipping_date"]
    lines = [f"lines.{name}" for name in ("product.code", "quantity", "unit.symbol", "unit_price")]
    domain = [["state", "in", list(states)]] if states else []
    return [_sale(record) for record in rpc.search("sale.sale", domain, [*fields, *lines])]


def confirm_sale(rpc: Rpc, sale: int, *, promised: date | None = None) -> None:
    """Confirm a quoted sale.

    Args:
        rpc: A session in the company's database.
        sale: The sale's id.
        promised: The shipping date to promise; None to keep it.
    """
    if promised:
        rpc.write("sale.sale", sale, shipping_date=promised)
    rpc.press("sale.sale", "confirm", sale)


def cancel_sale(rpc: Rpc, sale: int) -> None:
    """Refuse a sale, also one that was confirmed already."""
    if rpc.one("sale.sale", [["id", "=", sale]], "state")["state"] == "confirmed":
        rpc.press("sale.sale", "draft", sale)
    rpc.press("sale.sale", "cancel", sale)


def change_sale(rpc: Rpc, sale: int, quantities: Mapping[str, float]) -> None:
    """Change quantities in a sale, and quote it again.

    Args:
        rpc: A session in the company's database.
        sale: The sale's id.
        quantities: The new quantities by product code; zero deletes the line.
    """
    rpc.press("sale.sale", "draft", sale)
    for code, quantity in quantities.items():
        line = rpc.one("sale.line", [["sale", "=", sale], ["product.code", "=", code]])["id"]
        if quantity:
            rpc.write("sale.line", line, quantity=quantity)
        else:
            rpc.call("sale.line", "delete", [line])
    rpc.press("sale.sale", "quote", sale)


def process_sale(rpc: Rpc, sale: int) -> None:
    """Let a confirmed sale go into work: from now on it cannot be taken back."""
    rpc.press("sale.sale", "process", sale)


def reserve_sale(rpc: Rpc, sale: int) -> None:
    """Reserve the goods of a sale in work for its shipment."""
    for shipment in rpc.one("sale.sale", [["id", "=", sale]], "shipments")["shipments"]:
        rpc.press("stock.shipment.out", "assign_try", shipment)


def set_stock(rpc: Rpc, quantities: Mapping[str, float]) -> None:
    """Count the stock: product code to quantity, in the product's own unit, in the storage of the warehouse."""
    warehouse = rpc.one("stock.location", [["type", "=", "warehouse"]], "storage_location")
    lines = [{"product": _product_id(rpc, code), "quantity": quantity} for code, quantity in quantities.items()]
    count = rpc.create("stock.inventory", location=warehouse["storage_location"], lines=[["create", lines]])
    rpc.press("stock.inventory", "confirm", count)


def plan_production(rpc: Rpc, code: str, quantity: float, *, reference: str | None = None, ready: date) -> int:
    """Plan the making of a product.

    Args:
        rpc: A session in the company's database.
        code: The product's code.
        quantity: How much of it, in its own unit.
        reference: The production's reference; None for none.
        ready: The day by which it is made.

    Returns:
        The production's id.
    """
    warehouse = rpc.one("stock.location", [["type", "=", "warehouse"]], "production_location", "storage_location")
    product = rpc.one("product.product", [["code", "=", code]], "default_uom")
    output = {
        "product": product["id"],
        "unit": product["default_uom"],
        "quantity": quantity,
        "from_location": warehouse["production_location"],
        "to_location": warehouse["storage_location"],
        "unit_price": Decimal(0),
        "currency": rpc.one("currency.currency", [])["id"],
    }
    production = rpc.create(
        "production",
        reference=reference,
        planned_date=ready,
        planned_start_date=date.today(),  # noqa: DTZ011  (a person's own calendar)
        product=product["id"],
        unit=product["default_uom"],
        quantity=quantity,
        outputs=[["create", [output]]],
    )
    rpc.press("production", "wait", production)
    return production


def start_production(rpc: Rpc, production: int) -> None:
    """Take the materials and start."""
    for button in ("assign_try", "run"):
        rpc.press("production", button, production)


def finish_production(rpc: Rpc, production: int) -> None:
    """Book what was made into stock."""
    rpc.press("production", "do", production)


def _party(rpc: Rpc, code: str, name: str) -> None:
    if not rpc.search("party.party", [["code", "=", code]], ["id"]):
        rpc.create("party.party", code=code, name=name, addresses=[["create", [{"city": "Омск"}]]])


def _product(rpc: Rpc, product: Product) -> None:
    if rpc.search("product.product", [["code", "=", product.code]], ["id"]):
        return
    unit = _unit(rpc, product.unit)
    rpc.create(
        "product.template",
        name=product.name,
        type="goods",
        code=product.code,
        default_uom=unit,
        list_price=product.price,
        account_category=rpc.one("product.category", [["accounting", "=", True]])["id"],
        salable=True,
        sale_uom=unit,
        purchasable=True,
        purchase_uom=unit,
        producible=True,
        products=[["create", [{}]]],
    )


def _unit(rpc: Rpc, symbol: str) -> int:
    for found in rpc.search("product.uom", [["symbol", "=", symbol]], ["id"]):
        return int(found["id"])
    category, factor = EXTRA_UNITS[symbol]
    return rpc.create(
        "product.uom",
        name=symbol,
        symbol=symbol,
        category=rpc.one("product.uom.category", [["name", "=", category]])["id"],
        factor=float(factor),
        rate=1 / factor,
        rounding=0.001 if factor > 1 else 1.0,
        digits=3 if factor > 1 else 0,
    )


def _head(rpc: Rpc, model: str, party: str) -> dict[str, Any]:
    values = {
        "party": rpc.one("party.party", [["code", "=", party]])["id"],
        "company": rpc.context["company"],
        "lines": [],
    }
    filled = rpc.on_change(model, values, "party")
    return {name: value for name, value in filled.items() if name in {"party", "company", "invoice_address"}}


def _line(rpc: Rpc, code: str, quantity: float, price: Decimal) -> dict[str, Any]:
    product = rpc.one("product.product", [["code", "=", code]], "default_uom")
    return {"product": product["id"], "unit": product["default_uom"], "quantity": quantity, "unit_price": price}


def _product_id(rpc: Rpc, code: str) -> int:
    return int(rpc.one("product.product", [["code", "=", code]])["id"])


def _purchase(rpc: Rpc, number: str) -> int:
    return int(rpc.one("purchase.purchase", [["number", "=", number]])["id"])


def _sale(record: dict[str, Any]) -> Sale:
    lines = [
        SaleLine(line["product."]["code"], line["quantity"], line["unit."]["symbol"], line["unit_price"])
        for line in record["lines."]
        if line.get("product.")
    ]
    return Sale(
        id=record["id"],
        number=record["number"],
        reference=record["reference"],
        state=record["state"],
        party=record["party."]["code"],
        shipping_date=record["shipping_date"],
        lines=tuple(lines),
    )
