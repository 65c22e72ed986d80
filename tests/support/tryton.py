"""A real Tryton for tests: one server per session, a fresh database per company that a test asks for."""

import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from deploy.demo import tryton_people as people
from deploy.demo.tryton_erp import TrytonServer, ensure_template
from deploy.demo.tryton_rpc import Rpc

REPOSITORY = Path(__file__).parents[2]
CACHE = REPOSITORY / "kranhub-data" / "tryton"
PRODUCTS = (
    people.Product("CRANE-10", "Bridge crane 10 t", "u", Decimal("4000000")),
    people.Product("STEEL", "Steel structure", "t", Decimal("180000")),
    people.Product("PAINT", "Coating", "m²", Decimal("900")),
)
PARTIES = (("hub", "kranhub"), ("sibir-terminal", "Sibir Terminal"))


@dataclass(frozen=True, slots=True)
class Company:
    """One company's Tryton database, and a session of its administrator."""

    server: TrytonServer
    database: str
    rpc: Rpc


NewCompany = Callable[[], Company]


@pytest.fixture(scope="session")
def tryton_server() -> Iterator[TrytonServer]:
    """Start one server; databases are added while it runs."""
    template = ensure_template(CACHE)
    with tempfile.TemporaryDirectory(prefix="kranhub-tryton-") as folder:
        server = TrytonServer(Path(folder))
        server.add("ready", template)
        with server:
            yield server
        assert server.pid is None


@pytest.fixture
def new_company(tryton_server: TrytonServer) -> Iterator[NewCompany]:
    """Return a function that makes a new company with `PRODUCTS` and `PARTIES` in about two seconds."""
    template = ensure_template(CACHE)
    with ExitStack() as opened:

        def new() -> Company:
            database = f"t{uuid.uuid4().hex[:8]}"
            tryton_server.add(database, template)
            rpc = opened.enter_context(tryton_server.open(database))
            people.provision(rpc, company="Company", products=PRODUCTS, parties=PARTIES)
            people.number_purchases(rpc, "PO-")
            return Company(tryton_server, database, rpc)

        yield new
