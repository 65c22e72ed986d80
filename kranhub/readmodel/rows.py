"""The rows of the read model's timeline."""

from typing import TypedDict


class TimelineRow(TypedDict):
    """One event of an order, as a view adds it: the columns of `tables.timeline` without the row's number."""

    topic: str
    partition: int
    offset: int
    order_key: str
    order_id: str
    order_number: str | None
    event_id: str
    subject: str
    time: str
    """When the hub recorded it: RFC 3339 in UTC with microseconds."""
    text_en: str
    text_ru: str
    value: str
    """The record as JSON (`plain_json`)."""


class StoredRow(TimelineRow):
    """A row with its number in the table."""

    number: int
    """Its place in the table; rises with every row."""
