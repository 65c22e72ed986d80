"""Apicurio Registry: its ``/apis/ccompat/v7`` is the Confluent registry API. Schemas live in an H2 file."""

import os
import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path

from deploy.embedded import aot_cache, process
from deploy.embedded.java import COMMON, java
from deploy.embedded.ports import HOST

# It answers few requests: the quick compiler and the small collector halve its start's work and save 50 MiB.
FRUGAL = ("-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
CHUNK = 1 << 20


def url(port: int) -> str:
    """Return the base URL of the Confluent API."""
    return f"http://{HOST}:{port}/apis/ccompat/v7"


def unpack(archive: Path) -> Path:
    """Return the archive's unpacked folder beside it, unpacking it once per machine.

    Every file is compared with the verified archive's own check sums, so a damaged folder is unpacked again.
    """
    target = archive.with_suffix("")
    with zipfile.ZipFile(archive) as zipped:
        if _same(zipped, target):
            return target
        fresh = Path(tempfile.mkdtemp(prefix=".kranhub-", dir=archive.parent))
        try:
            zipped.extractall(fresh)
            shutil.rmtree(target, ignore_errors=True)
            os.replace(fresh, target)
        except OSError:
            shutil.rmtree(fresh, ignore_errors=True)
            if not _same(zipped, target):  # another `kranhub up` may have been faster
                raise
    return target


def jar(home: Path) -> Path:
    """Return the jar that runs the registry, in its unpacked folder."""
    return next(home.glob("*-runner.jar"))


def start_command(home: Path, data: Path, logs: Path, port: int, token: str) -> list[str]:
    """Return the command that runs the registry.

    Args:
        home: The registry's unpacked folder.
        data: The folder of its database.
        logs: The folder for its logs.
        port: Its port on loopback.
        token: The start's token, by which the process is recognised.
    """
    return [
        str(java()),
        process.MARK + token,
        *aot_cache.options([jar(home)]),
        *FRUGAL,
        *COMMON,
        f"-XX:ErrorFile={logs / 'registry.crash.log'}",
        f"-Dquarkus.http.host={HOST}",
        f"-Dquarkus.http.port={port}",
        # Without a write delay a schema is on the disk before its id is given out, so a crash cannot lose an id.
        f"-DREGISTRY_DATASOURCE_URL=jdbc:h2:file:{(data / 'schemas').as_posix()};WRITE_DELAY=0",
        "-Dquarkus.banner.enabled=false",
        "-Dquarkus.log.file.enable=true",
        f"-Dquarkus.log.file.path={logs / 'registry.log'}",
        "-Dquarkus.log.file.rotation.max-file-size=10M",
        "-Dquarkus.log.file.rotation.max-backup-index=5",
        "-Dquarkus.log.console.level=ERROR",
        "-jar",
        str(jar(home)),
    ]


def _same(zipped: zipfile.ZipFile, folder: Path) -> bool:
    files = [entry for entry in zipped.infolist() if not entry.is_dir()]
    return all(_crc(folder / entry.filename) == entry.CRC for entry in files)


def _crc(file: Path) -> int | None:
    crc = 0
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                crc = zlib.crc32(chunk, crc)
    except OSError:
        return None
    return crc
