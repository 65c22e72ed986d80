"""The version of a stage's state: a release reads its own alone."""

from kranhub.errors import Misconfigured
from kranhub.text import Text


def require(place: str, found: int | None, known: int) -> None:
    """Require that a partition's state has the version that this release reads, or that there is none yet.

    Args:
        place: The changelog's partition, for the error.
        found: The version that the changelog names; None where nothing was written yet.
        known: The version that the stage reads.

    Raises:
        Misconfigured: It has another version.
    """
    if found not in (None, known):
        raise Misconfigured(_other_version(place, found or 0, known))


def _other_version(place: str, found: int, known: int) -> Text:
    return Text(
        en=f"{place} holds state of version {found}; this release reads version {known}. Install the release that "
        "wrote it, or begin anew in another namespace, as docs/upgrading.md says.",
        ru=f"{place}: состояние версии {found}, а этот выпуск читает версию {known}. Установите выпуск, который его "
        "записал, или начните сначала в другом пространстве имён, как сказано в docs/ru/upgrading.md.",
    )
