"""How fast a partition's state comes back from its changelog, beside a plain librdkafka read into a dictionary.

The changelog is written as the processor writes it: state keys, in transactions, over all partitions of a compacted
topic. Each reading is a process of its own (`probes.restore`).
"""

import sys
from collections.abc import Iterator
from typing import Any

from benchmarks import orders
from benchmarks.cluster import Cluster
from benchmarks.figures import median
from benchmarks.processes import answer
from benchmarks.task import Task
from streams.processor.state import changelog

RECORDS = 1_000_000
TRANSACTION = 4_000
"""Records in a transaction: the most that the processor takes (`streams.processor.batch_size`)."""
VALUES = 1_000
"""How many different values there are, of about 98 bytes; every record has a key of its own."""
PATIENCE_S = 120.0


def measure(cluster: Cluster, records: int = RECORDS, rounds: int = 3) -> dict[str, Any]:
    """Return ``restore_per_s``, and under ``restore`` the rates of both ways and what they read; delete the topic."""
    topic = cluster.create("bench.restore-changelog", config={"cleanup.policy": "compact"})
    try:
        cluster.fill(topic, state(records), TRANSACTION)
        rates = {way: [_rate(cluster, topic, way, records) for _ in range(rounds)] for way in ("ours", "plain")}
    finally:
        cluster.delete([topic])
    found = {way: round(median(found) or 0) for way, found in rates.items()}
    return {"restore_per_s": found["ours"], "restore": {**found, "records": records, "rounds": rates}}


def state(records: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield key and value of so many changelog records."""
    values = [value for _, value in orders.records(min(records, VALUES))]
    for number in range(records):
        yield changelog.state_key(f"sibir-terminal:PO-{number:07d}"), values[number % len(values)]


def _rate(cluster: Cluster, topic: str, way: str, records: int) -> float:
    """Return records/s. Raises `Failed` when the process fails, `ValueError` when it found another number of keys."""
    task = Task(cluster.bootstrap, topic, target="", group="", options={"way": way})
    found = answer(f"restore-{way}", [sys.executable, "-m", "benchmarks.probes.restore", task.dump()], PATIENCE_S)
    if found["keys"] != records:
        raise ValueError(f"{way} brought back {found['keys']} of {records} keys")
    return float(round(records / found["seconds"]))
