"""``kranhub doctor``: whether this machine has what kranhub needs."""

import sys
from collections.abc import Iterator, Sequence

import click

from kranhub.cli.main import FINDINGS, emit, output_option
from kranhub.operations import doctor as asking
from kranhub.operations import logs
from kranhub.operations.doctor import CheckResult
from kranhub.operations.local_stack import Check
from kranhub.settings import Settings
from kranhub.text import Text

_HELP = Text(
    en="Check everything that kranhub needs here. Exits 5 when there are findings.",
    ru="Проверить всё, что нужно kranhub на этой машине. Код 5, если есть находки.",
)
_OK, _FAIL = Text(en="ok  ", ru="ок  "), Text(en="FAIL", ru="СБОЙ")


@click.command(help=str(_HELP))
@output_option
def doctor(output: str) -> None:
    """Exit 5 when there are findings."""
    logs.silence_kafka()
    checks = asking.checks(Settings())
    results = asking.run(checks)
    if output == "json":
        emit({"findings": [result.model_dump() for result in results], "ok": all(result.ok for result in results)})
    else:
        click.echo("\n".join(lines(checks, results)))
    if not all(result.ok for result in results):
        sys.exit(FINDINGS)


def lines(checks: Sequence[Check], results: Sequence[CheckResult]) -> Iterator[str]:
    """Yield each check's title and result, followed by what is wrong."""
    for check, result in zip(checks, results, strict=True):
        yield f"{_OK if result.ok else _FAIL} {check.title}"
        yield from (f"     {line}" for line in (result.finding or "").splitlines())
