"""Reports why a process ends: on standard error, and to its supervisor."""

from kranhub.errors import KranhubError
from kranhub.operations import logs, parent_watch


def report_failure(error: KranhubError) -> None:
    """Report why this process ends: on standard error, and to its supervisor."""
    logs.say(str(error), exit_code=error.exit_code)
    parent_watch.report(str(error))
