"""The tests themselves. Each docstring is a sentence of the contract."""

# ruff: noqa: S101  (assertions are what a test is)

import re
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
import pytest_asyncio

from kranhub.connector import Connector, Event, Outcome, Read, Receipt
from kranhub.errors import Misconfigured, Unavailable
from kranhub.testing.harness import ErpHarness, Features
from kranhub.testing.processes import armed, resume
from kranhub.testing.reading import ids, keys, poll

_EVENT_ID = re.compile(r"^[a-z0-9-]+/[A-Za-z]+/.+/\d+/.+$")
DELIVERED = (Outcome.APPLIED, Outcome.DUPLICATE)


Test = TypeVar("Test", bound=Callable[..., Any])


def needs(*features: str) -> Callable[[Test], Test]:
    """Mark a test that only makes sense for connectors with these features."""

    def mark(test: Test) -> Test:
        test.needs = features  # type: ignore[attr-defined]
        return test

    return mark


async def deliver(erp: Connector, *events: Event) -> Sequence[Receipt]:
    """Deliver a batch through a connector's sink."""
    sink = erp.sink()
    assert sink is not None, "the connector declares that it writes, but has no sink"
    return await sink.deliver(events)


class ConnectorContract:
    """Inherit, declare ``features``, and give a fixture ``harness``.

    Tests of features that are declared False are not collected at all, so that nothing is ever skipped.
    """

    features: ClassVar[Features] = Features()

    def __init_subclass__(cls) -> None:
        for name in dir(cls):
            wanted = getattr(getattr(cls, name), "needs", ())
            if not all(getattr(cls.features, feature) for feature in wanted):
                setattr(cls, name, None)

    @pytest_asyncio.fixture
    async def erp(self, harness: ErpHarness) -> AsyncIterator[Connector]:
        """One running connector."""
        connector = harness.connector()
        yield connector
        await connector.close()

    async def test_check_is_content_with_a_good_configuration(self, erp: Connector) -> None:
        """check() returns."""
        await erp.check()

    async def test_what_a_person_must_mend_is_misconfigured_in_both_languages(self, harness: ErpHarness) -> None:
        """check() says what to do, in English and in Russian."""
        connector = harness.misconfigured()
        with pytest.raises(Misconfigured) as caught:
            await connector.check()
        await connector.close()
        assert caught.value.text.en != caught.value.text.ru
        assert re.search("[а-я]", caught.value.text.ru)

    @needs("goes_away")
    async def test_an_erp_that_is_away_is_unavailable_and_comes_back(self, harness: ErpHarness, erp: Connector) -> None:
        """check(), read() and deliver() raise Unavailable while the ERP is away; afterwards all is as before."""
        with harness.away():
            with pytest.raises(Unavailable):
                await erp.check()
            if self.features.reads:
                with pytest.raises(Unavailable):
                    await poll(erp)
            if self.features.writes:
                with pytest.raises(Unavailable):
                    await deliver(erp, harness.event("away"))
        await erp.check()
        if self.features.writes:
            assert (await deliver(erp, harness.event("away")))[0].outcome in DELIVERED
            assert harness.live("away") == 1

    @needs("answers_garbage")
    async def test_a_garbage_answer_is_unavailable(self, harness: ErpHarness, erp: Connector) -> None:
        """An answer that is no answer is waited out, not a crash."""
        with harness.garbage(), pytest.raises(Unavailable):
            await erp.check()

    @needs("reads")
    async def test_everything_that_changed_is_read(self, harness: ErpHarness, erp: Connector) -> None:
        """One poll yields every changed document, each with an id of five parts and the member as its origin."""
        changed = harness.change(3)
        items, _ = await poll(erp)
        assert set(changed) <= keys(items)
        assert len(ids(items)) == len(set(ids(items)))
        for item in items:
            assert isinstance(item, Read), "a good document must be readable"
            assert _EVENT_ID.match(item.event.id), item.event.id
            assert item.event.id.startswith(f"{item.event.origin}/")

    @needs("reads")
    async def test_times_are_aware(self, harness: ErpHarness, erp: Connector) -> None:
        """An event's time has a zone."""
        harness.change(1)
        for item in (await poll(erp))[0]:
            assert isinstance(item, Read)
            assert item.event.time is None or item.event.time.utcoffset() == timedelta(0)

    @needs("reads")
    async def test_read_again_from_the_start_gives_the_same_ids(self, harness: ErpHarness, erp: Connector) -> None:
        """Identity does not depend on when, or by which instance, a document is read."""
        harness.change(3)
        first, _ = await poll(erp)
        other = harness.connector()
        again, _ = await poll(other)
        await other.close()
        assert sorted(ids(first)) == sorted(ids(again))

    @needs("reads")
    async def test_any_checkpoint_resumes_without_loss(self, harness: ErpHarness, erp: Connector) -> None:
        """From the checkpoint of any event, exactly the events behind it follow."""
        harness.change(4)
        items, _ = await poll(erp)
        for position, item in enumerate(items):
            other = harness.connector()
            rest, _ = await poll(other, item.checkpoint)
            await other.close()
            assert sorted(ids(rest)) == sorted(ids(items[position + 1 :]))

    @needs("reads")
    async def test_a_restart_publishes_nothing_again(self, harness: ErpHarness, erp: Connector) -> None:
        """What lies in the overlap behind a committed checkpoint is not news, and new documents are."""
        harness.change(3)
        _, checkpoint = await poll(erp)
        other = harness.connector()
        again, checkpoint = await poll(other, checkpoint)
        assert ids(again) == []
        changed = harness.change(1)
        news, _ = await poll(other, checkpoint)
        await other.close()
        assert set(changed) <= keys(news)

    @needs("writes")
    async def test_receipts_come_one_per_event_in_order(self, harness: ErpHarness, erp: Connector) -> None:
        """deliver() answers every event."""
        events = [harness.event(f"order-{number}") for number in range(3)]
        receipts = await deliver(erp, *events)
        assert [receipt.event_id for receipt in receipts] == [event.id for event in events]
        assert {receipt.outcome for receipt in receipts} == {Outcome.APPLIED}
        assert [harness.live(f"order-{number}") for number in range(3)] == [1, 1, 1]

    @needs("writes")
    async def test_delivered_twice_is_applied_once(self, harness: ErpHarness, erp: Connector) -> None:
        """The same event again, from this instance or after a restart, is a DUPLICATE."""
        event = harness.event("twice")
        assert (await deliver(erp, event))[0].outcome is Outcome.APPLIED
        assert (await deliver(erp, event))[0].outcome is Outcome.DUPLICATE
        other = harness.connector()
        assert (await deliver(other, event))[0].outcome is Outcome.DUPLICATE
        await other.close()
        assert harness.live("twice") == 1

    @needs("writes", "revises")
    async def test_a_newer_revision_changes_the_document(self, harness: ErpHarness, erp: Connector) -> None:
        """One document, with the new content; an older revision that comes late changes nothing."""
        await deliver(erp, harness.event("revised"))
        before = harness.quantity("revised")
        assert (await deliver(erp, harness.event("revised", 2)))[0].outcome is Outcome.APPLIED
        after = harness.quantity("revised")
        assert after != before
        assert (await deliver(erp, harness.event("revised", 1)))[0].outcome is Outcome.DUPLICATE
        assert harness.quantity("revised") == after
        assert harness.live("revised") == 1

    @needs("writes", "cancels")
    async def test_a_cancelled_document_no_longer_counts(self, harness: ErpHarness, erp: Connector) -> None:
        """A cancellation is a revision like any other, and stays cancelled."""
        await deliver(erp, harness.event("cancelled"))
        assert (await deliver(erp, harness.event("cancelled", 2, cancelled=True)))[0].outcome is Outcome.APPLIED
        assert harness.live("cancelled") == 0
        assert (await deliver(erp, harness.event("cancelled", 1)))[0].outcome is Outcome.DUPLICATE
        assert harness.live("cancelled") == 0

    @needs("writes", "refuses")
    async def test_a_business_no_has_its_reason_and_stops_nobody_else(
        self, harness: ErpHarness, erp: Connector
    ) -> None:
        """A refused event is REJECTED in both languages; its neighbours are delivered."""
        bad = harness.unacceptable("refused")
        receipts = await deliver(erp, harness.event("before"), bad, harness.event("behind"))
        assert [receipt.outcome for receipt in receipts] == [Outcome.APPLIED, Outcome.REJECTED, Outcome.APPLIED]
        assert receipts[1].reason.keys() >= {"en", "ru"}
        assert [harness.live(name) for name in ("before", "refused", "behind")] == [1, 0, 1]

    @needs("writes", "failpoints")
    def test_killed_at_any_failpoint_then_delivered_again_is_once(self, harness: ErpHarness, tmp_path: Path) -> None:
        """kill -9 between any two steps; the next delivery leaves exactly one document."""
        for number, failpoint in enumerate(self.features.failpoints):
            reference = f"killed-{number}"
            with armed(harness.process(reference), tmp_path, failpoint, "kill"):
                pass
            _run(harness, reference)
            assert harness.live(reference) == 1, failpoint

    @needs("writes", "failpoints")
    def test_stopped_at_any_failpoint_and_overtaken_is_once(self, harness: ErpHarness, tmp_path: Path) -> None:
        """SIGSTOP between any two steps while a second sink delivers, then SIGCONT: exactly one document."""
        for number, failpoint in enumerate(self.features.failpoints):
            reference = f"stopped-{number}"
            with armed(harness.process(reference), tmp_path, failpoint, "stop") as stopped:
                _overtake(harness, reference)
                resume(stopped)
            _run(harness, reference)
            assert harness.live(reference) == 1, failpoint


def _run(harness: ErpHarness, reference: str) -> None:
    done = subprocess.run(list(harness.process(reference)), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def _overtake(harness: ErpHarness, reference: str) -> None:
    """Deliver beside a stopped sink. It may hold the ERP's lock; then this one is told to wait, and gives up here."""
    subprocess.run(list(harness.process(reference)), capture_output=True, timeout=60, check=False)
