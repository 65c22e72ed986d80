"""A real Tryton on loopback: a template database that is built once, copies of it, and the server process."""

import hashlib
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from importlib.metadata import distributions
from pathlib import Path
from typing import Self

import httpx

from deploy.demo import tryton_company
from deploy.demo.tryton_rpc import Rpc
from deploy.embedded.waiting import until_answers
from kranhub.errors import Failed, KranhubError
from kranhub.operations.file_lock import locked
from kranhub.text import Text

HOST = "127.0.0.1"
USER = "admin"
MODULES = ("ir", "res", "party", "company", "currency", "account", "product", "stock", "sale", "purchase", "production")
BUILD_SECONDS = 600.0
"""How long to wait for another process that builds the template."""

START_SECONDS = 120.0
STOP_SECONDS = 15.0
Say = Callable[[Text], None]


def quiet(_: Text) -> None:
    """Say nothing: the default of every ``progress``."""


def ensure_template(cache: Path, progress: Say = quiet) -> Path:
    """Return the template database's file, building it in about half a minute when the cache has none.

    Its folder's name carries the versions of trytond and its modules and a hash of the set-up code; beside it is the
    password of its user ``admin``, random per template.

    Args:
        cache: The folder of the templates.
        progress: Takes a line for a person.

    Raises:
        Failed: When Tryton cannot be set up.
    """
    template = cache / f"tryton-{_fingerprint()}" / "template.sqlite"
    if template.exists():
        return template
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache / "template.lock", timeout=BUILD_SECONDS, waiting=lambda: None):
        if not template.exists():
            _build_template(cache, template, progress)
    return template


def _build_template(cache: Path, template: Path, progress: Say) -> None:
    progress(
        Text(
            en="Tryton: building the template database, once, about half a minute",
            ru="Tryton: создаётся шаблон базы, один раз, около полуминуты",
        )
    )
    with tempfile.TemporaryDirectory(prefix="tryton-build-", dir=cache) as folder:
        built = Path(folder) / "built"
        built.mkdir()
        _build(built, progress)
        built.rename(template.parent)
    progress(Text(en="Tryton: the template database is ready", ru="Tryton: шаблон базы готов"))


class TrytonServer:
    """One ``trytond`` process that serves the databases of one folder. Also a context manager."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        """Take the folder of the databases and the log; without a port, a free one is taken at the first start."""
        self.folder = folder
        self.port = port or _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process that runs, or None."""
        return self._process.pid if self._process else None

    @property
    def log(self) -> Path:
        """The server's own log."""
        return self.folder / "trytond.log"

    def add(self, database: str, template: Path) -> None:
        """Put a copy of the template into the folder as this database, unless it is there already."""
        target = self.folder / f"{database}.sqlite"
        if target.exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        shutil.copyfile(template, part)
        shutil.copyfile(template.with_suffix(".password"), self.folder / f"{database}.password")
        os.replace(part, target)

    def password(self, database: str) -> str:
        """Return the password of the user ``admin``."""
        return self.password_file(database).read_text(encoding="utf-8").strip()

    def password_file(self, database: str) -> Path:
        """Return the file that holds the password, as a connector's ``password_file`` takes it."""
        return self.folder / f"{database}.password"

    def databases(self) -> list[str]:
        """Return the databases of the folder."""
        return sorted(file.stem for file in self.folder.glob("*.sqlite"))

    def open(self, database: str) -> Rpc:
        """Log in as ``admin``."""
        return Rpc(self.url, database, USER, self.password(database))

    def load(self, database: str) -> None:
        """Load a database that `start` left out. Tryton 8.2 breaks one whose first call is a login."""
        httpx.get(f"{self.url}/{database}/r/load", timeout=START_SECONDS, trust_env=False)

    def start(self, databases: Sequence[str] | None = None) -> None:
        """Start the process and wait until it answers.

        Args:
            databases: The databases to answer for, which must be in the folder by now; None for all of the folder.

        Raises:
            Failed: When the process ends instead.
        """
        databases = self.databases() if databases is None else databases
        command = [sys.executable, "-m", "trytond.cli", "-c", str(_configure(self.folder, self.port))]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *(["-d", *databases] if databases else [])],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            for database in databases:
                self._wait_for(database)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the process, and return when it has ended."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait_for(self, database: str) -> None:
        def alive() -> None:
            if self._process is None or self._process.poll() is not None:
                raise _did_not_start(self.log)

        until_answers(lambda: self.open(database).close(), alive, START_SECONDS)


def _build(folder: Path, progress: Say) -> None:
    password = folder / "template.password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(18), encoding="utf-8")
    (folder / "template.sqlite").touch()
    _admin(folder, password)
    progress(Text(en="Tryton: company, currency and accounts", ru="Tryton: компания, валюта и план счетов"))
    with TrytonServer(folder) as server, server.open("template") as rpc:
        tryton_company.found(rpc)
    with closing(sqlite3.connect(folder / "template.sqlite")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _admin(folder: Path, password: Path) -> None:
    """Create the tables of all modules. trytond-admin takes the password from the file TRYTONPASSFILE names."""
    modules = ["-u", *MODULES, "--activate-dependencies", "--email", "admin@tryton.invalid"]
    command = [sys.executable, "-m", "trytond.cli.admin", "-c", str(_configure(folder, 0)), "-d", "template", *modules]
    with (folder / "trytond-admin.log").open("wb") as log:
        done = subprocess.run(
            command,
            env=_environment() | {"TRYTONPASSFILE": str(password)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise _did_not_start(folder / "trytond-admin.log")


def _configure(folder: Path, port: int) -> Path:
    """Write trytond.conf. With a queue worker set, what is confirmed can be taken back during its grace period."""
    file = folder / "trytond.conf"
    file.write_text(
        f"[database]\nuri = sqlite://\npath = {folder}\n\n[web]\nlisten = {HOST}:{port}\n\n[queue]\nworker = True\n",
        encoding="utf-8",
    )
    return file


def _environment() -> dict[str, str]:
    """Return this process' environment without what would change trytond behind our back."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("TRYTON", "PYTHONWARNINGS"))}


def _fingerprint() -> str:
    """Return what the template depends on: versions of Tryton's parts and the code that sets it up."""
    parts = {f"{item.name}={item.version}" for item in distributions() if item.name.lower().startswith("trytond")}
    code = [Path(file).read_bytes() for file in (__file__, tryton_company.__file__)]
    return hashlib.sha256("\n".join(sorted(parts)).encode() + b"".join(code)).hexdigest()[:12]


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _did_not_start(log: Path) -> KranhubError:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    last = lines[-1] if lines else "(no output)"
    return Failed(
        Text(
            en=f"Tryton ended instead of starting: {last}. Check the free disk space and {log.parent}.",
            ru=f"Tryton завершился, не запустившись: {last}. Проверьте место на диске и {log.parent}.",
        )
    )
