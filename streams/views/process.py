"""The process of the views: it runs the Faust app until a signal stops it."""

import asyncio

import faust
import structlog
from prometheus_client import REGISTRY

from kranhub.broker import topics
from kranhub.errors import KranhubError, Unavailable
from kranhub.operations import disk, logs, metrics_server, signals, single_instance
from kranhub.readmodel import tables
from kranhub.settings import Settings, endpoints
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry
from streams.views import app as timeline_app
from streams.views import shutdown
from streams.views.app import Timeline
from streams.views.order_metrics import OrderMetrics

log = structlog.get_logger()


def _make_folder(settings: Settings) -> None:
    """Make the folder that Faust wants. Raises `Unavailable` for a full disk, `Misconfigured` for one that refuses."""
    try:
        (settings.data_dir / "views").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if disk.is_full(error):
            raise Unavailable(disk.waits(settings.data_dir)) from error
        raise disk.failure(settings.data_dir, error) from error


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
    """Run the app until a signal stops it; stop it, whatever ended it, in bounded time. Raises as `shutdown.over`."""
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


def run(settings: Settings, instance: str, metrics_port: int | None) -> None:
    """Run the views until a signal stops them.

    Args:
        settings: The installation's settings.
        instance: The process' name among all processes of the views.
        metrics_port: Where /metrics is served; None for nowhere.

    Raises:
        Unavailable: Where a database, a registry or Kafka is away.
    """
    logs.identify(f"views {instance}")
    metrics_server.serve(settings.metrics_host, metrics_port)
    _make_folder(settings)
    single_instance.require_own(settings, timeline_app.member(settings, instance))
    asyncio.run(_run(settings, instance))
