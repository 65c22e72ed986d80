"""The rows of the timeline as JSON documents, and as lines for a person."""

import json

from kranhub.readmodel.rows import StoredRow
from kranhub.text import Text
from kranhub.wire.plain_json import JsonDocument


def entry(row: StoredRow) -> JsonDocument:
    """Return a row of the timeline as one JSON document."""
    return {
        "time": row["time"],
        "subject": row["subject"],
        "id": row["event_id"],
        "order": row["order_key"],
        "text": {"en": row["text_en"], "ru": row["text_ru"]},
        "value": json.loads(row["value"]),
    }


def sentence(row: StoredRow) -> str:
    """Return the row's sentence in the reader's language."""
    return str(Text(en=row["text_en"], ru=row["text_ru"]))


def moment(row: StoredRow) -> str:
    """Return when the hub recorded the event, in UTC to the second."""
    return utc(str(row["time"]))


def utc(time: str) -> str:
    """Return an ISO 8601 time in UTC to the second, for a person."""
    return f"{time[:19].replace('T', ' ')} UTC"


def unknown(order: str, namespace: str, as_of: str | None) -> Text:
    """Return the sentence that an order is not known.

    Args:
        order: What a person called the order.
        namespace: The namespace in which it was looked for.
        as_of: The timestamp up to which the view has read; None where it has read nothing.
    """
    until = utc(as_of) if as_of else "-"
    return Text(
        en=f"Nothing is known of order {order} in the namespace {namespace} (KRANHUB_NAMESPACE); the view has told "
        f"until {until}. Check the number and the namespace; `kranhub orders waiting` lists the orders that were "
        "refused, those that a connector could not read as well, `kranhub tail hub.events` shows what flows, `kranhub "
        "status` how far the views are behind.",
        ru=f"О заказе {order} в пространстве имён {namespace} (KRANHUB_NAMESPACE) ничего не известно; представление "
        f"дошло до {until}. Проверьте номер и пространство имён; `kranhub orders waiting` покажет отклонённые заказы, "
        "в том числе не прочитанные коннектором, `kranhub tail hub.events` поток, `kranhub status` отставание "
        "представлений.",
    )
