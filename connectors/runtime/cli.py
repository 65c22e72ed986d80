"""``kranhub connector``: check, run and list."""

import asyncio
from dataclasses import asdict
from pathlib import Path

import click

from connectors.runtime import checking, configuration, load_failure, process_exit, runner
from connectors.runtime import forget as forgetting
from connectors.runtime.calls import log_traceback
from connectors.runtime.cli_texts import BOTH, CHECKPOINT, GONE, forgotten, questions
from connectors.runtime.configuration import Loaded
from kranhub.cli.main import emit, output_option
from kranhub.errors import Failed, KranhubError
from kranhub.operations import logs, metrics_server
from kranhub.operations.metrics_server import metrics_option
from kranhub.parties import members
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group(help=str(Text(en="Try and run connectors.", ru="Проверять и запускать коннекторы.")))
def connector() -> None:
    """Group of the connector commands."""


@connector.command("list", help=str(Text(en="List the installed connectors.", ru="Показать установленные коннекторы.")))
@output_option
def list_connectors(output: str) -> None:
    """Write the names of the installed connectors."""
    names = configuration.known()
    if output == "json":
        emit(names)
    else:
        click.echo("\n".join(names))


@connector.command(
    help=str(
        Text(
            en="Check a connector FILE: its settings, the ERP, Kafka and the registry. Changes no document.",
            ru="Проверить файл коннектора FILE: настройки, учётную систему, Kafka и реестр. Документы не меняет.",
        )
    )
)
@FILE
@output_option
def check(file: Path, output: str) -> None:
    """Exit 0 when all is well, 3 when something is away, 4 when a person must act."""
    settings = Settings()
    loaded = _load(settings, file)
    asyncio.run(checking.check(loaded))
    checking.check_hub(settings)
    if output == "json":
        asked = [text.as_map() for text in questions(loaded.member)]
        emit({"member": loaded.member.id, "connector": loaded.name, "ok": True, "questions": asked})
    else:
        text = Text(
            en=f"{file}: all is well, {loaded.member.name.en} can be connected with `kranhub connector run`.",
            ru=f"{file}: всё в порядке, {loaded.member.name.ru} можно подключать: `kranhub connector run`.",
        )
        click.echo("\n".join(map(str, (text, *questions(loaded.member)))))


@connector.command(
    help=str(
        Text(
            en="Run the connector of FILE until SIGTERM or Ctrl-C. While the ERP is away it waits and says so.",
            ru="Запустить коннектор из FILE до SIGTERM или Ctrl-C. Пока учётной системы нет, ждёт и говорит об этом.",
        )
    )
)
@FILE
@metrics_option
def run(file: Path, metrics_port: int | None) -> None:
    """Run until stopped; exit 1 when a newer instance took over."""
    logs.identify(f"connector {file.stem}")
    settings = Settings()
    metrics_server.serve(settings.metrics_host, metrics_port)
    try:
        loaded = _load(settings, file)
    except KranhubError as error:
        asyncio.run(load_failure.report(settings, file, error))
        raise
    member, name = loaded.member.id, loaded.name
    logs.identify(f"connector {member}/{name}", member=member, connector=name)
    asyncio.run(_run(settings, loaded))


async def _run(settings: Settings, loaded: Loaded) -> None:
    """Run to the end; from then on the process has a bounded time left, whatever thread still hangs."""
    try:
        await runner.run(settings, loaded)
    except KranhubError as error:
        process_exit.within(process_exit.EXIT_S, error.exit_code, str(error))
        raise
    process_exit.within(process_exit.EXIT_S, 0)


@connector.command(
    help=str(
        Text(
            en="Take a connector that is no more, CONNECTOR as `kranhub status` names it (member/name), out of the "
            "status. Its checkpoint stays, unless --checkpoint is given.",
            ru="Убрать из status коннектор, которого больше нет: CONNECTOR, как его называет `kranhub status` "
            "(участник/имя). Контрольная точка остаётся, если не указать --checkpoint.",
        )
    )
)
@click.argument("connector_name", metavar="CONNECTOR")
@click.option("--checkpoint", is_flag=True, help=str(CHECKPOINT))
@click.option("--gone", is_flag=True, help=str(GONE))
@output_option
def forget(connector_name: str, checkpoint: bool, gone: bool, output: str) -> None:
    """Exit 0 when it is forgotten, 1 when it is unknown or runs."""
    member, slash, name = connector_name.partition("/")
    if not (member and slash and name):
        raise click.UsageError(str(BOTH))
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        done = forgetting.forget(settings, Codec(registry), member, name, checkpoint=checkpoint, gone=gone)
    if output == "json":
        emit({"member": member, "connector": name, **asdict(done)})
    else:
        click.echo(str(forgotten(connector_name, checkpoint=checkpoint)))


def _load(settings: Settings, file: Path) -> Loaded:
    try:
        return configuration.load(file, members.load(settings.required("members_file")))
    except Failed as error:
        if error.__cause__ is not None:
            log_traceback("connector failed", error.__cause__, file=str(file))
        raise
