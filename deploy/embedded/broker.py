"""Apache Kafka as one KRaft node: broker and controller in one process, loopback only."""

import base64
import os
import uuid
from collections.abc import Sequence
from pathlib import Path

from deploy.embedded import aot_cache, process
from deploy.embedded.java import COMMON, java
from deploy.embedded.ports import HOST
from deploy.embedded.stack_file import Ports

HEAP = ("-Xms128m", "-Xmx512m")
LOG_SETTINGS = Path(__file__).with_name("log4j2.properties")

# A plant that is off over the holidays keeps its offsets; topics come from the members file only.
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "inter.broker.listener.name": "BROKER",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
    # A killed broker is taken back once its session has run out; with Kafka's 9 s every restart would wait that long.
    "broker.session.timeout.ms": "4000",
    "broker.heartbeat.interval.ms": "1000",
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "10",
    "offsets.retention.minutes": "129600",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "10",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "message.max.bytes": str(5 * 1024 * 1024),
    "log.segment.bytes": str(256 * 1024 * 1024),
    "log.index.size.max.bytes": str(1024 * 1024),
    "log.cleaner.dedupe.buffer.size": str(32 * 1024 * 1024),
}


def write_settings(folder: Path, ports: Ports) -> Path:
    """Write Kafka's settings file for these ports and return its path."""
    settings = SETTINGS | {
        "controller.quorum.voters": f"1@{HOST}:{ports.controller}",
        "listeners": f"BROKER://{HOST}:{ports.kafka},CONTROLLER://{HOST}:{ports.controller}",
        "advertised.listeners": f"BROKER://{HOST}:{ports.kafka}",
        "log.dirs": (folder / "log").as_posix(),
    }
    file = folder / "server.properties"
    file.write_text("".join(f"{name}={escaped(value)}\n" for name, value in settings.items()), encoding="ascii")
    return file


def escaped(value: str) -> str:
    """Return a value as `java.util.Properties` reads it from bytes: Latin-1, the rest as escapes of UTF-16 units."""
    units = value.replace("\\", "\\\\").encode("utf-16-be", "surrogatepass")
    codes = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
    return "".join(chr(code) if 32 <= code < 127 else f"\\u{code:04x}" for code in codes)


def is_formatted(folder: Path) -> bool:
    """Return whether the storage was formatted already."""
    return (folder / "log" / "meta.properties").exists()


def format_command(jars: Sequence[Path], settings: Path) -> list[str]:
    """Return the command that formats the storage for a new cluster; it leaves a formatted one alone."""
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A", 1)
    main = ["kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", cluster, "-c", str(settings)]
    return [
        str(java()),
        "-XX:TieredStopAtLevel=1",
        *aot_cache.options(jars),
        *COMMON,
        "-cp",
        classpath(jars),
        *main,
    ]


def start_command(jars: Sequence[Path], settings: Path, logs: Path, token: str) -> list[str]:
    """Return the command that runs the broker.

    Args:
        jars: Kafka's jars, in the order of the class path.
        settings: The file with the broker's settings.
        logs: The folder for the broker's logs.
        token: The start's token, by which the process is recognised.
    """
    return [
        str(java()),
        process.MARK + token,
        *aot_cache.options(jars),
        *HEAP,
        *COMMON,
        f"-XX:ErrorFile={logs / 'kafka.crash.log'}",
        f"-Dkranhub.logs={logs.as_posix()}",
        f"-Dlog4j2.configurationFile={LOG_SETTINGS.as_uri()}",
        "-cp",
        classpath(jars),
        "kafka.Kafka",
        str(settings),
    ]


def classpath(jars: Sequence[Path]) -> str:
    """Return the jars as Java's ``-cp`` takes them."""
    return os.pathsep.join(map(str, jars))
