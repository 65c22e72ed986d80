"""The runtime's promise under kill -9 at every step of both commits, and under a sink that is stopped and overtaken."""

import signal
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from kafka import KafkaProducer

from deploy.demo import independent
from deploy.demo.independent import ReadRecord
from kranhub.broker import topics
from kranhub.broker.client_settings import kafka_python
from kranhub.settings import Settings
from kranhub.wire import envelope
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject
from kranhub.wire.registry import Registry
from tests.support.connector_process import connector, reached, until
from tests.support.file_erp import FileErp
from tests.support.order_status import ME, status
from tests.support.stack import Stack

pytestmark = pytest.mark.stack

SOURCE = ["source.before-begin", "source.after-produce", "source.after-checkpoint", "source.before-commit"]
SINK = ["sink.before-deliver", "sink.after-deliver", "sink.after-receipts", "sink.before-commit"]


@dataclass
class Plant:
    """One connector's world."""

    stack: Stack
    settings: Settings
    erp: FileErp
    file: Path

    def read(self, kind: str) -> list[ReadRecord]:
        topic = topics.out(self.settings.namespace, ME, kind)
        return independent.read(self.stack.bootstrap, self.stack.registry_url, topic)

    def address(self, numbers: range, revision: int = 1) -> list[str]:
        """Write statuses to the member as the hub does, and return their event ids."""
        ids = [f"hub/OrderStatus/{number}/{revision}" for number in numbers]
        with Registry(self.stack.registry_url) as registry:
            codec = Codec(registry)
            topic = topics.inbound(self.settings.namespace, ME, "statuses")
            with closing(KafkaProducer(**kafka_python(self.settings))) as producer:
                for number, event_id in zip(numbers, ids, strict=True):
                    about = Envelope(event_id, "/hub/dispatch", "kranhub.OrderStatus")
                    value = codec.encode(Subject.ORDER_STATUS, status(number, revision))
                    producer.send(topic, key=str(number).encode(), value=value, headers=envelope.headers(about))
        return ids

    def send_raw(self, value: bytes) -> None:
        topic = topics.inbound(self.settings.namespace, ME, "statuses")
        with closing(KafkaProducer(**kafka_python(self.settings))) as producer:
            producer.send(topic, key=b"1", value=value).get(timeout=10)

    def state(self, task: str) -> str:
        """The task's last state on the status topic."""
        states = [seen.value["state"] for seen in self.read("connector-status") if seen.key.endswith(f".{task}")]
        return states[-1] if states else ""


@pytest.fixture
def plant(stack: Stack, namespace: str, tmp_path: Path) -> Plant:
    settings = stack.prepare(namespace, ME)
    file = tmp_path / "connector.yaml"
    file.write_text(
        f"member: {ME}\nconnector: tests.support.file_erp:FileErpConnector\nname: erp\n"
        f"config: {{path: {tmp_path / 'erp.sqlite'}}}\n"
    )
    return Plant(stack, settings, FileErp(tmp_path / "erp.sqlite"), file)


def order_ids(numbers: range) -> Counter[str]:
    return Counter(f"{ME}/Order/{number}/0/1" for number in numbers)


def ids(seen: list[ReadRecord]) -> Counter[str]:
    return Counter(record.id for record in seen)


@pytest.mark.parametrize("failpoint", [*SOURCE, "source.after-commit"])
def test_a_source_killed_anywhere_in_its_commit_loses_and_doubles_nothing(plant: Plant, failpoint: str) -> None:
    plant.erp.place(range(1, 31))
    with connector(plant.settings, plant.file, f"{failpoint}=kill") as killed:
        assert killed.wait() == -signal.SIGKILL
    assert reached(plant.file.parent, failpoint)
    committed = ids(plant.read("orders"))
    assert committed == (order_ids(range(1, 31)) if failpoint == "source.after-commit" else Counter())
    assert plant.erp.setting("released") == ""  # the ERP may forget nothing before the commit
    plant.erp.place(range(31, 41))
    with connector(plant.settings, plant.file) as restarted:
        until(lambda: plant.erp.setting("released") == "40", "the ERP was told of the last commit")
        assert restarted.terminate() == 0
    assert ids(plant.read("orders")) == order_ids(range(1, 41))
    assert plant.state("source") == "STOPPED"


@pytest.mark.parametrize("failpoint", [*SINK, "sink.after-commit"])
def test_a_sink_killed_anywhere_in_its_commit_delivers_once(plant: Plant, failpoint: str) -> None:
    expected = plant.address(range(1, 21))
    with connector(plant.settings, plant.file, f"{failpoint}=kill") as killed:
        assert killed.wait() == -signal.SIGKILL
    assert reached(plant.file.parent, failpoint)
    expected += plant.address(range(21, 26))
    with connector(plant.settings, plant.file) as restarted:
        until(lambda: len(plant.read("receipts")) >= len(expected), "a receipt for every document")
        assert restarted.terminate() == 0
    assert Counter(event_id for event_id, _, _ in plant.erp.received()) == Counter(expected)
    receipts = plant.read("receipts")
    assert Counter(receipt.value["event_id"] for receipt in receipts) == Counter(expected)
    assert {receipt.value["outcome"] for receipt in receipts} <= {"APPLIED", "DUPLICATE"}


def test_a_stopped_sink_that_is_overtaken_does_not_double_and_gives_up(plant: Plant) -> None:
    expected = plant.address(range(1, 4))
    with connector(plant.settings, plant.file, "file-erp.after-lookup=stop") as stopped:
        until(
            lambda: reached(plant.file.parent, "file-erp.after-lookup"), "the sink stopped between look-up and create"
        )
        with connector(plant.settings, plant.file) as second:
            until(lambda: len(plant.read("receipts")) == len(expected), "the second sink delivered")
            stopped.resume()
            assert stopped.wait() == 1  # fenced: it says so and ends
            assert second.terminate() == 0
    assert Counter(event_id for event_id, _, _ in plant.erp.received()) == Counter(expected)
    assert len(plant.read("receipts")) == len(expected)
    assert "newer instance" in plant.file.with_suffix(".log").read_text()


def test_a_busy_document_parks_its_key_only_and_survives_a_restart_without_a_second_receipt(plant: Plant) -> None:
    plant.erp.behave(busy="2")
    expected = [*plant.address(range(1, 6)), *plant.address(range(1, 6), revision=2)]
    with connector(plant.settings, plant.file) as running:
        until(lambda: len(plant.read("receipts")) == 8, "all but the busy document")
        assert running.terminate() == 0
    assert "2" not in {key for _, key, _ in plant.erp.received()}
    plant.erp.behave(busy="")
    with connector(plant.settings, plant.file) as again:
        until(lambda: len(plant.read("receipts")) == 10, "the busy document and what follows it")
        assert again.terminate() == 0
    assert Counter(receipt.value["event_id"] for receipt in plant.read("receipts")) == Counter(expected)
    assert [revision for _, key, revision in plant.erp.received() if key == "2"] == [1, 2]


def test_while_the_erp_is_away_the_connector_says_so_and_goes_on_when_it_is_back(plant: Plant) -> None:
    plant.erp.behave(away="yes")
    expected = plant.address(range(1, 4))
    plant.erp.place(range(1, 4))
    with connector(plant.settings, plant.file) as running:
        until(lambda: plant.state("sink") == "BACKING_OFF", "the sink's state")
        until(lambda: plant.state("source") == "BACKING_OFF", "the source's state")
        plant.erp.behave(away="")
        until(lambda: plant.state("sink") == plant.state("source") == "RUNNING", "both are back")
        until(lambda: len(plant.read("receipts")) == len(expected), "what waited is delivered")
        assert running.terminate() == 0
    assert ids(plant.read("orders")) == order_ids(range(1, 4))


def test_what_is_no_document_becomes_a_dead_letter_and_the_stream_moves_on(plant: Plant) -> None:
    plant.send_raw(b"no avro at all")
    expected = plant.address(range(1, 3))
    plant.erp.place([1], flaw="unreadable")
    plant.erp.place([2], flaw="naive")
    plant.erp.place([3])
    with connector(plant.settings, plant.file) as running:
        until(lambda: len(plant.read("receipts")) == len(expected), "the documents behind the bad one")
        until(lambda: len(plant.read("dead-letters")) == 3, "three dead letters")
        until(lambda: len(plant.read("orders")) == 1, "the good order")
        assert running.terminate() == 0
    letters = {letter.value["code"]: letter.value for letter in plant.read("dead-letters")}
    assert {(code, letter["stage"]) for code, letter in letters.items()} == {
        ("malformed-avro", "sink"),
        ("unmapped-unit", "source"),
        ("naive-datetime", "source"),
    }
    assert letters["malformed-avro"]["original"] == b"no avro at all"
    assert letters["unmapped-unit"]["original"] == b'{"row": 1}'
    assert all(letter["reason"].keys() == {"en", "ru"} for letter in letters.values())


def test_the_checks_above_see_a_planted_loss_and_a_planted_double(plant: Plant) -> None:
    """The comparison of counters is the checker; here it meets one loss and one duplicate."""
    plant.address(range(1, 4))
    plant.address(range(2, 3))
    topic = topics.inbound(plant.settings.namespace, ME, "statuses")
    seen = ids(independent.read(plant.stack.bootstrap, plant.stack.registry_url, topic))
    expected = Counter(f"hub/OrderStatus/{number}/1" for number in range(1, 5))
    assert expected - seen == Counter({"hub/OrderStatus/4/1": 1})
    assert seen - expected == Counter({"hub/OrderStatus/2/1": 1})


@pytest.mark.slow
def test_a_second_process_of_a_living_connector_waits_and_does_not_fight(plant: Plant) -> None:
    expected = plant.address(range(1, 3))
    with connector(plant.settings, plant.file) as first:
        until(lambda: len(plant.read("receipts")) == len(expected), "the first delivered")
        with connector(plant.settings, plant.file) as second:
            until(lambda: f"/{first.process.pid} (host/process)" in first.log.read_text(), "the second says who runs")
            expected += plant.address(range(3, 5))
            until(lambda: len(plant.read("receipts")) == len(expected), "the first goes on")
            assert first.process.poll() is None
            assert second.terminate() == 0
        assert first.terminate() == 0
