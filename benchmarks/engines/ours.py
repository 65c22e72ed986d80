"""kranhub's own stream processor: the job as a stage, with or without state.

Option ``split``: ``decoded`` (every engine's codec) or ``in_place`` (`benchmarks.in_place`).
"""

from benchmarks import in_place, job
from benchmarks.task import Task, until_stopped
from kranhub.settings import Settings
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry
from streams.processor import Context, Outputs, Processor, Record, State
from streams.processor.state.garbage_collection import spare_what_lives

NAMESPACE = "bench."
GROUP = f"{NAMESPACE}core."
"""The prefix that the processor puts before a stage's name to name its consumer group."""

SPLITS = {"decoded": job.split, "in_place": in_place.split}


class Split:
    """Splits orders by plant. With a changelog it keeps each order's bytes by its id and drops repeats."""

    state_version = 1

    def __init__(self, task: Task) -> None:
        """Take the topics."""
        self.name = task.group.removeprefix(GROUP)
        self.inputs = (task.source,)
        self.changelog = task.changelog
        self._target = task.target
        self._split = SPLITS[task.options.get("split", "decoded")]

    def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:  # noqa: ARG002  (the interface's)
        """Send the order's parts."""
        value = record.value or b""
        if self.changelog is not None:
            if state.get(record.key) == value:
                return
            state.put(record.key, value)
        key, parts = self._split(value)
        for part in parts:
            outputs.forward(self._target, key, part)


def main() -> None:
    """Work until told to stop."""
    task, stopping = Task.read(), until_stopped()
    settings = Settings(namespace=NAMESPACE, kafka_bootstrap=task.bootstrap, registry_url="http://127.0.0.1:9")
    with Registry("http://127.0.0.1:9") as registry:  # never asked: the job's two schemas have fixed ids
        spare_what_lives()  # as `kranhub core run` does
        Processor(Split(task), settings, Codec(registry), task.instance).run(stopping)


if __name__ == "__main__":
    main()
