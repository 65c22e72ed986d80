"""Faust (faust-streaming), exactly_once: the core's predecessor in the founding comparison, and the views' library."""

from typing import Any

import faust

from benchmarks import job
from benchmarks.task import Task


def main() -> None:
    """Work until told to stop."""
    task = Task.read()
    app = faust.App(
        task.group,
        broker=f"kafka://{task.bootstrap}",
        processing_guarantee="exactly_once",
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=0.5,
        producer_linger=0.005,
        topic_disable_leader=True,
        topic_replication_factor=1,
        web_enabled=False,
        datadir=task.folder,
        key_serializer="raw",
        value_serializer="raw",
    )
    source, target = app.topic(task.source, value_type=bytes), app.topic(task.target, value_type=bytes)

    @app.agent(source)
    async def split(stream: faust.StreamT[Any]) -> None:
        async for value in stream:
            key, parts = job.split(value)
            for part in parts:
                await target.send(key=key, value=part)

    faust.Worker(app, loglevel="WARNING").execute_from_commandline()


if __name__ == "__main__":
    main()
