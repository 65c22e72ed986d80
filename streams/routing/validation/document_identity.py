"""Which document of an ERP stands behind what the hub knows: two of them under one key are never taken for one."""

from kranhub import identifiers
from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.text import Text

TWO_DOCUMENTS = DocumentCode.TWO_DOCUMENTS


def check_document(known: str | None, event_id: str, key: str) -> str | None:
    """Return the document that stands behind the key once this event is taken.

    Args:
        known: The document so far; None before the first.
        event_id: The event's id; one that names no document (`identifiers.document_of`) is taken as it is.
        key: The key, for the text of the refusal.

    Raises:
        InvalidDocument: ``two-documents`` where the event is another document's.
    """
    came = identifiers.document_of(event_id)
    if came is None:
        return known
    if known not in (None, came):
        raise InvalidDocument(TWO_DOCUMENTS, _two(key, f"{known}", came).then(_ANEW))
    return came


def accept_document(known: str | None, event_id: str, key: str) -> str | None:
    """Return which document of a member is followed under the key: the document and the epoch, as one text.

    As `check_document`, but a document of a higher epoch follows one that was deleted: who raises it says that the
    connector reads its ERP again from the beginning.

    Args:
        known: The result of the last event; None before the first.
        event_id: The event's id; one that names no document (`identifiers.document_of`) is taken as it is.
        key: The key, for the text of the refusal.

    Raises:
        InvalidDocument: ``two-documents`` where the event is another document's, of no higher epoch.
    """
    came, epoch = identifiers.document_of(event_id), _epoch(event_id)
    if came is None:
        return known
    before, _, since = (known or "").rpartition("/")
    if before and before != came and epoch <= int(since):
        raise InvalidDocument(TWO_DOCUMENTS, _two(key, before, came).then(_DELETED))
    return f"{came}/{max(epoch, int(since)) if before == came else epoch}"


def _epoch(event_id: str) -> int:
    return int(event_id.split("/")[3]) if identifiers.document_of(event_id) else 0


def _two(key: str, known: str, came: str) -> Text:
    return Text(
        en=f"Two documents of the ERP have the key {key!r}: {known}, which the hub follows, and {came}, which is not "
        "taken. Give one of them a key, number or reference of its own in the ERP, or tell the connector a column that "
        "is unique.",
        ru=f"Под ключом {key!r} в учётной системе два документа: {known}, за которым следит центр, и {came}, который "
        "не принят. Дайте одному из них свой ключ, номер или ссылку в учётной системе либо укажите коннектору "
        "уникальный столбец.",
    )


_ANEW = Text(
    en="An order that was deleted and entered anew needs a key of its own as well.",
    ru="Заказу, который удалили и завели заново, тоже нужен свой ключ.",
)
_DELETED = Text(
    en="Where the first was deleted there, raise `epoch` in the connector's file: then the other is heard.",
    ru="Если первый там удалён, поднимите `epoch` в файле коннектора: тогда будет принят другой.",
)
