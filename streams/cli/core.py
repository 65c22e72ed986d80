"""``kranhub core run``, ``kranhub core publish`` and ``kranhub core reset-offsets``."""

from collections.abc import Sequence

import click

from kranhub.cli.main import emit, output_option
from kranhub.operations.metrics_server import metrics_option
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.locations import TopicPartition
from kranhub.wire.registry import Registry
from streams.admin import core_process, published
from streams.admin.publish import publish_masterdata
from streams.cli import preview
from streams.cli.options import instance_option
from streams.processor.reset_offsets import reset_offset
from streams.stages import STAGES

_HELP = Text(en="The core: plans, routes and follows orders.", ru="Ядро: планирует, направляет и ведёт заказы.")
_RUN = Text(
    en="Run the core's stages in this process until it is told to stop.",
    ru="Запустить этапы ядра в этом процессе; работают до остановки.",
)
_ONLY = Text(en="run only this stage; may be given again", ru="запустить только этот этап; можно повторять")
_PUBLISH = Text(
    en="Publish what has changed in the files: members, items, bills, calendars, rules, rates. The core takes it up.",
    ru="Опубликовать изменения файлов: участники, позиции, спецификации, календари, правила, курсы. Ядро их примет.",
)


_RESET = Text(
    en="Let a stage go on elsewhere in an input, once it is known what it passes by. No worker may run it meanwhile.",
    ru="Продолжить этап с другого места входа, когда известно, что пропускается. Этап в это время не выполняется.",
)
_STAGE = Text(en="the stage", ru="этап")
_TOPIC = Text(en="the input's full name", ru="полное имя входного топика")
_PARTITION = Text(en="its partition", ru="его раздел")
_TO = Text(en="the next record to process", ru="следующая запись для обработки")


def _offset(_context: click.Context, _parameter: click.Parameter, value: str) -> int | None:
    if value == "earliest":
        return None
    if not value.isdecimal():
        raise click.BadParameter(f"{value}: OFFSET | earliest")
    return int(value)


@click.group(help=str(_HELP))
def core() -> None:
    """Group the core's commands."""


@core.command("run", help=str(_RUN))
@click.option("--only", multiple=True, type=click.Choice(list(STAGES)), help=str(_ONLY))
@instance_option
@metrics_option
def run(only: Sequence[str], instance: str, metrics_port: int | None) -> None:
    """Run the stages, each in its own thread, until a signal stops it. The first error of a stage ends the process."""
    core_process.run(Settings(), only or list(STAGES), instance, metrics_port)


@core.command("publish", help=str(_PUBLISH))
@preview.options
@output_option
def publish(output: str, *, dry_run: bool, force: bool) -> None:
    """Publish the master data; write to standard output, as JSON, how many entries had changed."""
    settings = Settings()
    master = core_process.master_data(settings)
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        if not dry_run:
            emit({"published": publish_masterdata(settings, codec, master, force=force)})
            return
        known = published.read(settings, codec)
        preview.show(preview.of(settings, codec, known, master), known, master, output, force=force)


@core.command("reset-offsets", help=str(_RESET))
@click.option("--stage", required=True, type=click.Choice(list(STAGES)), help=str(_STAGE))
@click.option("--topic", required=True, help=str(_TOPIC))
@click.option("--partition", required=True, type=click.IntRange(0), help=str(_PARTITION))
@click.option("--to", required=True, metavar="OFFSET|earliest", callback=_offset, help=str(_TO))
def reset_offsets(stage: str, topic: str, partition: int, to: int | None) -> None:
    """Reset the offset of a stage that no worker runs; write the present one to standard output."""
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        offset = reset_offset(settings, STAGES[stage](settings, Codec(registry)), TopicPartition(topic, partition), to)
    emit({"stage": stage, "topic": topic, "partition": partition, "offset": offset})
