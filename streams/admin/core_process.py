"""One process of the core: it publishes the files, then runs its stages, each in a thread, until it is stopped."""

import os
import queue
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import partial

import structlog

from kranhub.broker import admin, topics
from kranhub.errors import KranhubError, Misconfigured
from kranhub.operations import logs, metrics_server, open_files, recovery, single_instance
from kranhub.operations import signals as stopping_signals
from kranhub.operations.failure_report import report_failure
from kranhub.settings import Settings, endpoints
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry
from streams.admin import masterdata_files, recovery_job, state_versions
from streams.admin.publish import NotPublished, publish_masterdata
from streams.admin.recovery_job import Job
from streams.processor import Processor, Stage
from streams.processor.kafka import clients
from streams.processor.state.garbage_collection import spare_what_lives
from streams.routing.masterdata import masterdata
from streams.routing.masterdata.masterdata import MasterData
from streams.stages import STAGES
from streams.stages.planner import Planner
from streams.tick_source import beat

log = structlog.get_logger()


def _stage(name: str, settings: Settings, codec: Codec, recovery_id: str | None) -> Stage:
    return Planner(settings, codec, recovery_id) if name == "planner" else STAGES[name](settings, codec)


SENDING = ("dispatch", "clock", "beat")
"""The stages that wait until the hub has read again what the ERPs hold."""


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


def master_data(settings: Settings) -> MasterData:
    """Return the files' master data; what a person should look at is logged."""
    master = masterdata_files.load(settings)
    for gap in masterdata.gaps(master):
        log.warning("master data", reason=str(gap))
    return master


def _publish(settings: Settings, codec: Codec, master: MasterData) -> None:
    """Publish what has changed; where that is refused, log it: the core then works by what is published."""
    try:
        log.info("master data published", entries=publish_masterdata(settings, codec, master))
    except NotPublished as refused:
        log.warning("master data not published", reason=str(refused))


TOPICS_S = 10.0
"""How long topics may be missing: a broker that has just started does not report all of them at once."""


def _require_topics(settings: Settings, master: MasterData, stages: Sequence[Stage]) -> None:
    """Require the hub's own topics; those of members are created with the publication.

    A namespace that lacks some may be of another release, which had fewer: then its state is the reason to stop.
    """
    deadline, own = time.monotonic() + TOPICS_S, topics.hub(settings.namespace, "")
    while missing := [name for name in admin.missing_topics(settings, master.members) if name.startswith(own)]:
        if time.monotonic() < deadline:
            time.sleep(1)
            continue
        state_versions.require(settings, stages)
        raise Misconfigured(admin.missing_text(missing))


SWITCH_S = 0.02
"""How long a stage's thread may keep Python's interpreter lock while others wait for it, in seconds.

With Python's own 5 ms six busy stages change places so often that the full path is 6 % slower, measured in one run.
"""

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
    """Raise the error; where a job still waits for a broker, report it and end the process without waiting further."""
    if not stuck or not isinstance(error, KranhubError):
        raise error
    report_failure(error)
    os._exit(error.exit_code)


def run(settings: Settings, names: Sequence[str], instance: str, metrics_port: int | None) -> None:
    """Run stages until a signal stops this process; the first error of a stage ends it.

    Args:
        settings: The installation's settings.
        names: The stages to run.
        instance: The worker's name among all workers of the hub.
        metrics_port: Where /metrics is served; None for nowhere.

    Raises:
        Misconfigured: A person must act: files, topics, or another process of this name.
        Unavailable: Kafka or the registry is away.
    """
    logs.identify(f"core {instance}")
    open_files.require("kranhub", open_files.CORE)
    master = master_data(settings)
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        _require_topics(settings, master, [STAGES[name](settings, codec) for name in names])
        _publish(settings, codec, master)
        metrics_server.serve(settings.metrics_host, metrics_port)
        restored = recovery.ensured(settings, codec)
        under_way = restored.recovery_id if restored is not None and restored.is_open else None
        stages = [_stage(name, settings, codec, under_way) for name in names]
        single_instance.require_own(settings, dict(clients.member(settings, stage.name, instance) for stage in stages))
        spare_what_lives()
        sys.setswitchinterval(SWITCH_S)
        log.info("core started", stages=[stage.name for stage in stages], instance=instance, recovering=under_way)
        jobs: dict[str, Job] = {stage.name: Processor(stage, settings, codec, instance).run for stage in stages}
        if "clock" in jobs:
            jobs["beat"] = partial(beat, settings, codec, instance)
        _run(_recovering(jobs, settings, codec, master, under_way) if under_way else jobs)
