"""Producers in Java and JavaScript put a key where our Python clients put it: downstream may write with any of them."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from kafka.partitioner import murmur2

from deploy.embedded import artifacts
from deploy.embedded.progress import Progress
from tests.extra.conftest import Require

pytestmark = pytest.mark.extra

HERE = Path(__file__).parent
PARTITIONS = 24
KEYS = [f"sibir-terminal:{number}".encode() for number in range(300)] + [f"заказ-{n}".encode() for n in range(300)]


def ours() -> list[int]:
    """What kafka-python does; tests/streams compare it with confluent-kafka and aiokafka on the real broker."""
    return [(murmur2(key) & 0x7FFFFFFF) % PARTITIONS for key in KEYS]


def theirs(command: Sequence[str], folder: Path | None = None) -> list[int]:
    keys = "".join(f"{key.hex()}\n" for key in KEYS)
    shown = subprocess.run(command, input=keys, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert shown.returncode == 0, shown.stderr
    return [int(line) for line in shown.stdout.split()]


def test_java_agrees(require: Require) -> None:
    require("javac")
    jars = artifacts.ensure(artifacts.load_lock().kafka, Progress())
    classpath = os.pathsep.join(str(jar) for jar in jars)
    assert theirs([require("java"), "-cp", classpath, str(HERE / "Partition.java"), str(PARTITIONS)]) == ours()


def test_javascript_agrees(require: Require, tmp_path: Path) -> None:
    npm, node = require("npm"), require("node")
    install = [
        npm,
        "install",
        "--prefix",
        str(tmp_path),
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "kafkajs@2.2.4",
    ]
    installed = subprocess.run(install, capture_output=True, text=True, timeout=120, check=False)
    assert installed.returncode == 0, installed.stderr
    shutil.copy(HERE / "partition.js", tmp_path)
    assert theirs([node, "partition.js", str(PARTITIONS)], tmp_path) == ours()
