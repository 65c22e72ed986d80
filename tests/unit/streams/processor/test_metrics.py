"""The core's gauges follow the assignment itself, not only commits: a worker without work tells what it serves."""

from dataclasses import dataclass, field

from prometheus_client import REGISTRY

from streams.processor.metrics import Metrics


@dataclass
class Given:
    """Stands in for an assignment."""

    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    keys: int = 0
    size: int = 0


def shown(name: str) -> float | None:
    return REGISTRY.get_sample_value(f"kranhub_core_{name}", {"stage": "of-this-test"})


def test_an_assignment_is_shown_before_anything_commits_and_a_loss_as_well() -> None:
    metrics = Metrics("of-this-test")
    metrics.assigned(Given({("t", 0): 5, ("t", 1): 0}, keys=7, size=900))  # type: ignore[arg-type]
    assert [shown(name) for name in ("partitions", "state_keys", "state_bytes")] == [2, 7, 900]
    metrics.assigned(Given())  # type: ignore[arg-type]
    assert [shown(name) for name in ("partitions", "state_keys", "state_bytes")] == [0, 0, 0]
