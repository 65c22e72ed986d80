"""Why a process ends: said on standard error, and to its supervisor."""

from kranhub.errors import KranhubError
from kranhub.operations import logs, parent_watch


def report_failure(error: KranhubError) -> None:
    """Say why this process ends: to whoever reads standard error, and to its supervisor."""
    logs.say(str(error), exit_code=error.exit_code)
    parent_watch.report(str(error))
