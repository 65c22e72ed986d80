"""The stack's Maven artifacts: pinned in ``lock.json``, verified by SHA-256, kept in the user's own Maven repository.

A second clone, and any other Maven user of this account, finds them there; then no network is needed.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from jgo.config import GlobalSettings
from jgo.maven import Artifact, MavenContext, PythonResolver
from pydantic import BaseModel, ConfigDict, Field

from deploy.embedded.progress import Progress
from kranhub.errors import Failed, KranhubError, Unavailable
from kranhub.operations import disk
from kranhub.text import Text

LOCK_FILE = Path(__file__).with_name("lock.json")
PARALLEL_DOWNLOADS = 4


class Pin(BaseModel):
    """One artifact as the lock names it.

    Attributes:
        group: Maven's group id.
        name: Maven's artifact id.
        version: Its version.
        classifier: Maven's classifier; empty for none.
        type: The file's extension.
        size: In bytes.
        sha256: In hexadecimal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: str
    name: str
    version: str
    classifier: str = ""
    type: str = "jar"
    size: int = Field(gt=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Lock(BaseModel):
    """Everything the stack runs. The first pin of each part is the part itself, the rest what it needs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kafka: tuple[Pin, ...]
    registry: tuple[Pin, ...]

    @property
    def pins(self) -> tuple[Pin, ...]:
        """All pins of both parts."""
        return self.kafka + self.registry


def load_lock(path: Path = LOCK_FILE) -> Lock:
    """Read the committed lock."""
    return Lock.model_validate_json(path.read_text(encoding="utf-8"))


def artifact(pin: Pin, context: MavenContext | None = None) -> Artifact:
    """Return jgo's artifact, in the user's Maven repository unless another context is given."""
    where = context or _context(repository())
    return where.project(pin.group, pin.name).at_version(pin.version).artifact(pin.classifier, pin.type)


def repository() -> Path:
    """Return the user's Maven repository: ``M2_REPO``, the one that jgo.conf names, or ``~/.m2/repository``."""
    return GlobalSettings.load().repo_cache


def path(pin: Pin) -> Path:
    """Return where the artifact is, or would be."""
    found = artifact(pin).cached_path
    assert found is not None  # noqa: S101  (jgo: None only without a repository folder)
    return found


def ensure(pins: Sequence[Pin], progress: Progress) -> list[Path]:
    """Fetch what is missing, verify everything, and return the files in the pins' order.

    Args:
        pins: The artifacts that are needed.
        progress: Where a person reads what happens.

    Raises:
        Unavailable: Without a network at the first resolve.
        Failed: On a full disk or a wrong checksum.
    """
    missing = [pin for pin in pins if not path(pin).exists()]
    if missing:
        _fetch(missing, progress)
    wrong = verify(pins)
    if wrong:
        raise Failed(wrong[0])
    return [path(pin) for pin in pins]


def verify(pins: Iterable[Pin]) -> list[Text]:
    """Return one finding for each present file that is not what the lock pins."""
    with ThreadPoolExecutor() as pool:
        return [text for text in pool.map(_finding, [pin for pin in pins if path(pin).exists()]) if text]


def _finding(pin: Pin) -> Text | None:
    file = path(pin)
    if sha256(file) == pin.sha256:
        return None
    return Text(
        en=f"{file} is not the file that is pinned (wrong SHA-256). Delete this file and run `kranhub up` again.",
        ru=f"{file}: не тот файл, что закреплён (SHA-256 не совпадает). Удалите его и повторите `kranhub up`.",
    )


def sha256(file: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _fetch(pins: Sequence[Pin], progress: Progress) -> None:
    home = repository()
    with _clear_errors(home):
        home.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(prefix=".kranhub-", dir=home) as folder,
            progress.download(files=len(pins), size=sum(pin.size for pin in pins)) as bar,
            ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool,
        ):
            context = _context(Path(folder), bar.received)
            for pin in pool.map(lambda pin: _fetch_one(pin, context), pins):
                bar.finished(pin.name)


def _fetch_one(pin: Pin, context: MavenContext) -> Pin:
    """Download beside the repository, verify, then rename: an incomplete download is never where others look."""
    fetched = artifact(pin, context).resolve()
    if sha256(fetched) != pin.sha256:
        raise Failed(
            Text(
                en=f"{fetched.name} arrived with a wrong SHA-256. A proxy may have changed it; ask your network team.",
                ru=f"{fetched.name} получен с неверным SHA-256. Возможно, его изменил прокси; обратитесь к сетевикам.",
            )
        )
    target = path(pin)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(fetched, target)
    return pin


def _context(repository: Path, received: Callable[[int], None] | None = None) -> MavenContext:
    @contextmanager
    def callback(_name: str, _size: int) -> Iterator[Callable[[int], None]]:
        yield received or (lambda _count: None)

    resolver: Any = PythonResolver(progress_callback=callback)
    mirrors = GlobalSettings.load().repositories or None
    return MavenContext(resolver, repo_cache=repository, remote_repos=mirrors, timeout=30)


@contextmanager
def _clear_errors(repository: Path) -> Iterator[None]:
    try:
        yield
    except KranhubError:
        raise
    except (requests.RequestException, RuntimeError) as error:
        raise _no_network(repository) from error
    except OSError as error:
        raise disk.failure(repository, error) from error


def _no_network(repository: Path) -> Unavailable:
    return Unavailable(
        Text(
            en=f"Kafka and the registry cannot be fetched: no connection to the Maven repository. Connect once, name a "
            f"mirror under [repositories] in jgo.conf, or copy {repository} from a machine that has it.",
            ru=f"Kafka и реестр не скачиваются: нет связи с репозиторием Maven. Подключитесь один раз, укажите зеркало "
            f"в разделе [repositories] файла jgo.conf или скопируйте {repository} с другой машины.",
        )
    )


def free_bytes(folder: Path) -> int:
    """Return the free space of the disk that holds the folder, or would hold it."""
    existing = next(parent for parent in (folder.resolve(), *folder.resolve().parents) if parent.exists())
    return shutil.disk_usage(existing).free
