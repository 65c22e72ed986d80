"""Quix Streams, exactly once. It runs in an environment of its own (`benchmarks.peers`).

Its checkpoints: ``commit_every`` records, or ``commit_interval`` seconds, as the task's options say; its own default is
every 5 seconds.
"""

from quixstreams import Application  # type: ignore[import-not-found]

from benchmarks import job
from benchmarks.task import Task


def main() -> None:
    """Work until told to stop."""
    task = Task.read()
    app = Application(
        task.bootstrap,
        consumer_group=task.group,
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        commit_every=int(task.options.get("commit_every", "0")),
        commit_interval=float(task.options.get("commit_interval", "5")),
        consumer_extra_config={"isolation.level": "read_committed", "fetch.queue.backoff.ms": 20},
        producer_extra_config={"linger.ms": int(task.options.get("linger.ms", "5")), "retry.backoff.ms": 1},
        auto_create_topics=False,
        state_dir=task.folder,
        loglevel="WARNING",
    )
    source = app.topic(task.source, value_deserializer="bytes", key_deserializer="bytes")
    target = app.topic(task.target, value_serializer="bytes", key_serializer="bytes")
    app.dataframe(source).apply(lambda value: job.split(value)[1], expand=True).to_topic(target)
    app.run()


if __name__ == "__main__":
    main()
