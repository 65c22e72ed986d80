"""``kranhub core run`` and ``kranhub core publish``."""

import queue
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import FrameType

import click
import structlog

from kranhub import metricserver, topicadmin
from kranhub.cli import emit
from kranhub.codec import Codec
from kranhub.errors import Misconfigured
from kranhub.registry import Registry
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from streams.beat import beat
from streams.exactly_once import Processor
from streams.options import instance_option, metrics_option
from streams.publish import publish_masterdata
from streams.router import masterdata
from streams.router.masterdata import MasterData
from streams.stages import STAGES

log = structlog.get_logger()

_HELP = Text(en="The core: plans, routes and follows orders.", ru="Ядро: планирует, направляет и ведёт заказы.")
_RUN = Text(
    en="Run the core's stages in this process until it is told to stop.",
    ru="Запустить этапы ядра в этом процессе; работают до остановки.",
)
_ONLY = Text(en="run only this stage; may be given again", ru="запустить только этот этап; можно повторять")
_PUBLISH = Text(
    en="Publish the nomenclature and the members to hub.items and hub.parties.",
    ru="Опубликовать номенклатуру и участников в hub.items и hub.parties.",
)


@click.group(help=str(_HELP))
def core() -> None:
    """Group the core's commands."""


@core.command("run", help=str(_RUN))
@click.option("--only", multiple=True, type=click.Choice(list(STAGES)), help=str(_ONLY))
@instance_option
@metrics_option
def run(only: Sequence[str], instance: str, metrics_port: int | None) -> None:
    """Run the stages, each in its own thread, until SIGINT or SIGTERM. The first error of a stage ends the process."""
    settings = Settings()
    master = masterdata.load(settings.members_file, settings.nomenclature_file)
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        _require_topics(settings, master)
        publish_masterdata(settings, codec, master)
        metricserver.serve(settings.metrics_host, metrics_port)
        stages = [STAGES[name](settings, codec, master) for name in only or STAGES]
        log.info("core started", stages=[stage.name for stage in stages], instance=instance)
        jobs = {stage.name: Processor(stage, settings, codec, instance).run for stage in stages}
        if "clock" in jobs:
            jobs["beat"] = partial(beat, settings, codec, instance)
        _run(jobs)


@core.command("publish", help=str(_PUBLISH))
def publish() -> None:
    """Publish the master data; say on standard output how many records had changed."""
    settings = Settings()
    master = masterdata.load(settings.members_file, settings.nomenclature_file)
    with Registry(endpoints(settings).registry_url) as registry:
        emit({"published": publish_masterdata(settings, Codec(registry), master)})


def _require_topics(settings: Settings, master: MasterData) -> None:
    missing = topicadmin.missing_topics(settings, master.members)
    if missing:
        raise Misconfigured(
            Text(
                en=f"{len(missing)} topics do not exist, such as {missing[0]}. Run `kranhub up`: it creates them.",
                ru=f"Нет топиков: {len(missing)}, например {missing[0]}. Выполните `kranhub up`: он их создаст.",
            )
        )


Job = Callable[[threading.Event], None]
"""Runs until the event is set."""


def _run(jobs: Mapping[str, Job]) -> None:
    """Run until a signal or the first error, then stop every job; the error is raised again here."""
    stopping = threading.Event()
    ended: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
    _stop_on_signal(ended)

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
    for thread in threads:
        thread.join(30)
    if error is not None:
        raise error
    log.info("core stopped")


def _stop_on_signal(ended: "queue.SimpleQueue[BaseException | None]") -> None:
    def note(_number: int, _frame: FrameType | None) -> None:
        ended.put(None)

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, note)
