"""``kranhub rules``: the files that routing follows, checked, compared, tried out and published."""

import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from kranhub.cli.main import emit, output_option
from kranhub.errors import Misconfigured
from kranhub.settings import Settings, endpoints
from kranhub.wire.codec import Codec
from kranhub.wire.messages import AuditEntry, Subject
from kranhub.wire.plain_json import plain
from kranhub.wire.registry import Registry
from streams.admin import history, masterdata_files, producing, published, rules_texts
from streams.admin import publish as publishing
from streams.admin.producing import Row
from streams.admin.publish import Known
from streams.cli import orders, preview
from streams.routing.masterdata import difference, entries, rule_check
from streams.routing.masterdata.entries import PUBLICATION, Entry
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.rule_check import Finding
from streams.routing.replay.what_if import Differences, Gaps, compare, replay, unknown

FINDINGS = 5
"""The exit code where there are findings."""

RETENTION_DAYS = 30
"""How far back hub.work goes (`topics`)."""

Command = Callable[..., Any]


@click.group(help=str(rules_texts.HELP))
def rules() -> None:
    """Group the commands about the files of the master data."""


def _files(command: Command) -> Command:
    """Give the command ``master``: the files as the settings or the options name them, validated."""

    def with_master(
        members: Path | None,
        nomenclature: Path | None,
        rules: Path | None,
        calendars: Path | None,
        rates: Path | None,
        **given: Any,
    ) -> None:
        options = {
            "members_file": members,
            "nomenclature_file": nomenclature,
            "rules_file": rules,
            "calendars_file": calendars,
            "rates_file": rates,
        }
        named = {name: path for name, path in options.items() if path is not None}
        command(master=masterdata_files.load(Settings(**named)), **given)

    wrapped: Command = with_master
    wrapped.__doc__ = command.__doc__
    for name, help_text in (
        ("rates", rules_texts.RATES),
        ("calendars", rules_texts.CALENDARS),
        ("rules", rules_texts.RULES),
        ("nomenclature", rules_texts.NOMENCLATURE),
        ("members", rules_texts.MEMBERS),
    ):
        kind = click.Path(path_type=Path, dir_okay=False)
        wrapped = click.option(f"--{name}", type=kind, metavar="FILE", help=str(help_text))(wrapped)
    return wrapped


@contextmanager
def _hub() -> Iterator[tuple[Settings, Codec]]:
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        yield settings, Codec(registry)


@rules.command("check", help=str(rules_texts.CHECK))
@output_option
@_files
def check(master: MasterData, output: str) -> None:
    """List the findings; exit 5 where there is one.

    Raises:
        Misconfigured: For a mistake in the files.
    """
    found = rule_check.findings(master)
    if output == "json":
        emit({"version": master.version, "ok": not found, "findings": [_finding(each) for each in found]})
    else:
        _list(found)
        click.echo(str(rules_texts.sound(master, len(found))))
    if found:
        sys.exit(FINDINGS)


def _finding(found: Finding) -> dict[str, Any]:
    return {"code": found.code, "subject": found.subject, "text": found.text.as_map()}


def _list(found: Sequence[Finding], *, err: bool = False) -> None:
    for finding in found:
        click.echo(f"- {finding.text}", err=err)


@rules.command("diff", help=str(rules_texts.DIFF))
@output_option
@_files
def diff(master: MasterData, output: str) -> None:
    """Say what publishing would change."""
    with _hub() as (settings, codec):
        known = published.read(settings, codec)
    changes = difference.differences(known.values(), entries.entries(master))
    if output == "json":
        emit({"version": _versions(known, master), "changes": [preview.as_json(change) for change in changes]})
        return
    click.echo(str(rules_texts.versions(_version(known), master.version)))
    click.echo("\n".join(preview.lines(changes)))


def _version(known: Known) -> int | None:
    closing = known.get(PUBLICATION)
    return closing.version if closing else None


def _versions(known: Known, master: MasterData) -> dict[str, int | None]:
    return {"published": _version(known), "files": master.version}


@rules.command("what-if", help=str(rules_texts.WHAT_IF))
@click.option(
    "--since",
    type=click.IntRange(1, RETENTION_DAYS),
    default=RETENTION_DAYS,
    show_default=True,
    metavar="DAYS",
    help=str(rules_texts.SINCE),
)
@click.option("--orders", "count", type=click.IntRange(1), metavar="N", help=str(rules_texts.ORDERS))
@output_option
@_files
def what_if(master: MasterData, since: int, count: int | None, output: str) -> None:
    """Replay the recorded orders twice and show what differs.

    Raises:
        Failed: Where nothing is published.
    """
    with _hub() as (settings, codec):
        known = published.read(settings, codec)
        before, after = published.master_of(known), published.master_of(known, master)
        events = history.events(settings, codec, datetime.now(UTC) - timedelta(days=since), count)
    gaps = unknown(events, before)
    found = compare(replay(events, before, gaps.opening), replay(events, after, gaps.opening))
    if output == "json":
        emit({"version": _versions(known, master), **_as_json(found), "not_known": _gaps(gaps)})
    elif not found.orders:
        click.echo(str(rules_texts.NO_ORDERS))
    else:
        click.echo(str(rules_texts.versions(_version(known), master.version)))
        for placement in found.moved:
            click.echo(str(rules_texts.placement_changed(placement, before, after)))
        for date in found.shifted:
            click.echo(str(rules_texts.date_changed(date)))
        click.echo(str(rules_texts.totals(found)))
        for text in (rules_texts.SIMULATION, *rules_texts.not_known(gaps)):
            click.echo(str(text))


def _gaps(gaps: Gaps) -> dict[str, Any]:
    stocks = [{**key._asdict(), "quantity": quantity} for key, quantity in sorted((gaps.opening or {}).items())]
    found: dict[str, Any] = plain(
        {"since": gaps.since, "stocks": stocks, "reservations": gaps.answers, "differing": gaps.differing}
    )
    return found


def _as_json(found: Differences) -> dict[str, Any]:
    counts = ("orders", "lines", "orders_moved", "newly_held", "later", "earlier")
    return {
        "totals": {name: getattr(found, name) for name in counts},
        "moved": [plain(asdict(change)) for change in found.moved],
        "shifted": [plain(asdict(change)) for change in found.shifted],
        "simulation": rules_texts.SIMULATION.as_map(),
    }


@rules.command("publish", help=str(rules_texts.PUBLISH))
@orders.reason_option
@orders.actor_option
@preview.options
@output_option
@_files
def publish(master: MasterData, reason: str, actor: str, output: str, *, dry_run: bool, force: bool) -> None:
    """Write the audit, publish what differs, and list it.

    Raises:
        Misconfigured: For what cannot be published.
    """
    _list(rule_check.findings(master), err=True)
    with _hub() as (settings, codec):
        known = published.read(settings, codec)
        changed = publishing.changes(known, master)
        before = _version(known)
        if changed and before == master.version:
            raise Misconfigured(rules_texts.same_version(master.version))
        found = preview.of(settings, codec, known, master)
        if dry_run:
            preview.show(found, known, master, output, force=force)
            return
        publishing.require(found.leaving, found.concerns, force=force)
        if changed:
            row = _audit(changed, before, master, {"actor": actor, "reason": reason})
            producing.send(settings, codec, [row], "rules")
        count = publishing.publish_masterdata(settings, codec, master, force=force)
    if output == "json":
        as_json = [preview.as_json(change) for change in found.changes]
        emit({"published": count, "version": _versions(known, master), "changes": as_json})
        return
    click.echo("\n".join(preview.lines(found.changes)))
    if changed:
        click.echo(str(rules_texts.published(count, before, master.version)))


def _audit(changed: Sequence[Entry], before: int | None, master: MasterData, who: dict[str, str]) -> Row:
    """Return the audit's entry, written before anything is published: the same where publishing is repeated."""
    content = repr([(entry.place, entry.content) for entry in changed])
    number = f"PUBLISH/{master.version}/{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    value: AuditEntry = {
        "entry_id": number,
        "actor": who["actor"],
        "reason": who["reason"],
        "action": "PUBLISH",
        "subject": "masterdata",
        "before": None if before is None else str(before),
        "after": str(master.version),
        "at": datetime.now(UTC),
    }
    return Row("audit", "masterdata", Subject.AUDIT_ENTRY, value, f"hub/AuditEntry/{number}")
