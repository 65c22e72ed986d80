"""Whether Tryton holds of a sale what it was sent. Pure."""

from connectors.tryton import comment_block
from connectors.tryton.client import Record
from connectors.tryton.codes import Codes, inner, quantity
from connectors.tryton.mapping import line_id_of
from kranhub.wire import messages


def differences(value: messages.PlantOrder, sale: Record, codes: Codes) -> list[str]:
    """Return the names of the fields that Tryton holds otherwise than they were sent.

    Args:
        value: The plant order that was sent.
        sale: The sale as it is now.
        codes: The company's codes.
    """
    head = {
        "reference": (value["plant_order_id"], sale["reference"]),
        "party": (codes.party(value["buyer"]), inner(sale, "party.code")),
        "currency": (value["currency"], inner(sale, "currency.code")),
        "shipping_date": (value["requested_date"], sale["shipping_date"]),
        "comment": (value["revision"], comment_block.read(sale["comment"], sale["id"]).revision),
    }
    wrong = [name for name, (sent, held) in head.items() if sent != held]
    lines = {line_id_of(line): line for line in sale["lines."]}
    if len(sale["lines."]) != len(value["lines"]):
        wrong.append("lines")
    return wrong + [name for line in value["lines"] for name in _of_line(line, lines.get(line["line_id"]), codes)]


def _of_line(sent: messages.PlantOrderLine, held: Record | None, codes: Codes) -> list[str]:
    if held is None:
        return [f"line {sent['line_id']}"]
    pairs = {
        "product": (sent["item_code"], inner(held, "product.code")),
        "quantity": (quantity(sent["quantity"]), quantity(held["quantity"])),
        "unit": (sent["unit"], codes.unit(inner(held, "unit.symbol"))),
    }
    if sent["price"] is not None:
        pairs["unit_price"] = (quantity(sent["price"]), quantity(held["unit_price"]))
    return [f"line {sent['line_id']} {name}" for name, (wanted, has) in pairs.items() if wanted != has]
