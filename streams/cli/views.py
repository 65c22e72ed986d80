"""``kranhub views run``."""

import asyncio

import click
import faust
import structlog
from prometheus_client import REGISTRY

from kranhub.broker import lag, topics
from kranhub.cli.main import emit, output_option
from kranhub.errors import KranhubError, Unavailable
from kranhub.operations import disk, logs, metrics_server, signals, single_instance
from kranhub.operations.metrics_server import metrics_option
from kranhub.readmodel import tables
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry
from streams.cli.options import instance_option
from streams.views import app as timeline_app
from streams.views import shutdown
from streams.views.app import Timeline
from streams.views.order_metrics import OrderMetrics

log = structlog.get_logger()

_HELP = Text(en="The views: what people look at.", ru="Представления: то, на что смотрят люди.")
_RUN = Text(
    en="Fold hub.events into the read model until told to stop. Where that is a SQLite file, each machine's views fold "
    "all events into a file of their own; where KRANHUB_READMODEL_URL names a database server, they share the work.",
    ru="Сворачивать hub.events в витрину данных до остановки. Если витрина в файле SQLite, представления каждой машины "
    "сворачивают все события в свой файл; если KRANHUB_READMODEL_URL указывает на сервер баз данных, машины делят "
    "работу.",
)


@click.group(help=str(_HELP))
def views() -> None:
    """Group the views' commands."""


@views.command("run", help=str(_RUN))
@instance_option
@metrics_option
def run(instance: str, metrics_port: int | None) -> None:
    """Run the views until asked to stop. A database, a registry or a Kafka that is away ends it with exit code 3.

    The supervisor starts it again, and it goes on where the read model stands.
    """
    logs.identify(f"views {instance}")
    settings = Settings()
    metrics_server.serve(settings.metrics_host, metrics_port)
    _make_folder(settings)
    single_instance.require_own(settings, timeline_app.member(settings, instance))
    asyncio.run(_run(settings, instance))


def _make_folder(settings: Settings) -> None:
    """Make the folder that Faust wants. Raises `Unavailable` for a full disk, `Misconfigured` for one that refuses."""
    try:
        (settings.data_dir / "views").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if disk.is_full(error):
            raise Unavailable(disk.waits(settings.data_dir)) from error
        raise disk.failure(settings.data_dir, error) from error


_FORGET = Text(
    en="Take a view that runs nowhere any more out of the status: GROUP as `kranhub status` names it, such as "
    "views.timeline.MACHINE. Its read model stays.",
    ru="Убрать из status представление, которое больше нигде не работает: GROUP, как его называет `kranhub status` "
    "(views.timeline.МАШИНА). Витрина данных остаётся.",
)


@views.command("forget", help=str(_FORGET))
@click.argument("group", metavar="GROUP")
@output_option
def forget(group: str, output: str) -> None:
    """Exit 0 when it is forgotten, 1 when it is not known or runs."""
    lag.forget(Settings(), group)
    if output == "json":
        emit({"forgotten": group})
    else:
        click.echo(str(Text(en=f"{group} is forgotten.", ru=f"{group} забыта.")))


async def _run(settings: Settings, instance: str) -> None:
    engine = tables.open_engine(settings)
    tables.create(engine)
    REGISTRY.register(OrderMetrics(engine, topics.hub(settings.namespace, "events")))
    loop = asyncio.get_running_loop()
    asked: asyncio.Future[None] = loop.create_future()

    def end(error: BaseException | None = None) -> None:
        if not asked.done():
            asked.set_exception(error) if error else asked.set_result(None)

    signals.on_request(lambda: loop.call_soon_threadsafe(end))
    with Registry(endpoints(settings).registry_url) as registry:
        app = timeline_app.make(settings, Timeline(settings, Codec(registry), engine), instance, end)
        try:
            await _until_over(app, asked)
        finally:
            engine.dispose()


async def _until_over(app: faust.App, asked: "asyncio.Future[None]") -> None:
    """Run the app until it is asked to stop; stop it, whatever ended it, in bounded time. Raises as `shutdown.over`."""
    log.info("views starting", group=app.conf.id)
    failure: KranhubError | None = None
    try:
        await shutdown.over(app, asked)
    except KranhubError as error:
        failure = error
        raise
    finally:
        shutdown.within(shutdown.GRACE_S, failure)
        await app.stop()
        log.info("views stopped")
