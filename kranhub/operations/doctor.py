"""What `kranhub doctor` checks: Python, the files, the brokers, and what the local stack needs of this machine."""

import sys

from pydantic import BaseModel

from kranhub.broker import admin
from kranhub.errors import Failed, KranhubError
from kranhub.operations import probe
from kranhub.operations.local_stack import Check, local_stack
from kranhub.parties import members
from kranhub.settings import Settings, endpoints, is_external
from kranhub.text import Text


class CheckResult(BaseModel):
    """One check's result. ``finding`` explains what is wrong and what to do; it is None when all is well."""

    check: str
    ok: bool
    finding: str | None = None


def run(checks: list[Check]) -> list[CheckResult]:
    """Run every check; one that fails does not stop the others."""
    return [_result(check) for check in checks]


def checks(settings: Settings) -> list[Check]:
    """Return every check, in the order in which a person wants to read them.

    Raises:
        Misconfigured: The settings name only one of broker and registry.
    """
    return [
        Check("python", Text(en="Python's version", ru="версия Python"), _python),
        Check(
            "members-file",
            Text(en="members file", ru="файл участников"),
            lambda: members.load(settings.required("members_file")),
        ),
        *([] if is_external(settings) else local_stack().checks(settings)),
        Check("broker", Text(en="Kafka", ru="Kafka"), lambda: probe.broker(settings, endpoints(settings).bootstrap)),
        Check(
            "registry",
            Text(en="schema registry", ru="реестр схем"),
            lambda: probe.registry(endpoints(settings).registry_url),
        ),
        Check("topics", Text(en="topics", ru="топики"), lambda: _topics(settings)),
    ]


def _members(settings: Settings) -> members.Members:
    return members.load(settings.required("members_file"))


def _result(check: Check) -> CheckResult:
    try:
        check.run()
    except KranhubError as error:
        return CheckResult(check=check.name, ok=False, finding=str(error))
    return CheckResult(check=check.name, ok=True)


def _python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  (the wheel may be run by an older one by mistake)
        have = ".".join(map(str, sys.version_info[:3]))
        raise Failed(
            Text(
                en=f"Python {have} is too old. Install Python 3.11 or newer and set kranhub up again with it.",
                ru=f"Python {have} слишком стар. Установите Python 3.11 или новее и заново установите kranhub.",
            )
        )


def _topics(settings: Settings) -> None:
    probe.broker(settings, endpoints(settings).bootstrap)  # says at once what the next line would say after 30 s
    missing = admin.missing_topics(settings, _members(settings))
    if missing:
        raise Failed(admin.missing_text(missing))
