"""Codes that no stage of the hub has: a test refuses documents for reasons of its own."""

from kranhub.errors import Code


class Refusal(Code):
    """Why a test's stage refuses a document."""

    NO_GOOD = "no-good"
    REFUSED = "refused"
    TOO_LONG = "too-long"
    X = "x"
