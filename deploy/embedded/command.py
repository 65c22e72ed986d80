"""The commands ``kranhub up``, ``down``, ``status`` and ``doctor``."""

import logging
import sys
from dataclasses import asdict

import click

from deploy.embedded import doctor as doctoring
from deploy.embedded import stack
from deploy.embedded import status as looking
from deploy.embedded.progress import Progress
from deploy.embedded.record import Ports
from kranhub import supervising
from kranhub.cli import emit, output_option
from kranhub.errors import Unavailable
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.workers import Group, Worker

FINDINGS = 5
Port = click.IntRange(1, 65535)


@click.command()
@click.option("--kafka-port", type=Port, help="Kafka's port on 127.0.0.1; a free one by default.")
@click.option("--registry-port", type=Port, help="The schema registry's port on 127.0.0.1; a free one by default.")
@click.option("--docker", is_flag=True, help="Run both as containers, through testcontainers.")
@output_option
def up(kafka_port: int | None, registry_port: int | None, docker: bool, output: str) -> None:
    """Start Kafka and the schema registry, or find them running; create topics, register schemas."""
    settings = _settings()
    wanted = Ports(kafka=kafka_port, registry=registry_port)
    done = stack.up(settings, Progress(), wanted, docker=docker)
    if output == "json":
        emit({**asdict(done), "data": settings.data_dir.resolve()})
    else:
        click.echo(str(_ready(done, settings)))


@click.command()
@output_option
def down(output: str) -> None:
    """Stop what `kranhub up` started. The data stays."""
    killed = stack.down(_settings(), Progress())
    if output == "json":
        emit({"stopped": killed is not None, "killed": killed or []})
    else:
        click.echo(str(NOTHING_RAN if killed is None else STOPPED))


@click.command()
@output_option
def status(output: str) -> None:
    """Say what runs, where and since when, and how the connectors are. Exits 3 when it does not run."""
    found = looking.status(_settings())
    if output == "json":
        emit(found.model_dump(mode="json"))
    else:
        click.echo(str(_described(found)))
    if not found.running:
        sys.exit(Unavailable.exit_code)


@click.command()
@output_option
def doctor(output: str) -> None:
    """Check everything that kranhub needs here. Exits 5 when there are findings."""
    findings = doctoring.doctor(_settings())
    if output == "json":
        emit({"findings": [finding.model_dump() for finding in findings], "ok": all(each.ok for each in findings)})
    else:
        for finding in findings:
            click.echo(f"{'ok  ' if finding.ok else 'FAIL'} {finding.check}" + _indented(finding.finding))
    if not all(finding.ok for finding in findings):
        sys.exit(FINDINGS)


STOPPED = Text(en="Stopped. The data stays.", ru="Остановлено. Данные сохранены.")
NOTHING_RAN = Text(en="Nothing ran here.", ru="Здесь ничего не было запущено.")


def _settings() -> Settings:
    """Read the settings, and keep kafka-python's own log quiet: what it says, these commands say in one sentence."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    return Settings()


def _ready(done: stack.Up, settings: Settings) -> Text:
    created = len(done.created_topics)
    return Text(
        en=f"{'Running already' if done.already else 'Started'} ({done.kind}): Kafka {done.bootstrap}, registry "
        f"{done.registry_url}. Topics created: {created}. Data: {settings.data_dir.resolve()}",
        ru=f"{'Уже работает' if done.already else 'Запущено'} ({done.kind}): Kafka {done.bootstrap}, реестр "
        f"{done.registry_url}. Создано топиков: {created}. Данные: {settings.data_dir.resolve()}",
    )


def _described(found: looking.Status) -> Text:
    yes, no = Text(en="answers", ru="отвечает"), Text(en="does not answer", ru="не отвечает")
    lines = [
        f"Kafka     {found.bootstrap or '-'} {yes if found.broker_answers else no}",
        f"Registry  {found.registry_url or '-'} {yes if found.registry_answers else no}",
    ]
    lines += [f"{name:9} {version}" for name, version in found.versions.items()]
    lines += [f"{part.name:9} pid {part.pid}, {part.memory_mib or 0} MiB, {part.log}" for part in found.processes]
    lines += [line for each in found.supervisors for line in supervising.lines(each)]
    if found.since:
        lines.append(str(Text(en=f"since     {found.since}", ru=f"с         {found.since}")))
    if found.topics is not None:
        lines.append(str(Text(en=f"topics    {found.topics}", ru=f"топики    {found.topics}")))
    for each in found.connectors:
        lines.append(f"connector {each.member}/{each.connector} {each.task}: {each.state} {each.reason}".rstrip())
    lines += [line for group in found.groups for line in _served(group)]
    whole = "\n".join([*lines, *found.problems])
    return Text(en=whole, ru=whole)


def _served(group: Group) -> list[str]:
    """Return a line for each worker of a stage or a view; one that nobody serves is told as well."""
    if not group.workers:
        nobody = Text(
            en=f"nobody serves it, {group.lag} records wait", ru=f"не обслуживается, ждут записей: {group.lag}"
        )
        return [f"{group.name:15} {nobody}"]
    return [f"{group.name:15} {_work(worker)}" for worker in group.workers]


def _work(worker: Worker) -> Text:
    return Text(
        en=f"{worker.instance} on {worker.host}: partitions {worker.partitions}, records behind {worker.lag}",
        ru=f"{worker.instance} на {worker.host}: разделов {worker.partitions}, отставание {worker.lag} записей",
    )


def _indented(finding: str | None) -> str:
    return "" if finding is None else "".join(f"\n     {line}" for line in finding.splitlines())
