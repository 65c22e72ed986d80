"""A real Tryton for tests: one server per session, a fresh database per company that a test asks for."""

import tempfile
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
SPARE_DATABASES = 48
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
    """Start one server with `SPARE_DATABASES` that are loaded when a test takes them."""
    template = ensure_template(CACHE)
    with tempfile.TemporaryDirectory(prefix="kranhub-tryton-") as folder:
        server = TrytonServer(Path(folder))
        for number in range(SPARE_DATABASES):
            server.add(f"spare{number}", template)
        server.start(["spare0"])
        yield server
        server.stop()


@pytest.fixture(scope="session")
def spare_databases(tryton_server: TrytonServer) -> Iterator[str]:
    """Return the databases that no test has taken yet."""
    return iter(tryton_server.databases())


@pytest.fixture(scope="session")
def new_company(tryton_server: TrytonServer, spare_databases: Iterator[str]) -> Iterator[NewCompany]:
    """Return a function that makes a new company with `PRODUCTS` and `PARTIES` in about two seconds."""
    with ExitStack() as opened:

        def new() -> Company:
            database = next(spare_databases)
            tryton_server.load(database)
            rpc = opened.enter_context(tryton_server.open(database))
            people.provision(rpc, company="Company", products=PRODUCTS, parties=PARTIES)
            people.number_purchases(rpc, "PO-")
            return Company(tryton_server, database, rpc)

        yield new
