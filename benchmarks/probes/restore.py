"""Brings a changelog's state back, as the processor does or into a plain dictionary, and says how long it took.

Options: ``way`` is ``ours`` or ``plain``. The clock runs from before the client exists until the state can serve.
"""

import json
import sys
import time
from collections.abc import Callable

from confluent_kafka import Consumer, TopicPartition

from benchmarks.cluster import PARTITIONS
from benchmarks.task import Task
from kranhub.settings import Settings
from streams.processor.kafka import clients
from streams.processor.state import restore
from streams.processor.state.store import Store


def main() -> None:
    """Restore once."""
    task = Task.read()
    way = WAYS[task.options["way"]]
    settings = Settings(kafka_bootstrap=task.bootstrap, registry_url="http://127.0.0.1:9")  # never asked
    began = time.perf_counter()
    keys = way(settings, task.source)
    sys.stdout.write(json.dumps({"keys": keys, "seconds": time.perf_counter() - began}))


def ours(settings: Settings, changelog: str) -> int:
    """Do what `Assignment` does when it gets partitions; return how many keys came back."""
    ends = restore.ends(clients.admin(settings), changelog, range(PARTITIONS))
    reader = clients.reader(settings)
    restored = restore.read(reader, changelog, ends)
    stores = [Store(found.values, found.version) for found in restored.values()]
    return sum(len(store.values) for store in stores)


def plain(settings: Settings, changelog: str) -> int:
    """Read the same topic with the same librdkafka settings into one dictionary of bytes; nothing is checked."""
    reader: Consumer = clients.reader(settings)
    reader.assign([TopicPartition(changelog, number, 0) for number in range(PARTITIONS)])
    found: dict[bytes | None, bytes | None] = {}
    left = PARTITIONS
    while left:
        for message in reader.consume(10_000, timeout=0.05):
            if message.error() is None:
                found[message.key()] = message.value()
            else:
                left -= 1
    return len(found)


WAYS: dict[str, Callable[[Settings, str], int]] = {"ours": ours, "plain": plain}


if __name__ == "__main__":
    main()
