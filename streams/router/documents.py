"""Which document of an ERP stands behind what the hub knows: two of them under one key are never taken for one."""

from kranhub import identifiers
from kranhub.errors import InvalidDocument
from kranhub.text import Text

TWO = "two-documents"


def same(known: str | None, event_id: str, key: str) -> str | None:
    """Return the document that stands behind the key once this event is taken.

    ``known`` is the one so far. Raises `InvalidDocument` (``two-documents``) where the event is another document's. An
    event whose id names no document (`identifiers.document_of`) is taken as it is.
    """
    came = identifiers.document_of(event_id)
    if came is None:
        return known
    if known not in (None, came):
        raise InvalidDocument(TWO, _two(key, f"{known}", came))
    return came


def _two(key: str, known: str, came: str) -> Text:
    return Text(
        en=f"Two documents of the ERP have the key {key!r}: {known}, which the hub follows, and {came}, which is not "
        "taken. Give one of them a key, number or reference of its own in the ERP, or tell the connector a column that "
        "is unique.",
        ru=f"Под ключом {key!r} в учётной системе два документа: {known}, за которым следит центр, и {came}, который "
        "не принят. Дайте одному из них свой ключ, номер или ссылку в учётной системе либо укажите коннектору "
        "уникальный столбец.",
    )
