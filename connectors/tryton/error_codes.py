"""The codes of documents that the connector cannot take: docs/delivery.md has the remedy of each."""

from kranhub.errors import Code


class TrytonCode(Code):
    """Why a record of Tryton is no document, beside `DocumentCode`."""

    AMBIGUOUS_ITEM = "ambiguous-item"
    AMBIGUOUS_REFERENCE = "ambiguous-reference"
    LINE_WITHOUT_ITEM = "line-without-item"
    MARK_REMOVED = "mark-removed"
    NO_REQUESTED_DATE = "no-requested-date"
    NOT_READABLE = "not-readable"
    STRANGE_VALUE = "strange-value"
