"""Real Kafka brokers that a fault can hit: one or three nodes, a listener for workers that may go through a proxy."""

import base64
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from deploy.embedded import artifacts, broker, process
from deploy.embedded.ports import HOST, any_free
from deploy.embedded.progress import Progress
from kranhub.broker.closing import CLOSES

START_S = 60.0

FRUGAL = ("-XX:TieredStopAtLevel=1",)
"""Options of brokers that are started again and again: Java's second compiler took a quarter of two cores."""


@dataclass
class Node:
    """One broker.

    Attributes:
        number: Its node id.
        folder: Where its settings and data are.
        direct: The port for the suite itself.
        listens: The port on which it listens for workers.
        controller: The port of its controller.
        worker: The port that is advertised to workers, which may be a proxy's.
        variables: Environment variables of its process.
        running: Its process; None before the first start.
    """

    number: int
    folder: Path
    direct: int
    listens: int
    controller: int
    worker: int
    variables: dict[str, str] = field(default_factory=dict)
    running: subprocess.Popen[bytes] | None = None


class Brokers:
    """One or three brokers in one cluster, started from the embedded stack's own artifacts."""

    def __init__(self, folder: Path, count: int = 1, worker_port: int | None = None) -> None:
        """Take an empty folder. ``worker_port`` is advertised to workers in place of the single broker's own."""
        files = artifacts.ensure(artifacts.load_lock().pins, Progress())
        self._jars = files[: len(artifacts.load_lock().kafka)]
        self.came_back = 0
        """How often a broker was started again."""
        self._cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
        ports = iter(_different(3 * count))
        self.nodes = [
            Node(number, folder / f"kafka-{number}", next(ports), next(ports), next(ports), worker_port or 0)
            for number in range(1, count + 1)
        ]
        for node in self.nodes:
            node.worker = node.worker or node.listens

    @property
    def direct(self) -> str:
        """Where the suite's own clients connect."""
        return ",".join(f"{HOST}:{node.direct}" for node in self.nodes)

    @property
    def workers(self) -> str:
        """Where workers connect."""
        return ",".join(f"{HOST}:{node.worker}" for node in self.nodes)

    def start_all(self) -> None:
        """Format the storage, start every broker and wait until all are there."""
        for node in self.nodes:
            self._format(node)
        for node in self.nodes:
            self.start(node)
        self.wait_until_there()

    def start(self, node: Node) -> None:
        """Start a broker; it need not answer yet."""
        command = broker.start_command(self._jars, node.folder / "server.properties", node.folder, process.token())
        command[1:1] = FRUGAL
        with (node.folder / "console.log").open("ab") as output:
            node.running = subprocess.Popen(
                command, cwd=node.folder, env=process.environment() | node.variables, stdout=output, stderr=output
            )

    def start_again(self, node: Node) -> None:
        """Start a broker and wait until all brokers are there."""
        self.came_back += 1
        self.start(node)
        self.wait_until_there()

    def has_logged(self, node: Node, text: str) -> bool:
        """Return whether the broker's log has had this text since it was last set aside."""
        return text in _log(node).read_text(encoding="utf-8", errors="replace")

    def set_log_aside(self, node: Node) -> None:
        """Let a stopped broker begin a new log; the former one is kept beside it."""
        _log(node).replace(_log(node).with_suffix(".former"))

    def kill(self, node: Node) -> None:
        """End a broker with kill -9."""
        self._end(node, signal.SIGKILL)

    def stop(self, node: Node) -> None:
        """End a broker in an orderly way: its leaders and coordinators move first."""
        self._end(node, signal.SIGTERM)

    def stop_all(self) -> None:
        """End every broker at once, whatever state it is in."""
        for node in self.nodes:
            self._end(node, signal.SIGKILL)

    def has_ended(self, node: Node) -> bool:
        """Return whether the broker ended by itself."""
        return node.running is None or node.running.poll() is not None

    def wait_until_there(self, patience_s: float = START_S) -> None:
        """Wait until every broker answers and all replicas are in sync."""
        deadline = time.monotonic() + patience_s
        while not self._complete():
            assert time.monotonic() < deadline, f"the brokers are not complete within {patience_s:.0f} s"
            time.sleep(0.3)

    def _complete(self) -> bool:
        try:
            with admin(self.direct) as client:
                alive = len(client.describe_cluster()["brokers"]) == len(self.nodes)
                parts = [part for topic in client.describe_topics() for part in topic["partitions"]]
                return alive and all(len(part["isr_nodes"]) == len(part["replica_nodes"]) for part in parts)
        except KafkaError:
            return False

    def _end(self, node: Node, number: signal.Signals) -> None:
        if node.running is None:
            return
        if node.running.poll() is None:
            node.running.send_signal(number)
        try:
            node.running.wait(60)
        except subprocess.TimeoutExpired:
            node.running.kill()
            node.running.wait(10)
        node.running = None

    def _format(self, node: Node) -> None:
        node.folder.mkdir(parents=True, exist_ok=True)
        copies = str(min(3, len(self.nodes)))
        in_sync = str(max(1, len(self.nodes) - 1))
        voters = ",".join(f"{each.number}@{HOST}:{each.controller}" for each in self.nodes)
        settings = broker.SETTINGS | {
            "node.id": str(node.number),
            "controller.quorum.voters": voters,
            "listeners": f"BROKER://{HOST}:{node.direct},WORKER://{HOST}:{node.listens},"
            f"CONTROLLER://{HOST}:{node.controller}",
            "advertised.listeners": f"BROKER://{HOST}:{node.direct},WORKER://{HOST}:{node.worker}",
            "listener.security.protocol.map": "BROKER:PLAINTEXT,WORKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": (node.folder / "log").as_posix(),
            "default.replication.factor": copies,
            "min.insync.replicas": in_sync,
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": in_sync,
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": in_sync,
        }
        file = node.folder / "server.properties"
        file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")
        command = broker.format_command(self._jars, file)
        command[command.index("-t") + 1] = self._cluster
        subprocess.run(command, check=True, capture_output=True, cwd=node.folder)


def _log(node: Node) -> Path:
    return node.folder / "kafka.log"


@contextmanager
def admin(bootstrap: str) -> Iterator[KafkaAdminClient]:
    """Open an admin client.

    Raises:
        KafkaError: Where the brokers do not answer.
    """
    client = KafkaAdminClient(bootstrap_servers=bootstrap.split(","), bootstrap_timeout_ms=5000, **CLOSES)
    try:
        yield client
    finally:
        client.close()


def leader(bootstrap: str, topic: str, partition: int = 0) -> int:
    """Return the number of the broker that leads a partition.

    Args:
        bootstrap: The brokers' addresses, separated by commas.
        topic: The topic's full name.
        partition: The partition's number.
    """
    with admin(bootstrap) as client:
        (found,) = client.describe_topics([topic])
        return int(next(each["leader_id"] for each in found["partitions"] if each["partition_index"] == partition))


def _different(count: int) -> Sequence[int]:
    taken: set[int] = set()
    while len(taken) < count:
        taken.add(any_free(taken))
    return sorted(taken)
