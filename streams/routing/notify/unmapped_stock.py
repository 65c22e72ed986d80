"""The alert for operators of stock whose codes the nomenclature does not have: one per member. Pure."""

from collections.abc import Sequence
from datetime import datetime

from kranhub.text import Text
from kranhub.wire.messages import Alert, Severity, Subject
from streams.routing.model.codes import AlertCode
from streams.routing.planner.messages import OWNER, OutputMessage

OVER = Severity.NOTICE
"""The severity of an alert that reports that no code is left."""


def alert(member: str, codes: int, examples: Sequence[str], now: datetime, *, is_full: bool) -> OutputMessage:
    """Return the alert that codes of the member's stock have no item.

    Args:
        member: The member.
        codes: How many codes have no item; 0 says that nothing is left to do.
        examples: Some of the codes.
        now: The hub's time.
        is_full: Whether no more levels are kept.
    """
    text = _text(member, codes, examples) if codes else _none(member)
    # The id is the code and the member, so the newest alert of a member is the one that counts.
    number = f"{AlertCode.UNMAPPED_STOCK}/{member}"
    value: Alert = {
        "alert_id": number,
        "severity": Severity.WARNING if codes else OVER,
        "code": AlertCode.UNMAPPED_STOCK,
        "owner": OWNER,
        "order_key": None,
        "text": (text.then(_full()) if is_full else text).as_map(),
        "deadline": None,
        "raised_at": now,
    }
    return OutputMessage(Subject.ALERT, member, f"hub/Alert/{number}/{now.isoformat()}", value)


def _text(member: str, codes: int, examples: Sequence[str]) -> Text:
    some = ", ".join(repr(code) for code in examples)
    return Text(
        en=f"{member} has stock of {codes} codes that the nomenclature does not have{_such(some, 'such as')}. What is "
        "on hand of them is kept: add a code to the nomenclature and publish it, or let the member map it, and it "
        "counts by itself. Codes that nobody orders here need nothing.",
        ru=f"У участника {member} есть запас по кодам, которых нет в номенклатуре: {codes}{_such(some, 'например')}. "
        "Остатки по ним сохранены: добавьте код в номенклатуру и опубликуйте её или сопоставьте его у участника, и "
        "они будут учтены сами. С кодами, которые здесь не заказывают, делать ничего не нужно.",
    )


def _such(some: str, introduction: str) -> str:
    return f", {introduction} {some}" if some else ""


def _none(member: str) -> Text:
    return Text(
        en=f"The nomenclature has every code of {member}'s stock.",
        ru=f"В номенклатуре есть все коды запаса участника {member}.",
    )


def _full() -> Text:
    return Text(
        en="There is no room for the levels of more codes: send those again once they are mapped.",
        ru="Остатки по следующим кодам уже не сохраняются: отправьте их ещё раз после сопоставления.",
    )
