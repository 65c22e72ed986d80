"""Which records a person means to send again, read from the topics of dead letters and documents."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import click

from kranhub.broker import reading, topics
from kranhub.broker.reading import Message
from kranhub.errors import Failed
from kranhub.settings import Settings
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from kranhub.wire.messages import Subject
from streams.admin import resend, send_again_texts
from streams.admin.resend import Copy, LeftOut


@dataclass(frozen=True, slots=True)
class Selection:
    """What a person has named.

    Attributes:
        dead_letters: Ids of dead letters.
        documents: Documents, as MEMBER/TYPE/KEY.
        since: Everything from this time on; None where records are named.
        member: Only this member's; None for all.
        code: Only dead letters with this code; None for all.
        every: With ``since``: documents rather than dead letters.
    """

    dead_letters: Sequence[str] = ()
    documents: Sequence[str] = ()
    since: datetime | None = None
    member: str | None = None
    code: str | None = None
    every: bool = False


def find(settings: Settings, codec: Codec, chosen: Selection) -> tuple[list[Copy], list[LeftOut]]:
    """Return what is to be written, and what is not.

    Args:
        settings: The installation's settings.
        codec: What decodes the hub's records.
        chosen: What a person has named.

    Raises:
        Failed: For a dead letter or document that is unknown.
        Unavailable: When Kafka or the registry is away.
    """
    if chosen.documents:
        return [_document(settings, codec, name) for name in chosen.documents], []
    if chosen.every and chosen.since:
        return _documents(settings, codec, chosen), []
    return _from_dead_letters(settings, codec, chosen)


def _from_dead_letters(settings: Settings, codec: Codec, chosen: Selection) -> tuple[list[Copy], list[LeftOut]]:
    found = ((message, message.value_as(messages.DeadLetter)) for message in _all_dead_letters(settings, codec))
    wanted = [value for message, value in found if value and _is_meant(message, value, chosen)]
    for name in chosen.dead_letters:
        if not any(value["dead_letter_id"] == name for value in wanted):
            raise Failed(send_again_texts.unknown_dead_letter(name))
    made = [resend.of_dead_letter(value) for value in wanted]
    copies = list(resend.distinct(one for one in made if isinstance(one, Copy)))
    late = _overtaken(settings, codec, copies)
    left_out = [one for one in made if isinstance(one, LeftOut)] + [resend.overtaken(copy) for copy in late]
    return [copy for copy in copies if copy not in late], left_out


def _is_meant(message: Message, value: messages.DeadLetter, chosen: Selection) -> bool:
    if chosen.dead_letters:
        return value["dead_letter_id"] in chosen.dead_letters
    if chosen.since is None or message.time < chosen.since:
        return False
    return chosen.member in (None, value["member"]) and chosen.code in (None, value["code"])


def _all_dead_letters(settings: Settings, codec: Codec) -> Iterator[Message]:
    yield from reading.messages(settings, codec, topics.hub(settings.namespace, "dead-letters"))
    for member in _members(settings, codec):
        with suppress(Failed):  # a member whose topics do not exist
            yield from reading.messages(settings, codec, topics.out(settings.namespace, member, "dead-letters"))


def _members(settings: Settings, codec: Codec) -> list[str]:
    return sorted({one.key for one in reading.messages(settings, codec, topics.hub(settings.namespace, "parties"))})


def _overtaken(settings: Settings, codec: Codec, copies: Sequence[Copy]) -> list[Copy]:
    """Return those whose documents have a later version in the same topic."""
    late: dict[Copy, None] = {}
    topics_of: dict[str, dict[bytes, list[Copy]]] = {}
    for copy in copies:
        topics_of.setdefault(copy.topic, {}).setdefault(copy.key, []).append(copy)
    for topic, copies_of in topics_of.items():
        for message in reading.messages(settings, codec, topic, wanted=copies_of.__contains__):
            late |= {copy: None for copy in copies_of.get(message.key.encode(), ()) if resend.is_newer(message, copy)}
    return list(late)


def _document(settings: Settings, codec: Codec, name: str) -> Copy:
    member, _, rest = name.partition("/")
    subject, _, key = rest.partition("/")
    if subject not in topics.WRITTEN or subject == Subject.DEAD_LETTER or not key:
        raise click.BadParameter(str(send_again_texts.bad_document(name)))
    topic = topics.out(settings.namespace, member, topics.kind_of(Subject(subject)))
    found = [one for one in reading.messages(settings, codec, topic) if name in _names(one, member, subject)]
    if not found:
        raise Failed(send_again_texts.unknown_document(name))
    return resend.newest(found)[-1]


def _names(message: Message, member: str, subject: str) -> tuple[str, str]:
    """Return what a person may call the message's document."""
    return resend.document(message.envelope.id, message.key), f"{member}/{subject}/{message.key}"


def _documents(settings: Settings, codec: Codec, chosen: Selection) -> list[Copy]:
    """Return the newest version of every document that members have written since."""
    copies: list[Copy] = []
    for member in [chosen.member] if chosen.member else _members(settings, codec):
        for kind in topics.OUT_KINDS:
            if kind != "dead-letters":
                with suppress(Failed):
                    found = reading.messages(settings, codec, topics.out(settings.namespace, member, kind))
                    copies += resend.newest(one for one in found if chosen.since and one.timestamp >= chosen.since)
    return copies
