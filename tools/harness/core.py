"""The core under test: its process, what members write to it, and what comes out. Clients are not the core's own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from kafka import KafkaProducer

from kranhub.broker import reading, topics
from kranhub.broker.closing import CLOSES
from kranhub.broker.reading import Message
from kranhub.settings import Settings, endpoints, variables
from kranhub.wire import envelope
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject
from kranhub.wire.registry import Registry

PATIENCE_S = 45.0
NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """The environment in which a subprocess finds this stack and namespace."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("KRANHUB_")}
    return {**outside, **variables(settings), **more}


def start_core(settings: Settings, *options: str, **more: str) -> subprocess.Popen[bytes]:
    """Start ``kranhub core run``; the caller ends it (see `stop`)."""
    command = [sys.executable, "-m", "kranhub", "core", "run", *options]
    return subprocess.Popen(command, env=environment(settings, **more))


def stop(process: subprocess.Popen[bytes]) -> int:
    """Ask the process to stop and return its exit code; kill it when it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return int(process.returncode)


@contextlib.contextmanager
def core(settings: Settings, *options: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the core for a while."""
    process = start_core(settings, *options, **more)
    try:
        yield process
    finally:
        stop(process)


def wait_for(condition: Callable[[], Any], what: str, patience: float = PATIENCE_S) -> Any:
    """Return the first true result of the condition.

    Args:
        condition: What to evaluate again and again.
        what: The text of the assertion that fails when no result is true in time.
        patience: How many seconds to wait.
    """
    deadline = time.monotonic() + patience
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {patience:.0f} s: {what}"
        time.sleep(0.2)


@dataclass
class World:
    """Members and downstream readers around a core."""

    settings: Settings
    registry: Registry
    codec: Codec
    producer: KafkaProducer

    def write(self, member: str, subject: str, key: str, value: Any | bytes, **head: Any) -> str:
        """Write a document to the member's out topic as its connector would.

        Args:
            member: Who writes.
            subject: The document's subject, such as ``Order``.
            key: The record's key.
            value: The document, or raw bytes.
            head: Attributes of the envelope that differ from the usual, and ``event_id``.

        Returns:
            The event's id.
        """
        data = value if isinstance(value, bytes) else self.codec.encode(Subject(subject), value)
        event_id = head.pop("event_id", f"{member}/{subject}/{key}/0/{uuid.uuid4().hex[:8]}")
        about = {"id": event_id, "source": envelope.member_source(self.settings.namespace, member), "subject": key}
        head = {"type": f"kranhub.{subject}", "time": NOW, "dataschema": self.codec.dataschema(data), **about, **head}
        head.setdefault("traceparent", envelope.new_trace(event_id))
        topic = topics.out(self.settings.namespace, member, topics.kind_of(Subject(subject)))
        self.producer.send(topic, key=key.encode(), value=data, headers=envelope.headers(Envelope(**head))).get(30)
        return str(event_id)

    def read(self, name: str) -> list[Message]:
        """Return the committed records of a topic; ``name`` is without the namespace."""
        return list(reading.messages(self.settings, self.codec, f"{self.settings.namespace}{name}"))

    def addressed(self, member: str, kind: str) -> list[Any]:
        """Return the values of what was addressed to the member."""
        return [message.value for message in self.read(f"in.{member}.{kind}") if message.value]

    def dead_letters(self) -> list[Any]:
        """Return the dead letters."""
        return [message.value for message in self.read("hub.dead-letters") if message.value]

    def plant_order(self, plant: str, order_key: str, item: str | None = None) -> Any:
        """Wait for the newest plant order of an order at the plant, and return it.

        Args:
            plant: The plant.
            order_key: The order's key.
            item: The item it must be for; None for any.
        """

        def found() -> list[Any]:
            orders = [value for value in self.addressed(plant, "orders") if value["order_key"] == order_key]
            return [value for value in orders if item in (None, value["lines"][0]["item"])]

        return dict(wait_for(found, f"a plant order of {order_key} for {plant}")[-1])

    def status(self, buyer: str, order_id: str, state: str) -> Any:
        """Wait until the last status that the customer was sent has this state, and return it.

        Args:
            buyer: The customer.
            order_id: The order's number.
            state: The expected state.
        """

        def found() -> list[Any]:
            statuses = [value for value in self.addressed(buyer, "statuses") if value["order_id"] == order_id]
            return statuses[-1:] if statuses and statuses[-1]["state"] == state else []

        return dict(wait_for(found, f"{buyer}'s order {order_id} is {state}")[0])


@contextlib.contextmanager
def world(settings: Settings) -> Iterator[World]:
    """Open the clients around a core."""
    where = endpoints(settings)
    with Registry(where.registry_url) as registry:
        producer = KafkaProducer(bootstrap_servers=where.bootstrap.split(","), acks="all", linger_ms=0, **CLOSES)
        try:
            yield World(settings, registry, Codec(registry), producer)
        finally:
            producer.close(5)


def order(order_id: str, *lines: dict[str, Any], buyer: str = "sibir-terminal", **changes: Any) -> Any:
    """An order of these lines; of one spare motor when there are none."""
    return {
        "order_id": order_id,
        "buyer": buyer,
        "kind": "SALE",
        "currency": "RUB",
        "issued_at": NOW,
        "requested_date": date(2027, 3, 1),
        "lines": list(lines) or [line("1", "ДВ-7.5", 4)],
        **changes,
    }


def line(line_id: str, item_code: str, quantity: int | str, unit: str = "H87", **changes: Any) -> Any:
    """Return one line of an order.

    Args:
        line_id: Its number.
        item_code: The buyer's code of the item.
        quantity: In ``unit``.
        unit: A code of UN/ECE Recommendation 20.
        changes: Further fields.
    """
    return {"line_id": line_id, "item_code": item_code, "quantity": Decimal(quantity), "unit": unit, **changes}


def response(asked: Mapping[str, Any], code: str = "AP", **changes: Any) -> Any:
    """Return a plant's answer to its plant order: as requested, promised for 2027-02-01, unless the changes differ."""
    status = {"AP": "ACCEPTED", "CA": "CHANGED", "RE": "NOT_ACCEPTED"}.get(code, "UNKNOWN")
    first = asked["lines"][0]
    answered = {
        "line_id": first["line_id"],
        "status": status,
        "quantity": changes.pop("quantity", first["quantity"]),
        "unit": first["unit"],
        "promised_date": changes.pop("promised_date", date(2027, 2, 1)),
    }
    return {
        "plant_order_id": asked["plant_order_id"],
        "plant": asked["plant"],
        "plant_order_revision": asked["revision"],
        "response_code": code,
        "issued_at": NOW,
        "lines": [answered],
        **changes,
    }


def proofs(folder: Path) -> list[str]:
    """Return the names of the failpoints that were reached."""
    return sorted(path.name.rpartition(".")[0] for path in folder.iterdir())
