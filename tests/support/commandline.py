"""The command line on a data folder of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from deploy import omsk
from tools.harness.settings import REPOSITORY


@dataclass(frozen=True)
class Cli:
    """The command line on a data folder of its own."""

    folder: Path
    namespace: str

    def command(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start the command; the caller reads what it says."""
        return self._started(subprocess.PIPE, arguments, environment)

    def logged(self, log: IO[str], *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start the command; what it says goes to the file."""
        return self._started(log, arguments, environment)

    def _started(
        self, said: IO[str] | int, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.Popen[str]:
        outer = {name: value for name, value in os.environ.items() if not name.startswith("KRANHUB_")}
        own = {"KRANHUB_DATA_DIR": str(self.folder), "KRANHUB_NAMESPACE": self.namespace, "KRANHUB_LANG": "en"}
        return subprocess.Popen(
            [sys.executable, "-m", "kranhub", *arguments],
            cwd=REPOSITORY,
            env={**outer, **omsk.variables(), **own, **environment},
            stdout=said,
            stderr=said,
            text=True,
            encoding="utf-8",
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        with self.command(*arguments, **environment) as command:
            out, err = command.communicate(timeout=120)
            return command.returncode, out, err

    def json(self, *arguments: str, expect: int = 0) -> Any:
        code, out, err = self.run(*arguments, "-o", "json")
        assert code == expect, (out, err)
        return json.loads(out)

    def processes(self) -> dict[str, psutil.Process]:
        record = json.loads((self.folder / "stack.json").read_text(encoding="utf-8"))
        return {entry["name"]: psutil.Process(entry["pid"]) for entry in record["processes"]}
