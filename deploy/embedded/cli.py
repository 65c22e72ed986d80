"""The commands ``kranhub up``, ``down``, ``status`` and ``doctor``."""

import logging
import sys
from dataclasses import asdict

import click

from deploy.embedded import doctor as doctoring
from deploy.embedded import stack, texts
from deploy.embedded import status as looking
from deploy.embedded.progress import Progress
from deploy.embedded.stack_file import Ports
from kranhub.cli.main import emit, output_option
from kranhub.errors import Unavailable
from kranhub.settings import Settings

FINDINGS = 5
Port = click.IntRange(1, 65535)


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


@click.command(help=str(texts.STATUS))
@output_option
def status(output: str) -> None:
    """Say what runs, where and since when, and what is wrong. Exits 3 when it does not run, 5 with findings."""
    found = looking.status(_settings())
    if output == "json":
        emit(found.model_dump(mode="json"))
    else:
        click.echo("\n".join(texts.status(found)))
    if not found.running:
        sys.exit(Unavailable.exit_code)
    if not found.ok:
        sys.exit(FINDINGS)


@click.command(help=str(texts.DOCTOR))
@output_option
def doctor(output: str) -> None:
    """Check everything that kranhub needs here. Exits 5 when there are findings."""
    findings = doctoring.doctor(_settings())
    if output == "json":
        emit({"findings": [finding.model_dump() for finding in findings], "ok": all(each.ok for each in findings)})
    else:
        click.echo("\n".join(texts.doctor(findings)))
    if not all(finding.ok for finding in findings):
        sys.exit(FINDINGS)


def _settings() -> Settings:
    """Read the settings, and keep kafka-python's own log quiet: what it says, these commands say in one sentence."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    return Settings()
