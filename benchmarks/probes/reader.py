"""Reads an engine's output as a customer does, read_committed, and notes when each output became visible.

The same process for every engine. It works until SIGTERM, and only then decodes what it saw. Option ``found``: the file
for pairs of 64-bit integers: when the order was sent and how much later its output was seen, both in nanoseconds.
"""

import gc
import io
import time
from array import array
from pathlib import Path
from typing import Any

import fastavro
from confluent_kafka import Consumer, TopicPartition

from benchmarks import job
from benchmarks.task import Task, until_stopped

BODY = len(job.PART_HEAD)


def main() -> None:
    """Read until told to stop, then write the file."""
    task, stopping = Task.read(), until_stopped()
    consumer = _consumer(task)
    received: list[tuple[int, bytes]] = []
    gc.disable()
    while not stopping.is_set():
        first = consumer.poll(0.1)
        if first is not None:
            now = time.time_ns()
            messages = [first, *consumer.consume(10_000, 0)]
            received.extend((now, message.value() or b"") for message in messages if message.error() is None)
    consumer.close()
    Path(task.options["found"]).write_bytes(pairs(received))


def pairs(received: list[tuple[int, bytes]]) -> bytes:
    """Return the file's content: for each output the order's ``sent_ns``, and how much later it was seen."""
    found = array("q")
    for now, value in received:
        part: Any = fastavro.schemaless_reader(io.BytesIO(value[BODY:]), job.PART, None)
        found.extend((part["sent_ns"], now - part["sent_ns"]))
    return found.tobytes()


def _consumer(task: Task) -> Consumer:
    consumer = Consumer(
        {
            "bootstrap.servers": task.bootstrap,
            "group.id": f"{task.group}.reader",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 100,
        }
    )
    consumer.assign([TopicPartition(task.target, number, 0) for number in range(int(task.options["partitions"]))])
    return consumer


if __name__ == "__main__":
    main()
