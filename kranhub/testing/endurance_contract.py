"""What a source must withstand: wrong clocks, many old documents, orders that people withdraw."""

from datetime import timedelta

from kranhub.connector import Checkpoint, Connector, Read
from kranhub.testing.content import demand_bounded, value_of
from kranhub.testing.demands import demand
from kranhub.testing.harness import ErpHarness
from kranhub.testing.reading import Item, Reader, ids, keys, poll, reading
from kranhub.testing.source_contract import behind, published, restarted
from kranhub.testing.suite import Suite, needs
from kranhub.wire import messages
from kranhub.wire.messages import OrderDocumentStatus, Subject

AHEAD = (timedelta(minutes=10), timedelta(hours=23), timedelta(days=3650))
LONG_S = 3600.0


class EnduranceContract(Suite):
    """Nothing that an ERP holds may hide what comes after it, nor make the source too large to start."""

    @needs("reads", "clock_ahead")
    async def test_a_clock_ahead_hides_nothing(self, harness: ErpHarness, erp: Connector, subject: Subject) -> None:
        """Documents stamped minutes, hours and years ahead are published, and so is everything that follows them."""
        checkpoint = await behind(erp)
        for by in AHEAD:
            ahead = harness.ahead(subject, by)
            items, checkpoint = await poll(erp, checkpoint)
            demand(
                ahead in keys(items),
                f"{subject} {ahead}, stamped {by} ahead, was not published. Publish it all the same.",
            )
            late = harness.create(subject)
            items, checkpoint = await restarted(harness, checkpoint)
            demand(
                late in keys(items),
                f"{subject} {late} has the right time, and was not published behind one that was stamped {by} ahead. "
                "Let no timestamp move the watermark beyond the connector's own clock.",
            )

    @needs("reads", "clock_ahead", "edits")
    async def test_a_document_stamped_ahead_can_be_corrected(
        self, harness: ErpHarness, erp: Connector, subject: Subject
    ) -> None:
        """A document that was stamped ahead and is changed at the right time is published again."""
        checkpoint = await behind(erp)
        for by in AHEAD:
            key = harness.ahead(subject, by)
            _, checkpoint = await poll(erp, checkpoint)
            harness.edit(subject, key, 17)
            items, checkpoint = await restarted(harness, checkpoint)
            demand(
                key in keys(items),
                f"{subject} {key} was stamped {by} ahead, then changed with the right time, and not published again. A "
                "lower timestamp is no older state: compare contents, too.",
            )

    @needs("reads", "many")
    async def test_many_old_documents_do_not_keep_it_from_starting(
        self, harness: ErpHarness, erp: Connector, subject: Subject
    ) -> None:
        """Thousands of documents of one moment are published once, restarts included; the checkpoint stays bounded."""
        count = self.features.many
        start = await behind(erp)
        harness.many(subject, count)
        items, checkpoint = await _until_quiet(erp, start, count)
        demand(
            len(set(ids(items))) == len(items) == count,
            f"{count} old documents were in the ERP, and {len(items)} events with {len(set(ids(items)))} ids came.",
        )
        demand_bounded(checkpoint, count)
        again, checkpoint = await restarted(harness, checkpoint)
        demand(
            not again,
            f"After a restart {len(again)} of {count} documents were published again. Remember all of them, over "
            "several positions of the checkpoint.",
        )
        demand_bounded(checkpoint, count)

    @needs("reads", "withdraws", publishes=Subject.ORDER)
    async def test_a_withdrawn_order_is_cancelled(self, harness: ErpHarness) -> None:
        """An order that leaves what the source reads is published as CANCELLED, once; back again, as ACTIVE."""
        key = harness.create(Subject.ORDER)
        first, checkpoint = await _polled(harness, 0.0, None)
        published(first, Subject.ORDER, key)
        harness.withdraw(key)
        connector = harness.withdrawing(0.0)
        async with reading(connector, checkpoint) as reader:
            await _demand_cancelled(reader, harness, key)
            again = await reader.poll()
            demand(key not in keys(again), f"Order {key} was published as CANCELLED more than once: {ids(again)}.")
        harness.bring_back(key)
        async with reading(connector, reader.checkpoint) as reader:
            event = await reader.until_published(
                Subject.ORDER, key, f"Order {key} came back and was not published again."
            )
        await connector.close()
        status = event.value_as(messages.Order).get("document_status")
        demand(
            value_of(event, harness.member)["document_status"] == OrderDocumentStatus.ACTIVE
            and event.id not in ids(first),
            f"Order {key} came back and was published as {status} under {event.id}. Publish its state "
            "under a new id: the hub knows it as cancelled.",
        )

    @needs("reads", "withdraws", "removes", publishes=Subject.ORDER)
    async def test_a_deleted_order_is_cancelled(self, harness: ErpHarness) -> None:
        """An order whose row is deleted is published as CANCELLED, after a restart as well."""
        key = harness.create(Subject.ORDER)
        _, checkpoint = await _polled(harness, 0.0, None)
        harness.remove(Subject.ORDER, key)
        connector = harness.withdrawing(0.0)
        async with reading(connector, checkpoint) as reader:
            await _demand_cancelled(reader, harness, key)
        await connector.close()

    @needs("reads", "withdraws", publishes=Subject.ORDER)
    async def test_an_order_that_comes_back_in_time_is_not_cancelled(self, harness: ErpHarness) -> None:
        """Some people correct an order by taking it back: within the grace period no cancellation is published."""
        key = harness.create(Subject.ORDER)
        _, checkpoint = await _polled(harness, LONG_S, None)
        harness.withdraw(key)
        items, checkpoint = await _polled(harness, LONG_S, checkpoint)
        more, checkpoint = await _polled(harness, LONG_S, checkpoint)
        harness.bring_back(key)
        back, _ = await _polled(harness, LONG_S, checkpoint)
        statuses = [
            value_of(item.event, harness.member)["document_status"]
            for item in (*items, *more, *back)
            if isinstance(item, Read) and item.event.key == key
        ]
        demand(
            set(statuses) <= {"ACTIVE"},
            f"Order {key} was taken back and came again within the grace period, and was published as {statuses} "
            "meanwhile. Wait for the grace period before CANCELLED, over restarts, too.",
        )


async def _until_quiet(erp: Connector, since: Checkpoint, most: int) -> tuple[list[Item], Checkpoint]:
    """Return what the polls yield up to the first empty one, or until they yielded too much: portions are allowed."""
    found: list[Item] = []
    async with reading(erp, since) as reader:
        while len(found) <= most and (items := await reader.poll()):
            found += items
        return found, reader.checkpoint


async def _polled(harness: ErpHarness, grace_s: float, since: Checkpoint | None) -> tuple[list[Item], Checkpoint]:
    connector = harness.withdrawing(grace_s)
    try:
        return await poll(connector, since)
    finally:
        await connector.close()


async def _demand_cancelled(reader: Reader, harness: ErpHarness, key: str) -> None:
    event = await reader.until_published(
        Subject.ORDER,
        key,
        f"Order {key} left what the source reads, and its cancellation was never published, so the plants go on making "
        "it. Remember in the checkpoint which orders were published as active; publish as CANCELLED what is gone after "
        "the grace period.",
    )
    status = value_of(event, harness.member)["document_status"]
    demand(
        status == "CANCELLED",
        f"Order {key} left what the source reads and was published as {status}. Publish it with document_status "
        "CANCELLED.",
    )
