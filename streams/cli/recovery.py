"""``kranhub recovery``: how far the hub is after a restore, and what a person decides about it."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

import click

from kranhub.cli.main import FINDINGS, emit, output_option
from kranhub.errors import Failed
from kranhub.operations import recovery
from kranhub.operations.recovery import Reports
from kranhub.parties import members
from kranhub.settings import Settings, endpoints
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry
from streams.admin import recovery_control, recovery_texts


@click.group("recovery", help=str(recovery_texts.GROUP))
def recovery_group() -> None:
    """Group the commands of a recovery."""


@recovery_group.command("status", help=str(recovery_texts.STATUS))
@output_option
def status(output: str) -> None:
    """Exit 0 when nothing recovers, 5 while it does."""
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        found = recovery.ensured(settings, codec)
        reports = recovery_control.reports(settings, codec, found) if found and found.is_open else Reports()
    if output == "json":
        emit(recovery_texts.as_json(found, reports))
    else:
        click.echo("\n".join(str(line) for line in recovery_texts.lines(found, reports)))
    if found is not None and found.is_open:
        raise SystemExit(FINDINGS)


@recovery_group.command("finish", help=str(recovery_texts.FINISH))
@click.option("--without", multiple=True, metavar="MEMBER", help=str(recovery_texts.WITHOUT))
@click.option("--without-all", is_flag=True, help=str(recovery_texts.ALL))
@output_option
def finish(without: Sequence[str], without_all: bool, output: str) -> None:
    """Let the hub continue without the reports of some members; the core does so by itself within seconds."""
    settings = Settings()
    companies = members.load(settings.required("members_file"))
    recovery_control.require_known(without, companies)
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        found = recovery.ensured(settings, codec)
        if found is None or not found.is_open:
            raise Failed(recovery_texts.NOTHING)
        missing = {task.member for task in recovery_control.reports(settings, codec, found).missing(found.without)}
        named = sorted({*found.without, *without, *(missing if without_all else ())})
        if not without and not without_all:
            raise click.UsageError(str(recovery_texts.NAME_THEM))
        recovery.write(settings, codec, replace(found, without=tuple(named)))
    if output == "json":
        emit({"recovery_id": found.recovery_id, "without": named})
    else:
        click.echo(str(recovery_texts.going_on(", ".join(named))))


@recovery_group.command("begin", help=str(recovery_texts.BEGIN))
@output_option
def begin(output: str) -> None:
    """Write that a recovery begins; the core reads it when it starts."""
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        found = recovery.ensured(settings, codec)
        if found is not None and found.is_open:
            raise Failed(recovery_texts.ALREADY)
        recovery.begin(settings, codec, uuid.uuid4().hex[:12])
        begun = recovery.current(settings, codec)
    if output == "json":
        emit(recovery_texts.as_json(begun, Reports()))
    else:
        click.echo("\n".join(str(line) for line in recovery_texts.lines(begun, Reports())))
