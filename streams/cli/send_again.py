"""``kranhub send-again``: a dead letter, a document, or everything since a time, written again under its own id."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from kranhub.cli.main import emit, output_option
from kranhub.errors import Misconfigured
from kranhub.settings import Settings, endpoints
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry
from streams.admin import producing, resend, send_again_texts
from streams.admin.resend import Copy, LeftOut
from streams.admin.resend_selection import Selection, find
from streams.cli import tables


def _time(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(str(send_again_texts.BAD_TIME)) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


@click.command("send-again", help=str(send_again_texts.HELP))
@click.argument("dead_letters", nargs=-1, metavar="[LETTER]...")
@click.option("--document", "documents", multiple=True, metavar="MEMBER/TYPE/KEY", help=str(send_again_texts.DOCUMENT))
@click.option("--since", metavar="TIME", callback=_time, help=str(send_again_texts.SINCE))
@click.option("--documents", "every", is_flag=True, help=str(send_again_texts.EVERY))
@click.option("--member", metavar="M", help=str(send_again_texts.MEMBER))
@click.option("--code", metavar="CODE", help=str(send_again_texts.CODE))
@click.option("--yes", is_flag=True, help=str(send_again_texts.YES))
@output_option
def send_again(yes: bool, output: str, **given: Any) -> None:
    """List what would be written; with ``--yes`` write it. What is named and cannot be sent is refused, exit 4."""
    chosen = Selection(**given)
    if sum(bool(way) for way in (chosen.dead_letters, chosen.documents, chosen.since)) != 1:
        raise click.UsageError(str(send_again_texts.ONE))
    if chosen.every and chosen.since is None:
        raise click.UsageError(str(send_again_texts.EVERY_SINCE))
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        copies, left_out = find(settings, Codec(registry), chosen)
        if left_out and chosen.since is None:
            raise Misconfigured(left_out[0].reason)
        if yes:
            producing.write(settings, [resend.raw(copy) for copy in copies])
    if output == "json":
        emit(_as_json(copies, left_out, sent=yes))
    else:
        _show(copies, left_out, sent=yes)


def _as_json(copies: Sequence[Copy], left_out: Sequence[LeftOut], *, sent: bool) -> dict[str, Any]:
    return {
        "sent": sent,
        "count": len(copies),
        "records": [
            {
                "topic": copy.topic,
                "key": copy.key.decode("utf-8", "replace"),
                "event_id": copy.event_id,
                "type": copy.type,
                "letter": copy.dead_letter_id,
                "code": copy.code,
            }
            for copy in copies
        ],
        "left_out": [{"name": one.name, "reason": one.reason.as_map()} for one in left_out],
    }


def _show(copies: Sequence[Copy], left_out: Sequence[LeftOut], *, sent: bool) -> None:
    if copies:
        tables.show(send_again_texts.HEADINGS, (_cells(copy) for copy in copies))
    for one in left_out:
        click.echo(f"{send_again_texts.LEFT_OUT} {one.name}: {one.reason}")
    click.echo(str(send_again_texts.total(len(copies), sent=sent)))


def _cells(copy: Copy) -> tuple[str, ...]:
    key = copy.key.decode("utf-8", "replace")
    return copy.topic, key, copy.event_id, copy.type.removeprefix("kranhub."), copy.code or "-"
