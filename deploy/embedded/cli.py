"""The commands of the embedded stack: ``kranhub up``, ``down``, ``backup`` and ``restore``."""

from dataclasses import asdict
from pathlib import Path

import click

from deploy.embedded import backup as backing_up
from deploy.embedded import restoring, stack, texts
from deploy.embedded.progress import Progress
from deploy.embedded.stack_file import Ports
from kranhub.cli.main import emit, output_option
from kranhub.operations import logs
from kranhub.settings import Settings

Port = click.IntRange(1, 65535)
Folder = click.Path(path_type=Path, file_okay=False)


@click.command(help=str(texts.UP))
@click.option("--kafka-port", type=Port, metavar="PORT", help=str(texts.KAFKA_PORT))
@click.option("--registry-port", type=Port, metavar="PORT", help=str(texts.REGISTRY_PORT))
@click.option("--docker", is_flag=True, help=str(texts.DOCKER))
@output_option
def up(kafka_port: int | None, registry_port: int | None, docker: bool, output: str) -> None:
    """Start Kafka and the schema registry, or find them running; create topics, register schemas."""
    settings = _settings()
    wanted = Ports(kafka=kafka_port, registry=registry_port)
    done = stack.up(settings, Progress(), wanted, docker=docker)
    if output == "json":
        emit({**asdict(done), "data": settings.data_dir.resolve()})
    else:
        click.echo(str(texts.ready(done, settings.data_dir.resolve())))


@click.command(help=str(texts.DOWN))
@output_option
def down(output: str) -> None:
    """Stop what `kranhub up` started. The data stays."""
    killed = stack.down(_settings(), Progress())
    if output == "json":
        emit({"stopped": killed is not None, "killed": killed or []})
    else:
        click.echo(str(texts.NOTHING_RAN if killed is None else texts.STOPPED))


@click.command(help=str(texts.BACKUP))
@click.argument("folder", type=Folder)
@click.option("--verify", is_flag=True, help=str(texts.VERIFY))
@output_option
def backup(folder: Path, verify: bool, output: str) -> None:
    """Exit 0 when the backup is whole, 1 for one that is not, and while the hub works."""
    done = backing_up.verify(folder, Progress()) if verify else backing_up.take(_settings(), folder, Progress())
    if output == "json":
        emit(done.model_dump(mode="json"))
    else:
        click.echo(str(texts.sound(done) if verify else texts.taken(done)))


@click.command(help=str(texts.RESTORE))
@click.argument("folder", type=Folder)
@click.option("--other-installation", is_flag=True, help=str(texts.OTHER_INSTALLATION))
@output_option
def restore(folder: Path, other_installation: bool, output: str) -> None:
    """Exit 0 when the stack runs on what was restored."""
    done = restoring.restore(_settings(), folder, Progress(), other_installation=other_installation)
    if output == "json":
        emit(done.model_dump(mode="json"))
    else:
        click.echo("\n".join(str(line) for line in texts.restored(done)))


def _settings() -> Settings:
    """Read the settings, and silence kafka-python's own log: these commands report the same in one sentence."""
    logs.silence_kafka()
    return Settings()
