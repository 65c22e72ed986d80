"""On what a run was measured: the machine, and the versions of everything that took part."""

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import confluent_kafka
import psutil

from deploy.embedded import artifacts, java

PACKAGES = ("confluent-kafka", "fastavro", "kafka-python", "faust-streaming", "aiokafka", "cramjam")


def machine() -> dict[str, Any]:
    """Return the processor, its cores, memory in GiB and the operating system."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
    }


def versions() -> dict[str, str]:
    """Return name to version."""
    return {
        "Python": platform.python_version(),
        "Kafka": artifacts.load_lock().kafka[0].version,
        "Java": java.version(),
        "librdkafka": confluent_kafka.libversion()[0],
        **{name: version(name) for name in PACKAGES},
    }


def _cpu() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()
