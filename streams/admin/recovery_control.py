"""What a person decides about a recovery, and how far it is."""

from collections.abc import Sequence
from contextlib import closing

from kranhub.errors import Failed
from kranhub.operations.recovery import Recovery, Reports
from kranhub.parties import members
from kranhub.parties.members import Members
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire.codec import Codec
from streams.admin.recovery_job import Listener


def reports(settings: Settings, codec: Codec, found: Recovery) -> Reports:
    """Return what the connectors have reported so far.

    Args:
        settings: The installation's settings.
        codec: What decodes the hub's records.
        found: The recovery that is open.

    Raises:
        Unavailable: When Kafka or the registry is away.
    """
    known = Reports()
    with closing(Listener(settings, codec, members.load(settings.required("members_file")))) as listener:
        for message in listener.new_messages():
            known = known.take(message, found)
    return known


def require_known(names: Sequence[str], companies: Members) -> None:
    """Require that each name is a member's.

    Raises:
        Failed: For a name that is not.
    """
    for name in names:
        if name not in companies.by_id:
            raise Failed(
                Text(en=f"There is no member {name}. Look into the members file.", ru=f"Участника {name} нет.")
            )
