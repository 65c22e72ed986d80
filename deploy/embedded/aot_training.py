"""Makes Java's ahead-of-time caches, once per machine: each part runs on a folder of its own until it answers."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from deploy.embedded import aot_cache, broker, ports, process, registry
from deploy.embedded.progress import Progress
from deploy.embedded.stack_file import Ports
from deploy.embedded.waiting import until_answers
from kranhub.errors import Failed, KranhubError
from kranhub.operations import probe
from kranhub.settings import Settings
from kranhub.text import Text

END_SECONDS = 180.0
"""How long Java may take to end; it writes the cache when the part has stopped."""

BOUND = "-XX:SelfDestructTimer=5"
"""After this many minutes Java ends by itself, in case the process that started it was killed."""

Training = Callable[[Ports, Path], None]
"""Runs a part on these ports and in this empty folder, where it leaves its cache."""


def ensure(kafka: Sequence[Path], home: Path, progress: Progress) -> None:
    """Make the caches that are missing; one that cannot be made is reported and left out, as nothing depends on it.

    Args:
        kafka: Kafka's jars, in the order of the class path.
        home: The registry's unpacked folder.
        progress: Where a person reads what happens.
    """
    parts: list[tuple[Sequence[Path], Training]] = [
        (kafka, partial(_kafka, kafka)),
        ([registry.jar(home)], partial(_registry, home)),
    ]
    missing = [(aot_cache.path(jars), train) for jars, train in parts if not aot_cache.path(jars).is_file()]
    if not missing:
        return
    chosen = ports.choose(Ports(), Ports())
    with progress.waiting(_PREPARING), ThreadPoolExecutor() as pool:
        for reason in pool.map(lambda part: _made(part[0], part[1], chosen), missing):
            if reason is not None:
                progress.say(_without(reason))


def _made(cache: Path, train: Training, chosen: Ports) -> str | None:
    """Make one cache; return why it could not be made."""
    try:
        with tempfile.TemporaryDirectory(prefix="kranhub-aot-", ignore_cleanup_errors=True) as folder:
            train(chosen, Path(folder))
            draft = cache.with_name(f".{cache.name}.{process.token()}")
            try:
                shutil.copyfile(_output(Path(folder)), draft)
                os.replace(draft, cache)
            finally:
                draft.unlink(missing_ok=True)
    except (OSError, KranhubError, subprocess.SubprocessError) as error:
        return str(error)
    return None


def _kafka(jars: Sequence[Path], chosen: Ports, folder: Path) -> None:
    settings = broker.write_settings(folder, chosen)
    subprocess.run(
        broker.format_command(jars, settings), check=True, capture_output=True, cwd=folder, env=process.environment()
    )
    command = broker.start_command(jars, settings, folder, process.token())
    there = Settings(kafka_bootstrap=None, registry_url=None)
    _run(command, folder, lambda: probe.broker(there, f"{ports.HOST}:{chosen.kafka}"))


def _registry(home: Path, chosen: Ports, folder: Path) -> None:
    port = chosen.registry or 0
    command = registry.start_command(home, folder, folder, port, process.token())
    _run(command, folder, lambda: probe.registry(registry.url(port)))


def _run(command: Sequence[str], folder: Path, ask: Callable[[], object]) -> None:
    """Run the part until it answers, then end it in an orderly way: only then Java writes the cache."""
    java, *rest = command
    log = folder / "console.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [java, f"-XX:AOTCacheOutput={_output(folder)}", aot_cache.QUIET, BOUND, *rest],
            cwd=folder,
            env=process.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def alive() -> None:
        if child.poll() is not None:
            raise Failed(_ended(process.decisive(log)))

    try:
        until_answers(ask, alive)
        child.terminate()
        child.wait(END_SECONDS)
    finally:
        child.kill()
        child.wait()


def _output(folder: Path) -> Path:
    return folder / "cache.aot"


def _ended(output: str) -> Text:
    return Text(en=f"Java has ended: {output}", ru=f"Java завершилась: {output}")


def _without(reason: str) -> Text:
    return Text(
        en=f"Kafka or the registry will start without a cache, which takes longer: {reason}",
        ru=f"Kafka или реестр будут запускаться без кэша, то есть дольше: {reason}",
    )


_PREPARING = Text(
    en="preparing quick starts of Kafka and the registry (once on this machine)",
    ru="подготовка быстрого запуска Kafka и реестра (один раз на этой машине)",
)
