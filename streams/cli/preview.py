"""What a publication would do, shown to a person or a script before anything is written."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import click

from kranhub.cli.main import emit
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire.codec import Codec
from streams.admin import impact, publish, rules_texts
from streams.admin.impact import Impact
from streams.admin.publish import Known
from streams.routing.masterdata.difference import Change
from streams.routing.masterdata.entries import PUBLICATION
from streams.routing.masterdata.masterdata import MasterData

Command = Callable[..., Any]

REFUSED = 5
"""The exit code of a preview of a publication that would be refused."""

_FORCE = Text(
    en="publish although open orders name who leaves, or several members leave at once",
    ru="опубликовать, хотя открытые заказы называют уходящего участника или уходят сразу несколько",
)
_DRY_RUN = Text(
    en="say what publishing would change, create and put on hold; write nothing",
    ru="показать, что публикация изменит, создаст и остановит; ничего не записывать",
)
_CREATED = Text(en="topics to be created", ru="будут созданы топики")
_WOULD_BE_REFUSED = Text(en="It would be refused:", ru="Будет отклонено:")


def options(command: Command) -> Command:
    """Add ``--dry-run`` and ``--force`` to a command that publishes, as the arguments ``dry_run`` and ``force``."""
    command = click.option("--force", is_flag=True, help=str(_FORCE))(command)
    return click.option("--dry-run", is_flag=True, help=str(_DRY_RUN))(command)


def of(settings: Settings, codec: Codec, known: Known, master: MasterData) -> Impact:
    """Return what publishing would do.

    Args:
        settings: The installation's settings.
        codec: What decodes the hub's records.
        known: What is published.
        master: The master data to publish.

    Raises:
        NotPublished: For master data that are older, or a rule's old version.
        Unavailable: When Kafka or the registry is away.
    """
    return impact.of(settings, codec, known, publish.changes(known, master), master)


def show(found: Impact, known: Known, master: MasterData, output: str, *, force: bool) -> None:
    """Write the preview; exit 5 where publishing with the same options would be refused.

    Args:
        found: What publishing would do.
        known: What is published.
        master: The master data to publish.
        output: json, or text for a person.
        force: Whether the publication would be forced.
    """
    objections = [*found.refusals, *(() if force else found.objections)]
    closing = known.get(PUBLICATION)
    before = closing.version if closing else None
    if output == "json":
        emit(_as_json(found, before, master.version, objections))
    else:
        click.echo(str(rules_texts.versions(before, master.version)))
        for line in (*lines(found.changes), *_topics(found.topics)):
            click.echo(line)
        for text in (_WOULD_BE_REFUSED, *objections) if objections else ():
            click.echo(str(text))
    if objections:
        sys.exit(REFUSED)


def lines(changes: Sequence[Change]) -> list[str]:
    """Return what changes, for a person; that nothing does, where nothing does."""
    return [line for change in changes for line in rules_texts.change(change)] or [str(rules_texts.SAME)]


def as_json(change: Change) -> dict[str, Any]:
    """Return a change for a script."""
    return {**asdict(change), "what": str(change.what)}


def _as_json(found: Impact, before: int | None, after: int, objections: Sequence[Text]) -> dict[str, Any]:
    return {
        "version": {"published": before, "files": after},
        "changes": [as_json(change) for change in found.changes],
        "topics": list(found.topics),
        "leaving": asdict(found.leaving),
        "concerns": [asdict(concern) for concern in found.concerns],
        "refused": [text.as_map() for text in objections],
    }


def _topics(names: Sequence[str]) -> list[str]:
    return [f"{_CREATED}: {len(names)}", *(f"  {name}" for name in names)] if names else []
