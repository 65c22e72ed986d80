"""The codes of documents that the connector cannot take: docs/delivery.md has the remedy of each."""

from kranhub.errors import Code


class SqlCode(Code):
    """Why a row is no document, or a plant order cannot be written, beside `DocumentCode`."""

    DIFFERENT_UNITS = "different-units"
    DOES_NOT_FIT = "does-not-fit"
    LINE_ID_NOT_A_NUMBER = "line-id-not-a-number"
    MISSING_VALUE = "missing-value"
    NEGATIVE_QUANTITY = "negative-quantity"
    TWO_ROWS_ONE_KEY = "two-rows-one-key"
    UNMAPPED_CURRENCY = "unmapped-currency"
    UNMAPPED_VALUE = "unmapped-value"
