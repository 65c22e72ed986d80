"""The texts about a source whose ``read()`` ended although it must not, or was ended by one document."""

import hashlib

from connectors.runtime.configuration import Loaded
from kranhub.connector import Checkpoint, Unreadable
from kranhub.errors import InvalidDocument
from kranhub.text import Text

_AGAIN = Text(
    en="It is read again after a while, from what was committed.",
    ru="Чтение повторится через некоторое время с подтверждённого места.",
)


def returned(loaded: Loaded) -> Text:
    """Return the text about a ``read()`` that returned."""
    who = f"{loaded.member.id}/{loaded.name}"
    return Text(
        en=f"read() of the connector {who} returned. The contract wants it to poll without an end and to yield "
        "Progress after every poll; its author must correct it (docs/connector-guide.md).",
        ru=f"read() коннектора {who} завершился. По договору он опрашивает систему без конца и после каждого опроса "
        "выдаёт Progress; исправить должен автор коннектора (docs/connector-guide.md).",
    ).then(_AGAIN)


def by_document(loaded: Loaded, error: InvalidDocument, last: str) -> Text:
    """Return the text about a ``read()`` that one document ended: nothing behind it can be read.

    Args:
        loaded: The connector.
        error: What is wrong with the document.
        last: The last document before it; empty for none.
    """
    who = f"{loaded.member.id}/{loaded.name}"
    return Text(
        en=f"read() of the connector {who} was ended by one document{_behind(last).en}: {error.text.en} "
        f"({error.code}). What lies behind it waits. Correct the document in the ERP; the connector's author "
        "must yield Unreadable for it instead of raising (docs/connector-guide.md).",
        ru=f"read() коннектора {who} прерван одним документом{_behind(last).ru}: {error.text.ru} ({error.code}). То, "
        "что за ним, ждёт. Исправьте документ в учётной системе; автор коннектора должен выдавать для него Unreadable, "
        "а не исключение (docs/connector-guide.md).",
    ).then(_AGAIN)


def dead_letter(loaded: Loaded, error: InvalidDocument, last: str, checkpoint: Checkpoint) -> Unreadable:
    """Return the document that ended ``read()`` as far as it is known: its reason, and which one came before it.

    Args:
        loaded: The connector.
        error: What is wrong with the document.
        last: The last document before it; empty for none.
        checkpoint: The last checkpoint before it.
    """
    reason = Text(
        en=f"{error.text.en} The document is not named by the connector; it ended read(){_behind(last).en}.",
        ru=f"{error.text.ru} Коннектор не назвал документ; чтение прервалось{_behind(last).ru}.",
    )
    digest = hashlib.sha256(f"{error.code}/{reason.en}".encode("utf-8", "replace")).hexdigest()[:16]
    name = f"{loaded.member.id}/Unknown/{loaded.name}/0/{digest}"
    return Unreadable(name, "", None, error.code, reason.as_map(), b"", checkpoint)


def _behind(last: str) -> Text:
    if not last:
        return Text(en=", before any other", ru=" до всех остальных")
    return Text(en=f", right after {last}", ru=f" сразу после {last}")
