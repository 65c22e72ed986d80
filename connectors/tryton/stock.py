"""Stock per product and site: the sum over the site's warehouses, sent whenever a product was moved."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from connectors.tryton import mapping, timestamps, wire
from connectors.tryton.client import Record
from connectors.tryton.codes import inner, text_of
from connectors.tryton.error_codes import TrytonCode
from connectors.tryton.fields import Kind
from connectors.tryton.streams import FOUND_PAGE, ErpDocument, Found, ReadValue, Stream, document_or_error
from kranhub.errors import InvalidDocument
from kranhub.text import Text
from kranhub.wire.messages import Subject

_LEVEL = {**mapping.LEVEL_FIELDS, "free": Kind.NUMBER}


class Stock(Stream):
    """Stock, as ``InventoryLevel``. Two products of one code make no level: one dead letter names both."""

    subject = Subject.INVENTORY_LEVEL
    model = "product.product"
    sweep_page = 100
    counted = True

    def domain(self) -> list[Any]:
        """Return every product that lies in stock."""
        return [["type", "=", "goods"], ["code", "!=", None]]

    async def anchor(self) -> datetime | None:
        """Return the timestamp of the latest move."""
        moves = await self.client.search("stock.move", [], [timestamps.FIELD], limit=1, newest=True)
        return timestamps.latest(moves[0]) if moves else None

    async def changed(self, since: datetime | None) -> AsyncIterator[list[Found]]:
        """Yield the products that were moved, planned moves and their end included: they change what is reserved.

        The first time these are all products, since the present stock does not follow from when it came.
        """
        last = 0
        model = "stock.move" if since else self.model
        where, names = (self.after(since), ["product", timestamps.FIELD]) if since else (self.domain(), ["id"])
        while True:
            rows = await self.client.search(model, [*where, ["id", ">", last]], names, limit=FOUND_PAGE)
            if rows:
                yield _found(rows) if since else [Found(row["id"], "", None) for row in rows]
                last = rows[-1]["id"]
            if len(rows) < FOUND_PAGE:
                return

    async def sweep(self, after: int) -> list[Found]:
        """Return the next products by rising id; their stock is compared with what was sent last."""
        where = [*self.domain(), ["id", ">", after]]
        products = await self.client.search(self.model, where, ["id"], limit=self.sweep_page)
        return [Found(product["id"], "", None) for product in products]

    async def read(self, found: Sequence[Found]) -> list[ErpDocument]:
        """Return the levels of these products in every site; a product that was never in stock there has none."""
        domain = [["type", "=", "warehouse"]]
        sites: dict[str, list[int]] = {}
        for warehouse in await self.client.search("stock.location", domain, ["code"]):
            code = warehouse.get("code")
            if site := self.codes.site(code if isinstance(code, str) else None):
                sites.setdefault(site, []).append(warehouse["id"])
        documents: list[ErpDocument] = []
        for site, warehouses in sites.items():
            documents += await self._levels(found, warehouses, site)
        return documents

    async def _levels(self, found: Sequence[Found], warehouses: list[int], site: str) -> list[ErpDocument]:
        names = [*mapping.LEVEL_FIELDS, "rec_name"]
        where = {"locations": warehouses, "stock_date_end": None}
        free = {record["id"]: record for record in await self.records(found, ["quantity"], **where, stock_assign=True)}
        held = [record for record in await self.records(found, names, **where) if record["id"] in free]
        held = [record | {"free": free[record["id"]].get("quantity")} for record in held if _is_kept(record)]
        by_code = await self._ambiguous_codes(held)
        modified_of = {item.id: item.modified for item in found}
        documents = [
            self._level(record, site, modified_of[record["id"]])
            for record in held
            if record["code"].strip() not in by_code
        ]
        return documents + [self._ambiguous(code, products, site) for code, products in by_code.items()]

    async def _ambiguous_codes(self, records: Iterable[Record]) -> dict[str, list[Record]]:
        """Return the codes that more than one product has, with all products of each."""
        codes = sorted({record["code"].strip() for record in records if isinstance(record["code"], str)})
        sharing: dict[str, list[Record]] = {}
        for product in await self.client.search(self.model, [["code", "in", codes]], ["code", "rec_name"]):
            sharing.setdefault(str(product.get("code")).strip(), []).append(product)
        return {code: products for code, products in sharing.items() if len(products) > 1}

    def _level(self, record: Record, site: str, modified: datetime | None) -> ErpDocument:
        read_at = modified or datetime.now(UTC)
        value = document_or_error(record, _LEVEL, lambda: mapping.level(record, self.codes, site, read_at))
        content = f"{record.get('quantity')} {record['free']} {inner(record, 'default_uom.symbol')}"
        key = f"{site}:{record['code'].strip()}"
        version = timestamps.version_at(modified, content)
        never_moved = modified is None and not record["quantity"] and not record["free"]
        document = _document(record["id"], site, key, version, value, [record])
        return replace(document, modified=read_at, only_changes=never_moved)

    def _ambiguous(self, code: str, products: list[Record], site: str) -> ErpDocument:
        error = InvalidDocument(TrytonCode.AMBIGUOUS_ITEM, ambiguous(code, products))
        version = timestamps.version_at(None, str(products))
        return _document(products[0]["id"], site, f"{site}:{code}", version, error, products)


def _document(product: int, site: str, key: str, version: str, value: ReadValue, original: list[Record]) -> ErpDocument:
    return ErpDocument(f"{product}.{site}", key, version, None, value, wire.dumps(original).encode())


def ambiguous(code: str, products: Sequence[Record]) -> Text:
    """Return the sentence about a code that several products have."""
    names = ", ".join(f"{product.get('rec_name')} (id {product['id']})" for product in products)
    return Text(
        en=f"Several products in Tryton have the code {code!r}: {names}. Give each a code of its own.",
        ru=f"У нескольких товаров в Tryton один код {code!r}: {names}. Дайте каждому свой код.",
    )


def _found(moves: Sequence[Record]) -> list[Found]:
    """Return each product once, with a version that follows from all its moves of the page."""
    by_product: dict[int, list[Record]] = {}
    for move in moves:
        if type(move.get("product")) is int:
            by_product.setdefault(move["product"], []).append(move)
    return [
        Found(
            product,
            timestamps.version({"id": product, "moves.": rows}),
            timestamps.latest({"id": product, "moves.": rows}),
        )
        for product, rows in sorted(by_product.items())
    ]


def _is_kept(record: Record) -> bool:
    """Return whether the product is kept in stock and has a code."""
    code = record.get("code")
    return record.get("type") == "goods" and isinstance(code, str) and text_of(code) is not None
