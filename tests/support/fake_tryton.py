"""A Tryton in memory, as far as the connector sees it: rows, stamps, answers. For what a real one does too seldom.

What Tryton itself does is proven on a real one; here a test sets clocks, plants strange rows and breaks any request.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from connectors.tryton import Config, wire
from connectors.tryton.client import Client
from connectors.tryton.codes import Codes
from kranhub.parties import members
from tools.harness.settings import REPOSITORY

MEMBERS = members.load(REPOSITORY / "deploy/members/omsk.yaml").by_id
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LINKS = {
    "party": "party.party",
    "invoice_party": "party.party",
    "currency": "currency.currency",
    "warehouse": "stock.location",
    "product": "product.product",
    "unit": "product.uom",
    "default_uom": "product.uom",
    "category": "product.uom.category",
    "moves": "stock.move",
    "purchase": "purchase.purchase",
}
LINES = {"purchase.purchase": "purchase.line", "sale.sale": "sale.line"}
STATES = {"quote": "quotation", "confirm": "confirmed", "draft": "draft", "cancel": "cancelled"}
Row = dict[str, Any]
Fault = Callable[[int, str], httpx.Response | None]
Answer = Callable[[], httpx.Response]


class FakeTryton:
    """One database. ``now`` stamps what is written; ``fault`` may answer instead, by request number and method."""

    def __init__(self) -> None:
        """Begin with a party, a currency, a unit, a warehouse and a product."""
        self.now, self.requests = START, list[str]()
        self.fault: Fault = lambda number, method: None
        self.rows: dict[str, dict[int, Row]] = {}
        self._writes, self._added = 0, Counter[str]()
        self.breaking = set[int]()
        """Purchases whose content Tryton fails to give."""
        self.quantities: dict[tuple[int, int], float] = {}
        self.hub = self.add("party.party", code="hub")
        self.other = self.add("party.party", code="other")
        self.buyer = self.add("party.party", code="sibir-terminal")
        self.rouble = self.add("currency.currency", code="RUB")
        self.piece = self.add("product.uom", symbol="u", category=self.add("product.uom.category", name="Units"))
        self.warehouse = self.add("stock.location", type="warehouse", code="WH")
        self.crane = self.product("CRANE-10")

    def add(self, model: str, **values: Any) -> int:
        """Add a row; ``lines`` are rows of their own."""
        table = self.rows.setdefault(model, {})
        self._added[model] += 1
        record = self._added[model] + (100 if model in LINES else 0)
        lines = values.pop("lines", None)
        table[record] = {"id": record, "last_modified_at": self.now, **values}
        if lines is not None:
            table[record]["lines"] = [self.add(LINES[model], **line) for line in lines]
        return record

    def product(self, code: str) -> int:
        """Add a product that is kept by the piece."""
        return self.add("product.product", code=code, rec_name=f"[{code}]", type="goods", default_uom=self.piece)

    def purchase(self, number: str = "PO-1", quantity: Any = 2.0, **changes: Any) -> int:
        """Add a confirmed purchase from the hub with one line."""
        line = {
            "type": "line",
            "product": self.crane,
            "description": None,
            "quantity": quantity,
            "unit": self.piece,
            "unit_price": Decimal("10.5"),
            "delivery_date": None,
            "note": None,
        }
        values = {
            "number": number,
            "state": "confirmed",
            "party": self.hub,
            "invoice_party": None,
            "currency": self.rouble,
            "delivery_date": date(2026, 9, 1),
            "warehouse": self.warehouse,
            "comment": None,
            "lines": [line],
        }
        return self.add("purchase.purchase", **values | changes)

    def write(self, model: str, record: int, **values: Any) -> None:
        """Change a row as Tryton does: a line's change does not touch its head."""
        self._writes += 1
        self.rows[model][record] |= {"last_modified_at": self.now + timedelta(microseconds=self._writes), **values}

    def codes(self, side: str, **changes: Any) -> Codes:
        """Return the codes of a connector to this database."""
        values = {"url": "http://127.0.0.1:1", "database": "d", "user": "u", "password": "p", "poll_interval": 0.001}
        values |= {"side": side, "parties": {"sibir-terminal": "sibir-terminal"}, **changes}
        return Codes(Config.model_validate(values), MEMBERS["sibir-terminal" if side == "customer" else "ruskran"])

    def client(self, codes: Codes) -> Client:
        """Return a client whose requests come here."""
        return Client(codes.config, httpx.MockTransport(self._handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        asked = wire.loads(request.content.decode())
        method = asked["method"]
        self.requests.append(method)
        answer = self.fault(len(self.requests), method)
        if answer is not None:
            return answer
        try:
            return httpx.Response(200, text=wire.dumps({"id": 1, "result": self._result(method, asked["params"])}))
        except ZeroDivisionError as failed:
            return error(str(failed), "")
        except BlockingIOError:
            return error("ConcurrencyException", "Records were modified in the meanwhile")
        except KeyError as failed:
            return error("UserError", [f"No record {failed}.", "", None])

    def _result(self, method: str, parameters: list[Any]) -> Any:
        if method == "common.db.login":
            return [1, "token", None]
        if method == "model.res.user.get_preferences":
            return {"company": 1}
        model, _, name = method.removeprefix("model.").rpartition(".")
        match name:
            case "search_read":
                return self._search_read(model, *parameters)
            case "create":
                return [self._create(model, values) for values in parameters[0]]
            case "write":
                self._must_be_unchanged(model, parameters)
                return self._write(model, parameters[0], parameters[1])
            case "on_change":
                return {}
        self._must_be_unchanged(model, parameters)
        for record in parameters[0]:
            self.write(model, record, state=STATES[name], **({"number": f"S-{record}"} if name == "quote" else {}))
        return None

    def _search_read(
        self, model: str, domain: Any, _: int, limit: int | None, order: Any, names: Any, context: Any
    ) -> list[Row]:
        found = [row for row in self.rows.get(model, {}).values() if self._fits(model, row, domain)]
        found.sort(key=lambda row: row["id"], reverse=order[0][1] == "DESC")
        return [self._read(model, row, names, context) for row in found[:limit]]

    def _read(self, model: str, row: Row, names: Iterable[str], context: Mapping[str, Any]) -> Row:
        if model == "purchase.purchase" and row["id"] in self.breaking and "number" in names:
            raise ZeroDivisionError("division by zero")
        found: Row = {"id": row["id"]}
        below: dict[str, list[str]] = {}
        for name in names:
            head, _, rest = name.partition(".")
            if rest:
                below.setdefault(head, []).append(rest)
            elif model == "product.product" and name == "quantity":
                places = context.get("locations", ())
                found[name] = sum(self.quantities.get((row["id"], place), 0.0) for place in places)
            elif name == "_timestamp":
                found[name] = str(row["last_modified_at"])
            else:
                found[name] = row.get(name)
        for head, inner in below.items():
            target, value = _target(model, head), row.get(head)
            rows = [self.rows[target][item] for item in ([value] if isinstance(value, int) else value or [])]
            nested = [self._read(target, item, inner, context) for item in rows]
            found[f"{head}."] = nested if head in {"lines", "moves"} else nested[0] if nested else None
        return found

    def _values(self, model: str, row: Row, path: str) -> list[Any]:
        head, _, rest = path.partition(".")
        value = row.get(head)
        if not rest:
            return [value]
        ids = [value] if isinstance(value, int) else value or []
        target = _target(model, head)
        return [found for item in ids for found in self._values(target, self.rows[target][item], rest)]

    def _fits(self, model: str, row: Row, domain: Any) -> bool:
        if domain and isinstance(domain[0], str) and domain[0] != "OR":
            name, sign, wanted = domain
            return any(_compare(value, sign, wanted) for value in self._values(model, row, name))
        if domain and domain[0] == "OR":
            return any(self._fits(model, row, clause) for clause in domain[1:])
        return all(self._fits(model, row, clause) for clause in domain)

    def _create(self, model: str, values: Row) -> int:
        lines = [line for command, *rest in values.get("lines", []) if command == "create" for line in rest[0]]
        self._must_exist(values, *lines)
        return self.add(model, **values | {"state": "draft", "number": None, "lines": lines})

    def _must_exist(self, *rows: Row) -> None:
        """Refuse a reference to nothing, as foreign keys do."""
        for row in rows:
            _ = [self.rows[LINKS[name]][item] for name, item in row.items() if name in LINKS and type(item) is int]

    def _must_be_unchanged(self, model: str, parameters: list[Any]) -> None:
        """Refuse what was read before somebody else's change, as Tryton does where the caller names the stamp."""
        for record in parameters[0]:
            seen = parameters[-1].get("_timestamp", {}).get(f"{model},{record}")
            if seen is not None and seen != str(self.rows[model][record]["last_modified_at"]):
                raise BlockingIOError

    def _write(self, model: str, records: list[int], values: Row) -> None:
        commands = values.pop("lines", [])
        self._must_exist(values, *(line for command, *rest in commands if command == "create" for line in rest[0]))
        for record in records:
            self.write(model, record, **values)
            for command, *rest in commands:
                if command == "create":
                    self.rows[model][record]["lines"] += [self.add(LINES[model], **line) for line in rest[0]]
                elif command == "delete":
                    held = self.rows[model][record]["lines"]
                    self.rows[model][record]["lines"] = [line for line in held if line not in rest[0]]
                else:
                    for line in rest[0]:
                        self.write(LINES[model], line, **rest[1])


def _target(model: str, head: str) -> str:
    return LINES[model] if head == "lines" else LINKS[head]


def _compare(value: Any, sign: str, wanted: Any) -> bool:
    match sign:
        case "=":
            return bool(value == wanted)
        case "!=":
            return bool(value != wanted)
        case "in":
            return value in wanted
        case "like":
            return isinstance(value, str) and ":" in value and "/" in value
    return value is not None and bool(value > wanted if sign == ">" else value >= wanted)


class Clock:
    """A machine's clock that a test sets."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


def answer(status: int, body: str) -> Answer:
    """Return what makes this answer."""
    return lambda: httpx.Response(status, text=body)


def result(value: Any) -> Answer:
    """Return what makes an answer with this result."""
    return answer(200, json.dumps({"id": 1, "result": value}))


def raised(fault: Exception) -> Answer:
    """Return what breaks the connection."""

    def broken() -> httpx.Response:
        raise fault

    return broken


def broken_at(step: int, fault: Answer) -> Fault:
    """Return a fault for this request only, counted from 1."""
    return lambda number, method: fault() if number == step else None


def error(*arguments: Any) -> httpx.Response:
    """Return Tryton's own no."""
    return httpx.Response(200, text=json.dumps({"id": 1, "error": arguments}))


NOT_A_NUMBER = '{"id": 1, "result": [{"id": 7, "number": {"__class__": "Decimal", "decimal": "x"}}]}'
RESULTS: tuple[Any, ...] = (None, [], {}, "x", 7, [1], [{}], [{"id": "7"}], [[7]])
FAULTS: list[Answer] = [
    *(answer(code, "<html>no</html>") for code in (301, 400, 401, 403, 404, 413, 429, 500, 502, 503, 504)),
    *(answer(200, body) for body in ("<html>", "", "[]", "null", "{", '{"id": 1}', "NaN", "[" * 5000, NOT_A_NUMBER)),
    *(result(value) for value in RESULTS),
    *(lambda kind=kind: error(kind, ["No.", "Because.", None]) for kind in ("UserError", "UserWarning")),
    *(lambda kind=kind: error(kind, "words") for kind in ("UserError", "LoginException", "RateLimitException")),
    *(lambda kind=kind: error(kind, "") for kind in ("database is locked", "ConcurrencyException", "KeyError: 'x'")),
    *(lambda words=words: error(*words) for words in ((), ("UserError",), (7, 8), (None, None))),
    *(raised(fault) for fault in (httpx.ReadTimeout("slow"), httpx.ConnectError("refused"))),
    *(
        raised(fault)
        for fault in (httpx.RemoteProtocolError("cut"), httpx.DecodingError("no gzip"), OSError("no route"))
    ),
]
"""All that a Tryton, or what stands before it, may answer to any request."""
