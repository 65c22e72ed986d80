"""What the parts of the suite share: the choice of tests by a connector's features, and one running connector."""

import inspect
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, ClassVar, TypeVar

import pytest_asyncio

from kranhub.connector import Connector, Event, Receipt
from kranhub.testing.demands import broken, demand
from kranhub.testing.harness import ErpHarness, Features

Test = TypeVar("Test", bound=Callable[..., Any])


def needs(*features: str, publishes: str = "", takes: str = "") -> Callable[[Test], Test]:
    """Mark a test for connectors with these features.

    Args:
        *features: Fields of `Features` that must be set.
        publishes: A record that the source must publish; empty for none.
        takes: A record that the sink must take; empty for none.
    """

    def decorate(test: Test) -> Test:
        test.needs = lambda declared: (  # type: ignore[attr-defined]
            all(getattr(declared, feature) for feature in features)
            and (not publishes or publishes in declared.publishes)
            and (not takes or takes in declared.takes)
        )
        return test

    return decorate


class Suite:
    """Tests of features that are declared False are not collected at all, so that nothing is ever skipped."""

    features: ClassVar[Features] = Features()

    def __init_subclass__(cls) -> None:
        if cls.__module__.startswith("kranhub.testing."):
            return
        for name, member in inspect.getmembers(cls):
            if (hasattr(member, "needs") and not member.needs(cls.features)) or (
                name.startswith("test_")
                and not cls.features.publishes
                and "subject" in inspect.signature(member).parameters
            ):
                setattr(cls, name, None)

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Run a test with the argument ``subject`` once for each record that the source publishes."""
        if "subject" in metafunc.fixturenames:
            metafunc.parametrize("subject", self.features.publishes)

    @pytest_asyncio.fixture
    async def erp(self, harness: ErpHarness) -> AsyncIterator[Connector]:
        """Provide one running connector."""
        connector = harness.connector()
        yield connector
        await connector.close()


async def deliver(erp: Connector, *events: Event) -> Sequence[Receipt]:
    """Deliver a batch through a connector's sink, and demand a receipt for each event.

    Raises:
        ContractBroken: The connector has no sink, or its receipts do not match the events.
    """
    sink = erp.sink()
    if sink is None:
        broken("The connector declares that it writes, but sink() is None. Declare Features(writes=False).")
    receipts = await sink.deliver(events)
    demand(
        [receipt.event_id for receipt in receipts] == [event.id for event in events],
        f"deliver() got {len(events)} events and returned {len(receipts)} receipts, or in another order. Return one "
        "receipt per event, in their order, each with its event's id.",
    )
    for event, receipt in zip(events, receipts, strict=True):
        demand(
            receipt.revision == event.revision,
            f"The receipt of {event.id} has revision {receipt.revision}, the event has {event.revision}. Put "
            "event.revision into the receipt: the hub counts by it what has arrived.",
        )
    return receipts
