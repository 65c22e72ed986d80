"""The data: the same orders in every run, and what must come out of them."""

import random
from collections.abc import Iterator
from typing import Any

from benchmarks import job

SEED = 20261124
BUYERS = ("sibir-terminal", "omsk-port", "irtysh-logistika")
UNITS = ("H87", "KGM")


def order(number: int, sent_ns: int = 0) -> dict[str, Any]:
    """Return order ``number``: three lines, nearly always of three plants; about 2.9 parts, 98 bytes on average."""
    random_numbers = random.Random(SEED + number)  # noqa: S311  (data, no secrets)
    makers = list(job.PLANTS)
    chosen = random_numbers.sample(makers, 3) if random_numbers.random() < 0.9 else random_numbers.choices(makers, k=3)
    return {
        "order_id": f"PO-{number:07d}",
        "buyer": BUYERS[number % len(BUYERS)],
        "sent_ns": sent_ns,
        "lines": [_line(position, maker, random_numbers) for position, maker in enumerate(chosen, 1)],
    }


def _line(position: int, maker: str, random_numbers: random.Random) -> dict[str, Any]:
    quantity = random_numbers.randrange(1, 500) * 1_000_000
    return {
        "line_id": str(position),
        "item": f"{maker}-{random_numbers.randrange(100_000):06d}",
        "quantity": quantity.to_bytes(5, "big", signed=True),
        "unit": random_numbers.choice(UNITS),
    }


def records(count: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield key and value of the first ``count`` orders."""
    for number in range(count):
        value = order(number)
        yield value["order_id"].encode(), job.encode(job.ORDER_HEAD, job.ORDER, value)


def outputs(count: int) -> set[int]:
    """Return the digests (see `digest`) of every output that the first ``count`` orders lead to."""
    return {
        digest(value["order_id"].encode(), job.encode(job.PART_HEAD, job.PART, part))
        for value in map(order, range(count))
        for part in job.parts(value)
    }


def digest(key: bytes, value: bytes) -> int:
    """Return 64 bits that stand for an output within one process: its key and its bytes."""
    return hash((key, value))
