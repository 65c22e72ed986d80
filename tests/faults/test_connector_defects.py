"""What a connector's author gets wrong is said before the process ends, and one bad document ends nothing else."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer

from connectors.runtime import conformance, forget, runner, status, task_loop
from deploy.demo import independent
from kranhub.broker import reading, topics
from kranhub.broker.client_settings import kafka_python
from kranhub.connector import Checkpoint, Read
from kranhub.errors import Failed, KranhubError, Misconfigured
from kranhub.operations.status.connector_states import ConnectorState, connector_states
from kranhub.parties import members
from kranhub.text import Text
from kranhub.wire import envelope
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject
from kranhub.wire.registry import Registry
from tests.support.bad_connectors import (
    ME,
    PASSWORD,
    Bad,
    answers,
    at,
    last,
    loaded,
    order,
    raises,
    yields,
)
from tests.support.connector_mistakes import BAD, NAIVE, SINKS, SOURCES
from tests.support.connector_process import connector, until
from tests.support.fields import changed
from tests.support.order_status import status as order_status
from tests.support.stack import Stack
from tools.harness.settings import new_namespace

pytestmark = pytest.mark.stack


class Hub:
    """One namespace for all of these tests; each has a connector of its own name, and so its own states."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.settings = stack, stack.prepare(new_namespace(), ME)
        self.member = members.load(self.settings.required("members_file")).by_id[ME]

    def run(self, name: str, connector: Bad, ended: Callable[[], Any] | None = None) -> BaseException | None:
        """Run the connector in this process until it ends, or until the condition holds; return what ended it."""

        async def main() -> None:
            stop = asyncio.Event()
            if ended:
                loop = asyncio.get_running_loop()
                threading.Thread(
                    target=lambda: (until(ended, name), loop.call_soon_threadsafe(stop.set)), daemon=True
                ).start()
            await asyncio.wait_for(runner.run_until(stop, self.settings, loaded(connector, name, self.member)), 60)

        try:
            asyncio.run(main())
        except KranhubError as error:
            return error
        return None

    def state(self, name: str, task: str) -> ConnectorState | None:
        found = [each for each in connector_states(self.settings) if (each.connector, each.task) == (name, task)]
        return found[0] if found else None

    def word(self, name: str, task: str = "source") -> str:
        found = self.state(name, task)
        return found.state if found else ""

    def read(self, kind: str) -> list[Any]:
        topic = topics.out(self.settings.namespace, ME, kind)
        return independent.read(self.stack.bootstrap, self.stack.registry_url, topic)

    def address(self, *numbers: int) -> None:
        with Registry(self.stack.registry_url) as registry:
            codec, topic = Codec(registry), topics.inbound(self.settings.namespace, ME, "statuses")
            with closing(KafkaProducer(**kafka_python(self.settings))) as producer:
                for number in numbers:
                    about = Envelope(f"hub/OrderStatus/{number}/1", "/hub/dispatch", "kranhub.OrderStatus")
                    value = codec.encode(Subject.ORDER_STATUS, order_status(number, 1))
                    producer.send(topic, key=str(number).encode(), value=value, headers=envelope.headers(about))


@pytest.fixture(scope="module")
def hub(stack: Stack) -> Hub:
    found = Hub(stack)
    found.address(1, 2, 3)
    return found


@pytest.mark.parametrize("name", ["raises", "unknown-subject", "committed"])
def test_what_a_source_gets_wrong_is_said_before_the_process_ends(
    hub: Hub, name: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connector, told = SOURCES[name]
    error = hub.run(name, connector)
    assert isinstance(error, Failed)
    state = hub.state(name, "source")
    assert state is not None
    assert state.state == "FAILED"
    assert told in state.reason
    assert state.reason == str(error)
    if name != "fails":
        assert f"{ME}/{name}" in state.reason
        monkeypatch.setenv("KRANHUB_LANG", "ru")
        assert "нарушил договор" in str(error)
    written = capfd.readouterr()
    assert PASSWORD not in written.err + written.out + state.reason


def test_what_was_read_before_a_defect_is_told(hub: Hub) -> None:
    """Ten good orders, then the mistake: the ten are published although no Progress came."""

    async def read(since: Checkpoint | None) -> Any:
        for number in range(last(since) + 1, 711):
            yield Read(order(f"ten-{number}", key=f"ten-{number}"), at(number))
        raise ValueError

    hub.run("ten", Bad(read))
    assert sum(seen.key.startswith("ten-") for seen in hub.read("orders")) == 710
    hub.run("ten", Bad(read))
    assert sum(seen.key.startswith("ten-") for seen in hub.read("orders")) == 710


@pytest.mark.parametrize("name", ["wrong-subjects", "too-few", "raising"])
def test_what_a_sink_gets_wrong_is_said_before_the_process_ends(
    hub: Hub, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    connector, told = SINKS[name]
    error = hub.run(f"sink-{name}", connector)
    state = hub.state(f"sink-{name}", "sink")
    assert isinstance(error, Failed)
    assert state is not None
    assert (state.state, state.reason) == ("FAILED", str(error))
    assert told in state.reason
    if "subjects" not in name:
        assert "hub/OrderStatus/1/1" in state.reason or "x/y" in state.reason
    assert PASSWORD not in capfd.readouterr().err + state.reason


def test_receipts_in_another_order_are_delivered_one_by_one_and_lose_nothing(hub: Hub) -> None:
    """Alone, each receipt fits its event; that the batch did not is said nevertheless."""
    sink = Bad(delivering=lambda batch: answers(erp_reference="reversed")(batch)[::-1])
    error = hub.run("reversed", sink)
    assert "another order than the events" in str(error)
    assert hub.word("reversed", "sink") == "FAILED"
    found = [seen.value["event_id"] for seen in hub.read("receipts") if seen.value["erp_reference"] == "reversed"]
    assert sorted(found) == [f"hub/OrderStatus/{number}/1" for number in (1, 2, 3)]


def test_a_document_that_breaks_the_code_is_named_and_the_others_are_delivered(hub: Hub) -> None:
    delivered: list[str] = []

    def deliver(batch: Any) -> Any:
        for event in batch:
            if event.key == "2":
                raise KeyError(event.key)
        delivered.extend(event.key for event in batch)
        return answers()(batch)

    error = hub.run("one-broken", Bad(delivering=deliver))
    assert "document hub/OrderStatus/2/1" in str(error)
    assert delivered == ["1", "3"]
    hub.run("one-broken", Bad(delivering=deliver))
    assert delivered == ["1", "3"]  # their receipts are committed; only the broken one comes again


def test_an_invalid_document_in_the_sink_is_refused_with_its_reason_and_a_dead_letter(hub: Hub) -> None:
    def deliver(batch: Any) -> Any:
        if any(event.key == "2" for event in batch):
            raise BAD
        return answers(erp_reference="one-invalid")(batch)

    def refused() -> list[Any]:
        return [seen.value for seen in hub.read("receipts") if seen.value["outcome"] == "REJECTED"]

    error = hub.run("one-invalid", Bad(delivering=deliver), refused)
    assert error is None
    assert [(each["event_id"], each["reason"]["ru"]) for each in refused()] == [("hub/OrderStatus/2/1", BAD.text.ru)]
    letters = [seen.value for seen in hub.read("dead-letters") if seen.value["stage"] == "sink"]
    assert [(each["event_id"], each["code"]) for each in letters] == [("hub/OrderStatus/2/1", "bad-date")]


def test_an_invalid_document_out_of_read_ends_neither_what_came_before_nor_the_sink(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_loop, "FIRST_DELAY_S", 0.1)
    reads: list[int] = []

    async def read(since: Checkpoint | None) -> Any:
        reads.append(last(since))
        if last(since) < 5:
            yield Read(order("before", key="before"), at(5))
        raise BAD

    def delivered() -> bool:
        found = {seen.value["erp_reference"] for seen in hub.read("receipts")}
        return "beside" in found and len(reads) > 2

    seen_state: list[ConnectorState] = []

    def both() -> bool:
        found = hub.state("invalid", "source")
        seen_state.extend([found] if found and found.state == "FAILED" else [])
        return delivered() and bool(seen_state)

    assert hub.run("invalid", Bad(read, answers(erp_reference="beside")), both) is None
    assert reads[:3] == [0, 5, 5]
    assert sum(seen.key == "before" for seen in hub.read("orders")) == 1
    letters = [seen.value for seen in hub.read("dead-letters") if seen.value["event_id"].startswith(f"{ME}/Unknown/")]
    assert [letter["code"] for letter in letters] == ["bad-date"]  # once, however often it is met
    assert f"right after {ME}/Order/before/0/1" in letters[0]["reason"]["en"]
    assert "bad-date" in seen_state[0].reason
    assert f"right after {ME}/Order/before/0/1" in seen_state[0].reason


def test_a_read_that_returns_is_said_and_waits_longer_each_time(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    delays: list[float] = []

    async def wait(error: Any, delay: float, reporter: Any, stop: asyncio.Event) -> None:
        delays.append(delay)
        await reporter.waiting(error)
        if len(delays) == 4:
            stop.set()

    monkeypatch.setattr(task_loop, "_wait", wait)
    told: list[str] = []
    original = status.Reporter.waiting

    async def waiting(self: Any, error: Any) -> None:
        await original(self, error)
        told.append(str(hub.state("returns", "source").reason))  # type: ignore[union-attr]

    monkeypatch.setattr(status.Reporter, "waiting", waiting)

    async def read(since: Checkpoint | None) -> Any:
        yield Read(order(f"returns-{last(since)}", key="returns"), at(last(since) + 1))

    assert hub.run("returns", Bad(read)) is None
    assert sum(seen.key == "returns" for seen in hub.read("orders")) == 4
    assert "read() of the connector sibir-terminal/returns returned" in told[0]
    assert [low < delay for low, delay in zip((0.7, 1.5, 3.1, 6.3), delays, strict=True)] == [True] * 4


def test_one_document_that_kafka_would_not_take_is_a_letter(hub: Hub) -> None:
    """Too large, without a zone, or with bytes that are no text: the order behind it is told."""
    huge = order("huge", key="huge")
    huge = changed(huge, contract="я" * 700_000)
    bad = [huge, order("naive", time=NAIVE), order("odd", key="\udcff")]

    def letters() -> Any:
        return {seen.value["event_id"]: seen.value for seen in hub.read("dead-letters")}

    found = [Read(each, at(1)) for each in bad]
    assert hub.run("letters", Bad(yields(*found)), lambda: f"{ME}/Order/odd/0/1" in letters()) is None
    codes = {event_id: letter["code"] for event_id, letter in letters().items()}
    assert [codes[event.id] for event in bad] == ["too-large", "naive-datetime", "bad-text"]
    assert len(letters()[huge.id]["original"]) > conformance.MAX_EVENT_BYTES
    assert letters()[huge.id]["incomplete"] == []


def test_a_connector_that_cannot_be_closed_or_has_nothing_to_do_is_said(hub: Hub) -> None:
    closing = Bad(yields(), closing=raises(OSError()))
    error = hub.run("closing", closing, lambda: hub.state("closing", "source"))
    assert "close()" in str(error)
    assert hub.word("closing") == "FAILED"
    assert "nothing to run" in str(hub.run("empty", Bad()))
    assert hub.word("empty") == "FAILED"


def test_the_task_beside_a_failed_one_is_not_left_running(hub: Hub) -> None:
    hub.run("beside", Bad(yields(then=raises(ValueError())), answers()))
    beside = hub.state("beside", "sink")
    assert beside is not None
    assert beside.state == "STOPPED"
    assert "other task has failed" in beside.reason


def test_misconfigured_out_of_read_waits(hub: Hub) -> None:
    error = Misconfigured(Text(en="Set it right.", ru="Исправьте."))

    def failed() -> bool:
        found = hub.state("waits", "source")
        return found is not None and found.state == "FAILED"

    assert hub.run("waits", Bad(yields(then=raises(error))), failed) is None
    assert hub.word("waits") == "STOPPED"


def test_sigterm_does_not_wait_for_a_query_that_hangs(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "hanging.yaml"
    file.write_text(f"member: {ME}\nconnector: tests.support.bad_connectors:Hanging\nname: hanging\nconfig: {{}}\n")
    with connector(hub.settings, file) as running:
        until(lambda: hub.word("hanging") == "RUNNING", "it reads")
        began = time.monotonic()
        assert running.terminate() == 0
        assert time.monotonic() - began < 25  # the query takes 90 s
    assert hub.word("hanging") == "STOPPED"


def test_a_connector_that_is_no_more_is_forgotten_and_its_checkpoint_only_if_asked(hub: Hub) -> None:
    hub.run("old", Bad(yields(), answers()), lambda: hub.word("old") == hub.word("old", "sink") == "RUNNING")
    with Registry(hub.stack.registry_url) as registry:
        codec = Codec(registry)

        def checkpoint() -> list[str]:
            found = reading.messages(hub.settings, codec, topics.out(hub.settings.namespace, ME, "checkpoints"))
            kept = {message.key: message.raw for message in found}
            return [key for key, raw in kept.items() if key.startswith("old.source") and raw is not None]

        def forgotten(**how: bool) -> forget.Forgotten:
            return forget.forget(hub.settings, codec, ME, "old", **{"checkpoint": False, **how})

        assert forgotten() == forget.Forgotten(2, 0)
        assert hub.word("old") == hub.word("old", "sink") == ""
        assert checkpoint() != []
        with pytest.raises(Failed, match="has ever said"):
            forgotten()
        hub.run("old", Bad(yields()), lambda: hub.word("old") == "RUNNING")
        assert forgotten(checkpoint=True).checkpoints == 1
        assert checkpoint() == []
        refused: list[str] = []

        def tried() -> bool:
            if hub.word("old") != "RUNNING":
                return False
            with pytest.raises(Failed) as caught:
                forgotten()
            refused.append(str(caught.value))
            return True

        hub.run("old", Bad(yields()), tried)
        assert "may run" in refused[0]


def test_a_failure_keeps_its_age_over_restarts_until_the_task_works(hub: Hub) -> None:
    for _ in range(2):
        hub.run("restarted", Bad(yields(then=raises(ValueError()))))
    first = hub.state("restarted", "source")
    hub.run("restarted", Bad(yields(then=raises(ValueError()))))
    again = hub.state("restarted", "source")
    assert first is not None
    assert again is not None
    assert (again.state, again.reason, again.changed_at) == ("FAILED", first.reason, first.changed_at)
    hub.run("restarted", Bad(yields()), lambda: hub.word("restarted") == "RUNNING")
    assert hub.word("restarted") == "STOPPED"
