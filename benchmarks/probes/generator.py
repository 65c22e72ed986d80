"""Sends orders at a fixed rate, whatever becomes of them (open loop), and says how late it was itself.

Every order has its time before anything starts: ``start_ns`` plus its number by the rate. It stands in ``sent_ns``, and
latency counts from it: when this process or the broker falls behind, the orders that waited show it (no coordinated
omission). Options: ``rate`` (orders/s), ``count``, ``start_ns`` (nanoseconds since the epoch).
"""

import gc
import json
import sys
import time
from collections.abc import Sequence

from confluent_kafka import Producer

from benchmarks import job, orders
from benchmarks.figures import percentile
from benchmarks.task import Task

PATIENCE_S = 30.0


def scheduled(number: int, rate: float, start_ns: int) -> int:
    """Return when an order is to be sent, in nanoseconds since the epoch."""
    return start_ns + round(number * 1e9 / rate)


def main() -> None:
    """Send everything; end with an error when it cannot start in time or the broker does not take it."""
    task = Task.read()
    rate, count, start_ns = float(task.options["rate"]), int(task.options["count"]), int(task.options["start_ns"])
    producer = Producer({"bootstrap.servers": task.bootstrap, "partitioner": "murmur2_random", "linger.ms": 0})
    ready = [_record(number, scheduled(number, rate, start_ns)) for number in range(count)]
    producer.list_topics(task.source, PATIENCE_S)
    if time.time_ns() > start_ns:
        sys.exit("the generator was not ready at its start; give it more time")
    gc.disable()
    late = _send(producer, task.source, ready)
    if left := producer.flush(PATIENCE_S):
        sys.exit(f"{left} orders were not taken")
    sys.stdout.write(json.dumps({"late_p99_ms": (percentile(late, 0.99) or 0) / 1e6, "late_max_ms": max(late) / 1e6}))


def _record(number: int, sent_ns: int) -> tuple[int, bytes, bytes]:
    order = orders.order(number, sent_ns)
    return sent_ns, order["order_id"].encode(), job.encode(job.ORDER_HEAD, job.ORDER, order)


def _send(producer: Producer, topic: str, ready: Sequence[tuple[int, bytes, bytes]]) -> list[int]:
    """Send each record at its time; return by how many nanoseconds each was late."""
    late = []
    for sent_ns, key, value in ready:
        while (wait := sent_ns - time.time_ns()) > 0:
            time.sleep(wait / 1e9)
        producer.produce(topic, value, key)
        late.append(-wait)
        producer.poll(0)
    return late


if __name__ == "__main__":
    main()
