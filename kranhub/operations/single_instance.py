"""One process for each name: a process whose name another living process has does not start.

Names make static members of groups (KIP-345) and transactional ids, and with both the last one to start wins: two
processes of one name would end each other for ever. So a process looks first. A member of its name whose process has
ended exists only in the broker's memory, and is taken over at once. A member that cannot be judged from this machine is
waited for: if its process has ended, its session expires.
"""

import os
import socket
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import structlog

from kranhub.broker.admin import admin, described_groups
from kranhub.errors import Misconfigured
from kranhub.settings import Settings
from kranhub.text import Text

log = structlog.get_logger()

SESSION_S = 10.0
"""The session time-out of every named member: after so long without a heartbeat the broker removes it."""
PATIENCE_S = SESSION_S + 5.0
POLL_S = 1.0

Members = Mapping[tuple[str, str], str]
"""The client ids of members that have our name, by group and member id."""


def client_id() -> str:
    """Return this process's client id in Kafka: host, the machine's boot, process id."""
    return f"{socket.gethostname()}/{_boot()}/{os.getpid()}"


def has_ended(client: str) -> bool:
    """Return whether the process of a client id has certainly ended, or is stopped and can do nothing.

    False where that cannot be known: the process is on another machine, of another program, or this is Windows.
    """
    host, boot, pid = _parts(client)
    if (host, boot) != (socket.gethostname(), _boot()) or not pid.isdigit() or os.name == "nt":
        return False
    if int(pid) == os.getpid():  # our own number: in a container every first process has it
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return sys.platform == "linux" and _stands_still(int(pid))


def require_own(
    settings: Settings,
    names: Mapping[str, str],
    text_of: Callable[[str, str], Text] | None = None,
    *,
    patience_s: float = PATIENCE_S,
) -> None:
    """Wait until no other living process has one of these names.

    Args:
        settings: The installation's settings.
        names: The ``group.instance.id`` of this process in each group, by group.
        text_of: Makes the error's text of the name and the other process; None for the text of the core.
        patience_s: How many seconds to wait.

    Raises:
        Misconfigured: Another process still has one of the names.
        Unavailable: The broker is away.
    """
    first = others(settings, names)
    left, deadline = first, time.monotonic() + patience_s
    if left:
        log.info("another process may have this name", processes=sorted(map(_shown, left.values())), wait_s=patience_s)
    while left:
        if time.monotonic() > deadline:
            (group, _), client = next(iter(left.items()))
            raise Misconfigured((text_of or _double)(names[group].removeprefix(f"{group}."), _shown(client)))
        time.sleep(POLL_S)
        left = {place: client for place, client in others(settings, names).items() if place in first}


def others(settings: Settings, names: Mapping[str, str]) -> Members:
    """Return the members that have one of the names and may be alive.

    Raises:
        Unavailable: The broker is away.
    """
    with admin(settings) as client:
        described = described_groups(client, names.__contains__)
    return {
        (group, member["member_id"]): member["client_id"]
        for group, description in described.items()
        for member in description["members"]
        if member.get("group_instance_id") == names[group] and not has_ended(member["client_id"])
    }


def _parts(client: str) -> list[str]:
    return [*client.rsplit("/", 2), "", ""][:3]


def _boot() -> str:
    """Return what differs between machines of the same name, and on Linux also between two boots of one machine."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
    return f"{uuid.getnode():x}"


def _stands_still(pid: int) -> bool:
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] in "TtZX"
    return True


def _shown(client: str) -> str:
    """Return host and process id, by which a person can find the process."""
    host, _, pid = _parts(client)
    return f"{host}/{pid}" if pid else client


def _double(name: str, process: str) -> Text:
    return Text(
        en=f"The instance name {name!r} is that of another process, {process} (host/process). Two of one name would "
        "end each other again and again, so this one does not start. Give each machine and each data folder its own "
        "name: --instance or KRANHUB_CORE_INSTANCE. Where that process is a former one of this machine, end it first.",
        ru=f"Имя экземпляра {name!r} уже у другого процесса: {process} (машина/процесс). Двое с одним именем завершали "
        "бы друг друга снова и снова, поэтому этот не запускается. Задайте каждой машине и каждой папке данных своё "
        "имя: --instance или KRANHUB_CORE_INSTANCE. Если это прежний процесс этой машины, сначала завершите его.",
    )
