"""The same stack as two Docker containers, through testcontainers. The data stays in the data folder."""

from contextlib import suppress
from datetime import UTC, datetime

from docker import DockerClient
from docker import from_env as docker_from_env
from docker.errors import DockerException, NotFound
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from deploy.embedded import artifacts, broker, ports, registry
from deploy.embedded.progress import Progress
from deploy.embedded.stack_file import Ports, Record
from deploy.embedded.waiting import until_answers
from kranhub.errors import Failed, Unavailable
from kranhub.operations import probe
from kranhub.settings import Settings
from kranhub.text import Text

PING_SECONDS = 2
STOP_SECONDS = 30
BROKER_PORT, CONTROLLER_PORT, REGISTRY_PORT = 9092, 9093, 8080
BROKER_DATA, REGISTRY_DATA = "/var/lib/kafka/data", "/data"


class Containers:
    """Kafka and the registry as two containers that listen on loopback ports of this machine."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings, self._progress = settings, progress
        self._data = settings.data_dir.resolve()

    def start(self, wanted: Ports, last: Record) -> Record:
        """Start both and return once both answer.

        Args:
            wanted: The ports that were asked for; None in it for any.
            last: The record of the last start.

        Returns:
            The record of this start.

        Raises:
            Misconfigured: When a wanted port is taken.
            Unavailable: When no Docker daemon answers.
            Failed: When it refuses an image or a container.
        """
        client = daemon()
        testcontainers_config.ryuk_disabled = True  # the stack outlives this command; `kranhub down` removes it
        chosen, known = ports.choose(wanted, last.ports), versions()
        started: list[str] = []
        try:
            for container in (self._broker(chosen, known["kafka"]), self._registry(chosen, known["registry"])):
                started.append(str(container.start().get_wrapped_container().id))  # noqa: PERF401  (must know the first)
            bootstrap, url = f"{ports.HOST}:{chosen.kafka}", registry.url(chosen.registry or 0)
            self._await(bootstrap, url)
        except DockerException as error:
            _remove(client, started)
            raise _refused(error) from error
        except BaseException:
            _remove(client, started)
            raise
        return Record(
            kind="docker",
            since=datetime.now(UTC).replace(microsecond=0),
            bootstrap=bootstrap,
            registry_url=url,
            ports=chosen,
            versions=known,
            containers=tuple(started),
        )

    def repair(self, wanted: Ports, last: Record) -> Record:
        """Start both again: a container of one of them alone is not worth separate handling."""
        self.stop(last)
        return self.start(wanted, last)

    def stop(self, last: Record) -> list[str]:
        """Stop and remove the record's containers; Docker itself kills one that does not stop in time."""
        if last.containers:
            _remove(daemon(), last.containers)
        return []

    def runs(self, last: Record) -> bool:
        """Return whether every container of the record runs.

        Raises:
            Unavailable: When no Docker daemon answers.
        """
        client = daemon()
        try:
            states = [client.containers.get(identity).status for identity in last.containers]
        except NotFound:
            return False
        return bool(states) and all(state == "running" for state in states)

    def _await(self, bootstrap: str, url: str) -> None:
        with self._progress.waiting(Text(en="starting Kafka and the registry", ru="запуск Kafka и реестра")):
            until_answers(lambda: probe.broker(self._settings, bootstrap))
            until_answers(lambda: probe.registry(url))

    def _broker(self, chosen: Ports, version: str) -> DockerContainer:
        listening = {
            "controller.quorum.voters": f"1@localhost:{CONTROLLER_PORT}",
            "listeners": f"BROKER://:{BROKER_PORT},CONTROLLER://:{CONTROLLER_PORT}",
            "advertised.listeners": f"BROKER://{ports.HOST}:{chosen.kafka}",
            "log.dirs": f"{BROKER_DATA}/log",
        }
        container = self._container(f"apache/kafka:{version}", "kafka", BROKER_DATA)
        for name, value in (broker.SETTINGS | listening).items():
            container.with_env("KAFKA_" + name.replace(".", "_").upper(), value)
        container.with_env("KAFKA_HEAP_OPTS", " ".join(broker.HEAP))
        return _published(container, BROKER_PORT, chosen.kafka)

    def _registry(self, chosen: Ports, version: str) -> DockerContainer:
        container = self._container(f"apicurio/apicurio-registry-mem:{version}", "registry", REGISTRY_DATA)
        container.with_env("REGISTRY_DATASOURCE_URL", f"jdbc:h2:file:{REGISTRY_DATA}/schemas;WRITE_DELAY=0")
        return _published(container, REGISTRY_PORT, chosen.registry)

    def _container(self, image: str, name: str, inside: str) -> DockerContainer:
        folder = self._data / f"{name}-docker"
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)  # the images run as users of their own
        return DockerContainer(image).with_volume_mapping(str(folder), inside, "rw")


def versions() -> dict[str, str]:
    """Return the versions of the images: the same as the embedded stack's."""
    lock = artifacts.load_lock()
    return {"kafka": lock.kafka[0].version, "registry": lock.registry[0].version}


def daemon() -> DockerClient:
    """Return a client of the Docker daemon.

    Raises:
        Unavailable: When none answers.
    """
    try:
        client = docker_from_env(timeout=PING_SECONDS)
        client.ping()
    except DockerException:
        raise Unavailable(
            Text(
                en="No Docker daemon answers. Start Docker, or leave out --docker (and KRANHUB_STACK) for the embedded "
                "stack, which needs none.",
                ru="Docker не отвечает. Запустите его или уберите --docker (и KRANHUB_STACK): встроенному стеку Docker "
                "не нужен.",
            )
        ) from None
    return client


def _published(container: DockerContainer, inside: int, outside: int | None) -> DockerContainer:
    container.ports[f"{inside}/tcp"] = (ports.HOST, outside)  # type: ignore[index,assignment,unused-ignore]
    return container


def _remove(client: DockerClient, identities: list[str] | tuple[str, ...]) -> None:
    for identity in identities:
        with suppress(NotFound):
            container = client.containers.get(identity)
            container.stop(timeout=STOP_SECONDS)
            container.remove()


def _refused(error: DockerException) -> Failed:
    return Failed(
        Text(
            en=f"Docker refused: {error}. Check that it can fetch images, or use the embedded stack (no --docker).",
            ru=f"Отказ Docker: {error}. Проверьте, может ли он скачивать образы, или возьмите встроенный стек.",
        )
    )
