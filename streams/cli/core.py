"""``kranhub core run``, ``kranhub core publish`` and ``kranhub core reset-offsets``."""

import os
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from functools import partial

import click
import structlog

from kranhub.broker import admin, topics
from kranhub.cli.main import emit, output_option
from kranhub.errors import KranhubError, Misconfigured
from kranhub.operations import logs, metrics_server, open_files, recovery, single_instance
from kranhub.operations import signals as stopping_signals
from kranhub.operations.failure_report import report_failure
from kranhub.operations.metrics_server import metrics_option
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry
from streams.admin import masterdata_files, published, recovery_job
from streams.admin.publish import NotPublished, publish_masterdata
from streams.admin.recovery_job import Job
from streams.cli import preview
from streams.cli.options import instance_option
from streams.processor import Processor, Stage
from streams.processor.kafka import clients
from streams.processor.record import TopicPartition
from streams.processor.reset_offsets import reset_offset
from streams.processor.state.garbage_collection import spare_what_lives
from streams.routing.masterdata import masterdata
from streams.routing.masterdata.masterdata import MasterData
from streams.stages import STAGES
from streams.stages.planner import Planner
from streams.tick_source import beat

log = structlog.get_logger()

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
    """Run the stages, each in its own thread, until asked to stop. The first error of a stage ends the process."""
    logs.identify(f"core {instance}")
    open_files.require("kranhub", open_files.CORE)
    settings = Settings()
    master = _master(settings)
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        _require_topics(settings, master)
        _publish(settings, codec, master)
        metrics_server.serve(settings.metrics_host, metrics_port)
        restored = recovery.ensured(settings, codec)
        under_way = restored.recovery_id if restored is not None and restored.is_open else None
        stages = [_stage(name, settings, codec, under_way) for name in only or STAGES]
        single_instance.require_own(settings, dict(clients.member(settings, stage.name, instance) for stage in stages))
        spare_what_lives()
        log.info("core started", stages=[stage.name for stage in stages], instance=instance, recovering=under_way)
        jobs: dict[str, Job] = {stage.name: Processor(stage, settings, codec, instance).run for stage in stages}
        if "clock" in jobs:
            jobs["beat"] = partial(beat, settings, codec, instance)
        _run(_recovering(jobs, settings, codec, master, under_way) if under_way else jobs)


def _stage(name: str, settings: Settings, codec: Codec, recovery_id: str | None) -> Stage:
    return Planner(settings, codec, recovery_id) if name == "planner" else STAGES[name](settings, codec)


SENDING = ("dispatch", "clock", "beat")
"""What does not begin before the hub has read again what the ERPs hold."""


def _recovering(
    jobs: Mapping[str, Job], settings: Settings, codec: Codec, master: MasterData, recovery_id: str
) -> dict[str, Job]:
    """Return the jobs of a worker that recovers first."""
    over = threading.Event()
    found: dict[str, Job] = {
        name: recovery_job.gated(job, over) if name in SENDING else job for name, job in jobs.items()
    }
    found["recovery-watch"] = recovery_job.watch(settings, codec, recovery_id, over)
    if "planner" in jobs:
        found["recovery"] = recovery_job.Coordinator(settings, codec, master.members, recovery_id).run
    return found


@core.command("publish", help=str(_PUBLISH))
@preview.options
@output_option
def publish(output: str, *, dry_run: bool, force: bool) -> None:
    """Publish the master data; say on standard output, as JSON, how many entries had changed."""
    settings = Settings()
    master = _master(settings)
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
    """Reset the offset of a stage that no worker runs; say on standard output where it stands now."""
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        offset = reset_offset(settings, STAGES[stage](settings, Codec(registry)), TopicPartition(topic, partition), to)
    emit({"stage": stage, "topic": topic, "partition": partition, "offset": offset})


def _master(settings: Settings) -> MasterData:
    """Return the files' master data; what a person should look at is logged."""
    master = masterdata_files.load(settings)
    for gap in masterdata.gaps(master):
        log.warning("master data", reason=str(gap))
    return master


def _publish(settings: Settings, codec: Codec, master: MasterData) -> None:
    """Publish what has changed; where that is refused the core works by what is published, and says so."""
    try:
        log.info("master data published", entries=publish_masterdata(settings, codec, master))
    except NotPublished as refused:
        log.warning("master data not published", reason=str(refused))


TOPICS_S = 10.0
"""How long topics may be missing: after a start, brokers answer before they tell of all of them."""


def _require_topics(settings: Settings, master: MasterData) -> None:
    """Require the hub's own topics; those of members are created with the publication."""
    deadline, own = time.monotonic() + TOPICS_S, topics.hub(settings.namespace, "")
    while missing := [name for name in admin.missing_topics(settings, master.members) if name.startswith(own)]:
        if time.monotonic() < deadline:
            time.sleep(1)
            continue
        raise Misconfigured(
            Text(
                en=f"{len(missing)} topics do not exist, such as {missing[0]}. Run `kranhub up`: it creates them.",
                ru=f"Нет топиков: {len(missing)}, например {missing[0]}. Выполните `kranhub up`: он их создаст.",
            )
        )


GRACE_S, HASTE_S = 15.0, 3.0
"""How long the jobs may take to stop: when asked to, and when one of them has failed. What a job leaves open by then is
aborted by the brokers, as after a crash."""


def _run(jobs: Mapping[str, Job]) -> None:
    """Run until a signal or the first error, then stop every job; the error is raised again here."""
    stopping = threading.Event()
    ended: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
    stopping_signals.on_request(lambda: ended.put(None))

    def work(job: Job) -> None:
        try:
            job(stopping)
        except BaseException as error:  # noqa: BLE001  (handed to the main thread, which raises it)
            ended.put(error)

    threads = [threading.Thread(target=work, args=(job,), name=name, daemon=True) for name, job in jobs.items()]
    for thread in threads:
        thread.start()
    error = ended.get()
    stopping.set()
    deadline = time.monotonic() + (GRACE_S if error is None else HASTE_S)
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    if error is not None:
        _leave(error, stuck=any(thread.is_alive() for thread in threads))
    log.info("core stopped")


def _leave(error: BaseException, *, stuck: bool) -> None:
    """Raise the error; where a job still waits for a broker, say it and end the process without waiting for that."""
    if not stuck or not isinstance(error, KranhubError):
        raise error
    report_failure(error)
    os._exit(error.exit_code)
