"""The alert for operators of a member whose clock is ahead of the hub's. Pure."""

from datetime import UTC, datetime, timedelta

from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.messages import Message, Severity, Subject
from streams.routing.model.codes import AlertCode
from streams.routing.planner.messages import ANSWER_TIME, OWNER
from streams.routing.validation.timestamps import Ahead
from streams.routing.validation.validate import number_of

EVERY = timedelta(hours=1)
"""The shortest time between two alerts of one member's clock."""


def alert(member: str, subject: Subject, value: Message, found: Ahead, time: datetime) -> messages.Alert:
    """Return the Alert value: one for each member, so that the newest stands for all.

    Args:
        member: The member whose clock is ahead.
        subject: The type of its document.
        value: The document.
        found: The time in it that is ahead.
        time: The hub's time of the document.
    """
    return {
        "alert_id": f"{AlertCode.CLOCK_AHEAD}/{member}",
        "severity": Severity.WARNING,
        "code": AlertCode.CLOCK_AHEAD,
        "owner": OWNER,
        "order_key": None,
        "text": _text(member, f"{subject} {number_of(subject, value)}", found, time).as_map(),
        "deadline": time + ANSWER_TIME,
        "raised_at": time,
    }


def is_due(last: datetime | None, time: datetime) -> bool:
    """Return whether an alert is due, also where the hub's own clock went back.

    Args:
        last: When the last one was raised; None before the first.
        time: The hub's time now.
    """
    return last is None or abs(time - last) >= EVERY


def _text(member: str, what: str, found: Ahead, time: datetime) -> Text:
    stated, came, by = _moment(found.timestamp), _moment(time), _length(found.by)
    return Text(
        en=f"The clock behind {member}'s documents is {by.en} ahead: {found.field} of {what} says {stated}, but it "
        f"came at {came} (UTC). Nothing is lost: documents count in the order in which they come. Set the ERP's clock "
        "right, and the time zone in the connector: a site's own time that is taken for UTC looks the same.",
        ru=f"Часы, по которым {member} ставит время в документах, спешат на {by.ru}: {found.field} у {what} равно "
        f"{stated}, а документ пришёл в {came} (UTC). Ничего не потеряно: документы учитываются в порядке поступления. "
        "Исправьте часы учётной системы и часовой пояс в коннекторе: местное время, принятое за UTC, выглядит так же.",
    )


def _moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M}"


def _length(by: timedelta) -> Text:
    """Return the time in its largest unit of which there are at least two."""
    if by >= timedelta(days=2):
        return Text(en=f"{by.days} days", ru=f"{by.days} дн.")
    if by >= timedelta(hours=2):
        return Text(en=f"{by // timedelta(hours=1)} hours", ru=f"{by // timedelta(hours=1)} ч")
    return Text(en=f"{by // timedelta(minutes=1)} minutes", ru=f"{by // timedelta(minutes=1)} мин")
