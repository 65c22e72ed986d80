"""Options that the commands of core and views share."""

import platform
import re

import click

from kranhub.text import Text

_INSTANCE = Text(
    en="this worker's own name among all workers of the hub, the machine's name by default; the same name again takes "
    "over from the former process",
    ru="имя этого процесса среди всех процессов центра, по умолчанию имя машины; повторный запуск под тем же именем "
    "сменяет прежний",
)

_MACHINE = Text(en="the machine's name", ru="имя машины")

_CHARACTERS = Text(
    en="letters A to Z, digits, - and _ only, 100 at most", ru="только латинские буквы, цифры, - и _, не более 100"
)


def default_instance() -> str:
    """Return this machine's name in the characters that Kafka takes: static membership and fencing hang on it."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", platform.node()) or "0"


def _checked(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", value):
        raise click.BadParameter(str(_CHARACTERS))
    return value


instance_option = click.option(
    "--instance",
    default=default_instance,
    show_default=str(_MACHINE),
    envvar="KRANHUB_CORE_INSTANCE",
    metavar="NAME",
    callback=_checked,
    help=str(_INSTANCE),
)
