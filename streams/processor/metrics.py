"""The metrics of a stage on /metrics, in Prometheus' terms."""

from prometheus_client import Counter, Gauge, Histogram

from streams.processor.batch import Batch
from streams.processor.state.assignment import Assignment

_STAGE = ["stage"]
_RECORDS = Counter("kranhub_core_records", "Input records processed in committed transactions.", _STAGE)
_OUTPUTS = Counter("kranhub_core_outputs", "Records produced in committed transactions, without changelogs.", _STAGE)
_DEAD_LETTERS = Counter(
    "kranhub_core_dead_letters", "Dead letters in committed transactions, by code.", [*_STAGE, "code"]
)
_ABORTS = Counter("kranhub_core_aborts", "Transactions that were aborted and done again.", _STAGE)
_SECONDS = Histogram(
    "kranhub_core_transaction_seconds",
    "From the first record of a transaction to its commit.",
    _STAGE,
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
_PARTITIONS = Gauge("kranhub_core_partitions", "Input partitions that this process serves.", _STAGE)
_KEYS = Gauge("kranhub_core_state_keys", "Keys of the state in this process.", _STAGE)
_LIMIT = Gauge("kranhub_core_state_limit_bytes", "Most memory that the state may take in this process.", _STAGE)
_BYTES = Gauge("kranhub_core_state_bytes", "Estimated memory of the state in this process.", _STAGE)


class Metrics:
    """The metrics of one stage in this process."""

    def __init__(self, stage: str, limit: int = 0) -> None:
        """Make the stage's series known, with zeros; ``limit`` is that of the state, in bytes."""
        _LIMIT.labels(stage).set(limit)
        self._records, self._outputs = _RECORDS.labels(stage), _OUTPUTS.labels(stage)
        self._stage, self._aborts = stage, _ABORTS.labels(stage)
        self._seconds, self._partitions = _SECONDS.labels(stage), _PARTITIONS.labels(stage)
        self._keys, self._bytes = _KEYS.labels(stage), _BYTES.labels(stage)

    def committed(self, batch: Batch, records: int, seconds: float, assignment: Assignment) -> None:
        """Count a transaction that committed.

        Args:
            batch: What it contained.
            records: How many input records were processed in it.
            seconds: From its first record to its commit.
            assignment: What this process serves now.
        """
        self._records.inc(records)
        self._outputs.inc(len(batch.outputs))
        for code, count in batch.dead_letters.items():
            _DEAD_LETTERS.labels(self._stage, code).inc(count)
        self._seconds.observe(seconds)
        self.assigned(assignment)

    def assigned(self, assignment: Assignment) -> None:
        """Set what this process serves now. Call it after each change of the assignment, also to nothing."""
        self._partitions.set(len(assignment.positions))
        self._keys.set(assignment.keys)
        self._bytes.set(assignment.size)

    def aborted(self) -> None:
        """Count a transaction that was aborted."""
        self._aborts.inc()
