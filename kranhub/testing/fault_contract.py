"""What a connector must do when its ERP fails. Each test's docstring is a sentence of the contract."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from kranhub.connector import Connector, Outcome, Unreadable
from kranhub.errors import Misconfigured, Unavailable
from kranhub.testing.content import demand_unreadable
from kranhub.testing.demands import ContractBroken, broken, demand, demand_both_languages, demand_text
from kranhub.testing.harness import ErpHarness
from kranhub.testing.processes import armed, resume
from kranhub.testing.reading import keys, poll
from kranhub.testing.sink_contract import DELIVERED
from kranhub.testing.suite import Suite, deliver, needs
from kranhub.wire.messages import Subject

Act = Callable[[Connector], Awaitable[None]]


class FaultContract(Suite):
    """Faults of the ERP make the connector wait, those of a document concern that document; neither ends it."""

    most_breakages: ClassVar[int] = 40
    """How often the driver raises in one test. Every error comes, and at every call; raise it to try more pairs."""

    async def test_check_is_content_with_a_good_configuration(self, erp: Connector) -> None:
        """check() returns."""
        await erp.check()

    async def test_what_a_person_must_mend_is_misconfigured_in_both_languages(self, harness: ErpHarness) -> None:
        """check() says what to do, in English and in Russian."""
        connector = harness.misconfigured()
        try:
            await connector.check()
        except Misconfigured as error:
            demand_text(error.text, "The text of Misconfigured")
        else:
            broken("check() was content with a wrong configuration. Raise Misconfigured and say what to correct.")
        finally:
            await connector.close()

    @needs("goes_away")
    async def test_an_erp_that_is_away_is_unavailable_and_comes_back(self, harness: ErpHarness, erp: Connector) -> None:
        """check(), read() and deliver() raise Unavailable while the ERP is away; afterwards all is as before."""
        with harness.away():
            await _demand_unavailable("check()", erp.check())
            if self.features.reads:
                await _demand_unavailable("read()", poll(erp))
            if Subject.PLANT_ORDER in self.features.takes and self.features.writes:
                await _demand_unavailable("deliver()", deliver(erp, harness.event("away")))
        await erp.check()
        if Subject.PLANT_ORDER in self.features.takes and self.features.writes:
            outcome = (await deliver(erp, harness.event("away")))[0].outcome
            demand(
                outcome in DELIVERED and harness.live("away") == 1,
                f"The ERP was away and came back; the event was then answered {outcome}, and {harness.live('away')} of "
                "it is in the ERP. Deliver it once.",
            )

    @needs("answers_garbage")
    async def test_a_garbage_answer_is_unavailable(self, harness: ErpHarness, erp: Connector) -> None:
        """An answer that is no answer is waited out, not a crash."""
        with harness.garbage():
            await _demand_unavailable("check()", erp.check())

    @needs("breaks")
    async def test_no_error_of_the_driver_ends_check(self, harness: ErpHarness) -> None:
        """Whatever the driver raises at whichever step, check() raises nothing but Unavailable and Misconfigured."""

        async def act(erp: Connector) -> None:
            await erp.check()

        await _break_everywhere(harness, self.most_breakages, "check()", act, _nothing)

    @needs("breaks", "reads")
    async def test_no_error_of_the_driver_ends_read(
        self, harness: ErpHarness, erp: Connector, subject: Subject
    ) -> None:
        """Whatever the driver raises at whichever step, read() raises nothing else either, and loses nothing."""
        key = harness.create(subject)

        async def act(connector: Connector) -> None:
            for item in (await poll(connector))[0]:
                if isinstance(item, Unreadable):
                    demand_unreadable(item)

        await _break_everywhere(harness, self.most_breakages, "read()", act, _nothing)
        demand(key in keys((await poll(erp))[0]), f"After the driver's errors {subject} {key} was not published.")

    @needs("breaks", "writes", takes=Subject.PLANT_ORDER)
    async def test_no_error_of_the_driver_ends_deliver(self, harness: ErpHarness, erp: Connector) -> None:
        """Nor deliver(): it may answer REJECTED or RETRY as well; delivered again, the document is there once."""
        references = iter(range(10_000))
        last = ""

        async def act(connector: Connector) -> None:
            nonlocal last
            last = f"broken-{next(references)}"
            for receipt in await deliver(connector, harness.event(last)):
                if receipt.outcome is Outcome.REJECTED:
                    demand_both_languages(receipt.reason, "The reason of a REJECTED receipt")

        async def afterwards(error: Exception, call: int) -> None:
            await deliver(erp, harness.event(last))
            demand(
                harness.live(last) == 1,
                f"The driver raised {type(error).__name__} at its call {call} of deliver(); delivered again, the ERP "
                f"has {harness.live(last)} live documents in place of 1. Look the reference up before you create.",
            )

        await _break_everywhere(harness, self.most_breakages, "deliver()", act, afterwards)

    @needs("writes", "failpoints", takes=Subject.PLANT_ORDER)
    async def test_killed_at_any_failpoint_then_delivered_again_is_once(
        self, harness: ErpHarness, tmp_path: Path
    ) -> None:
        """Kill -9 between any two steps; the next delivery leaves exactly one document."""
        for number, failpoint in enumerate(self.features.failpoints):
            reference = f"killed-{number}"
            with armed(harness.process(reference), tmp_path, failpoint, "kill"):
                pass
            await _delivered(harness, reference)
            _demand_once(harness, reference, f"killed at {failpoint}")

    @needs("writes", "failpoints", takes=Subject.PLANT_ORDER)
    async def test_stopped_at_any_failpoint_and_overtaken_is_once(self, harness: ErpHarness, tmp_path: Path) -> None:
        """SIGSTOP between any two steps while a second sink delivers, then SIGCONT: exactly one document."""
        for number, failpoint in enumerate(self.features.failpoints):
            reference = f"stopped-{number}"
            with armed(harness.process(reference), tmp_path, failpoint, "stop") as stopped:
                with suppress(Unavailable):  # the stopped one may hold the ERP's lock: then this one waits and gives up
                    await _delivered(harness, reference)
                resume(stopped)
            await _delivered(harness, reference)
            _demand_once(harness, reference, f"stopped at {failpoint} and overtaken")


class Breakage:
    """Raises an error at the n-th call of the driver."""

    def __init__(self, error: Exception, call: int) -> None:
        """Take what to raise, and at which call from 1 on."""
        self._error, self._call = error, call
        self.calls = 0

    @property
    def reached(self) -> bool:
        """Whether there was such a call."""
        return self.calls >= self._call

    def step(self) -> None:
        """Count one call; at the chosen call, raise the error.

        Raises:
            Exception: The chosen error, at the chosen call.
        """
        self.calls += 1
        if self.calls == self._call:
            raise self._error


async def _break_everywhere(
    harness: ErpHarness, most: int, what: str, act: Act, afterwards: Callable[[Exception, int], Awaitable[None]]
) -> None:
    """Let the driver raise every error, and at every call; not all combinations where those would be too many."""
    calls = await _calls_of(harness, what, act)
    errors = harness.driver_errors()
    step = min(-(-len(errors) * calls // most), len(errors), calls)
    for number, error in enumerate(errors):
        for call in range(1, calls + 1):
            if (number + call) % step:
                continue
            breakage = Breakage(error, call)
            with harness.breaking(breakage.step):
                connector = harness.connector()
                try:
                    await _survive(act(connector), what, error, call)
                finally:
                    await connector.close()
            if breakage.reached:
                await afterwards(error, call)


async def _calls_of(harness: ErpHarness, what: str, act: Act) -> int:
    """Return how many calls of the driver the act needs when nothing goes wrong."""
    counted = Breakage(Exception(), 0)
    with harness.breaking(counted.step):
        connector = harness.connector()
        await act(connector)
        await connector.close()
    demand(counted.calls > 0, f"The harness's breaking() never called step() during {what}. Call it in every call.")
    return counted.calls


async def _nothing(error: Exception, call: int) -> None:
    """Look at nothing afterwards."""


async def _survive(acting: Awaitable[None], what: str, error: Exception, call: int) -> None:
    try:
        await acting
    except (Unavailable, Misconfigured) as raised:
        demand_text(raised.text, f"What {what} says of {type(error).__name__}")
    except ContractBroken:
        raise
    except Exception as escaped:
        raise ContractBroken(
            f"The driver raised {type(error).__name__} at its call {call} of {what}, and {type(escaped).__name__} came "
            f"out ({escaped}): it ends the connector's process. Catch everything that the driver can raise in one "
            "place: Unavailable where waiting helps, Misconfigured where a person must act, Unreadable or REJECTED "
            "where one document is to blame."
        ) from escaped


async def _demand_unavailable(what: str, acting: Awaitable[object]) -> None:
    try:
        await acting
    except Unavailable as error:
        demand_text(error.text, f"What {what} says of an ERP that is away")
    except ContractBroken:
        raise
    except Exception as error:
        raise ContractBroken(
            f"The ERP was away, and {what} raised {type(error).__name__}: {error}. Raise Unavailable: it is waited out."
        ) from error
    else:
        broken(f"The ERP was away, and {what} said nothing. Raise Unavailable: it is waited out.")


async def _delivered(harness: ErpHarness, reference: str) -> None:
    """Deliver with another connector, as after a restart."""
    connector = harness.connector()
    try:
        await deliver(connector, harness.event(reference))
    finally:
        await connector.close()


def _demand_once(harness: ErpHarness, reference: str, how: str) -> None:
    live = harness.live(reference)
    demand(
        live == 1,
        f"A sink was {how}; then the event was delivered again, and the ERP has {live} live documents. Look the "
        "reference up before you create, and let a unique constraint or the lowest id decide between two writers.",
    )
