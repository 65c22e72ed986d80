"""Errors, one class for each thing that can be done next.

    KranhubError
    |- Misconfigured     a person must change a setting or a file; retrying cannot help      exit 4
    |- Unavailable       a system is away; wait ``retry_after`` seconds and try again        exit 3
    |- InvalidDocument   this document is bad; put it on the dead letters, go on             exit 4
    |- Fenced            a newer instance took over; stop at once                            exit 1
    '- Failed            handled, but not done; the text says what to do next                exit 1

Anything else that is raised is a defect: it is logged with its traceback and the process ends.
"""

from enum import StrEnum
from typing import ClassVar

from kranhub.text import Text


class Code(StrEnum):
    """A stable, machine-readable code that people see. Its `repr` is its text."""

    __repr__ = str.__repr__


class DocumentCode(Code):
    """Why the kernel or the core cannot take a document. What to do about each: docs/delivery.md."""

    ABSURD_DATE = "absurd-date"
    BAD_ACTION = "bad-action"
    BAD_ATTACHMENT = "bad-attachment"
    BAD_CURRENCY = "bad-currency"
    BAD_DATE = "bad-date"
    BAD_DISCOUNT = "bad-discount"
    BAD_EXCHANGE_RATE = "bad-exchange-rate"
    BAD_INCOTERMS = "bad-incoterms"
    BAD_LINE_NUMBER = "bad-line-number"
    BAD_MASTERDATA = "bad-masterdata"
    BAD_NUMBER = "bad-number"
    BAD_QUANTITY = "bad-quantity"
    BAD_TEXT = "bad-text"
    BAD_VAT_RATE = "bad-vat-rate"
    BELOW_MINIMUM_QUANTITY = "below-minimum-quantity"
    BILL_CYCLE = "bill-cycle"
    BILL_MISSING_LEAF = "bill-missing-leaf"
    CLOSED_PLANT_ORDER = "closed-plant-order"
    CODE_TAKEN = "code-taken"
    CONTRADICTORY_VAT = "contradictory-vat"
    DATE_OUT_OF_RANGE = "date-out-of-range"
    DEFECT = "defect"
    EMPTY = "empty"
    FOREIGN_AUTHOR = "foreign-author"
    MALFORMED_AVRO = "malformed-avro"
    NAIVE_DATETIME = "naive-datetime"
    NO_EXCHANGE_RATE = "no-exchange-rate"
    NO_LINES = "no-lines"
    NO_MASTERDATA = "no-masterdata"
    NOT_A_MAKER = "not-a-maker"
    NOT_ADDRESSEE = "not-addressee"
    ORDER_CLOSED = "order-closed"
    PRICE_TOO_SMALL = "price-too-small"
    QUANTITY_STEP = "quantity-step"
    RULE_OVERWRITTEN = "rule-overwritten"
    SCHEMA_MISMATCH = "schema-mismatch"
    SERIAL_NUMBERS_EXCEED_QUANTITY = "serial-numbers-exceed-quantity"
    TOO_LARGE = "too-large"
    TOO_MANY_DIGITS = "too-many-digits"
    TOO_MANY_DISRUPTIONS = "too-many-disruptions"
    TOO_MANY_ELEMENTS = "too-many-elements"
    TWO_DOCUMENTS = "two-documents"
    UNKNOWN_ITEM = "unknown-item"
    UNKNOWN_LINE = "unknown-line"
    UNKNOWN_MEMBER = "unknown-member"
    UNKNOWN_ORDER = "unknown-order"
    UNKNOWN_PLANT_ORDER = "unknown-plant-order"
    UNKNOWN_SCHEMA_ID = "unknown-schema-id"
    UNKNOWN_TOPIC = "unknown-topic"
    UNMAPPED_ITEM = "unmapped-item"
    UNMAPPED_UNIT = "unmapped-unit"
    UNREADABLE_HEADERS = "unreadable-headers"
    WRONG_RECORD = "wrong-record"


class KranhubError(Exception):
    """Base class of every handled error. ``text`` explains to a plant's engineer what to do, in both languages."""

    exit_code: ClassVar[int] = 1

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text

    def __str__(self) -> str:
        return str(self.text)


class Misconfigured(KranhubError):
    """A person must act: a setting, a password or a file is wrong."""

    exit_code = 4


class Unavailable(KranhubError):
    """A system does not answer now; the caller keeps its work and tries again after ``retry_after`` seconds."""

    exit_code = 3

    def __init__(self, text: Text, retry_after: float = 5.0) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class InvalidDocument(KranhubError):
    """One document cannot be taken.

    Attributes:
        code: Stable and machine-readable: a `DocumentCode`, or a connector's own code.
        text: What is wrong, in both languages.
    """

    exit_code = 4

    def __init__(self, code: Code, text: Text) -> None:
        super().__init__(text)
        self.code = code


class Fenced(KranhubError):
    """Another instance with the same transactional id has started; this one must stop."""


class Failed(KranhubError):
    """A handled failure whose text explains the next step."""
