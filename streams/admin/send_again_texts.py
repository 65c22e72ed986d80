"""What `kranhub send-again` writes for a person, in both languages."""

from kranhub.text import Text

HELP = Text(
    en="Send again what was refused (by the dead letter's id, or since a time) or a member's document. Says what it "
    "would write; with --yes it writes it, byte by byte and under the same event id: what is known already changes "
    "nothing, what was refused is processed anew.",
    ru="Отправить ещё раз отклонённое (по номеру письма или с указанного времени) или документ участника. Показывает, "
    "что будет записано; с --yes записывает те же байты под тем же номером события: уже известное ничего не меняет, "
    "отклонённое обрабатывается заново.",
)
DOCUMENT = Text(
    en="the newest version of this document, such as zmk-most/Order/17; may be given again",
    ru="последняя версия этого документа, например zmk-most/Order/17; можно повторять",
)
SINCE = Text(
    en="what was refused at or after this time (ISO 8601, UTC where no zone is said)",
    ru="отклонённое начиная с этого времени (ISO 8601; без часового пояса это UTC)",
)
EVERY = Text(
    en="with --since: not what was refused, but the newest version of every document that members have written since",
    ru="вместе с --since: не отклонённое, а последние версии всех документов, записанных участниками с этого времени",
)
MEMBER = Text(en="with --since: only this member's", ru="вместе с --since: только этого участника")
CODE = Text(en="with --since: only letters of this code", ru="вместе с --since: только письма с этим кодом")
YES = Text(en="do it", ru="выполнить")

ONE = Text(
    en="Name either letters, or --document, or --since.", ru="Укажите либо номера писем, либо --document, либо --since."
)
EVERY_SINCE = Text(en="--documents needs --since.", ru="Ключу --documents нужен --since.")
BAD_TIME = Text(
    en="write the time as 2026-11-24T08:00 or 2026-11-24T14:00+06:00",
    ru="укажите время в виде 2026-11-24T08:00 или 2026-11-24T14:00+06:00",
)
HEADINGS = (
    Text(en="topic", ru="топик"),
    Text(en="key", ru="ключ"),
    Text(en="event id", ru="номер события"),
    Text(en="type", ru="вид"),
    Text(en="refused as", ru="код отказа"),
)
LEFT_OUT = Text(en="Not sent:", ru="Не отправляется:")


def total(count: int, *, sent: bool) -> Text:
    """Say how many records were written, or would be."""
    if sent:
        return Text(
            en=f"Sent again: {count}. What is refused once more is a new dead letter.",
            ru=f"Отправлено повторно: {count}. Отклонённое снова станет новым письмом.",
        )
    return Text(
        en=f"Would be sent again: {count}. Nothing was written; add --yes to do it.",
        ru=f"Будет отправлено повторно: {count}. Ничего не записано; чтобы выполнить, добавьте --yes.",
    )


def unknown_dead_letter(name: str) -> Text:
    """Return that there is no such dead letter."""
    return Text(
        en=f"There is no dead letter {name}. `kranhub tail hub.dead-letters --no-follow` shows them with their "
        "dead_letter_id; letters go after 400 days.",
        ru=f"Письма {name} нет. Письма с их dead_letter_id показывает `kranhub tail hub.dead-letters --no-follow`; "
        "они хранятся 400 дней.",
    )


def unknown_document(name: str) -> Text:
    """Say that the member has not written such a document."""
    return Text(
        en=f"The member's topic has no document {name}. It is called as its event's id begins: member/type/key.",
        ru=f"В топике участника нет документа {name}. Он называется так, как начинается номер события: "
        "участник/вид/ключ.",
    )


def bad_document(name: str) -> Text:
    """Say how a document is named."""
    return Text(
        en=f"{name}: name a document as member/type/key, such as zmk-most/Order/17",
        ru=f"{name}: назовите документ как участник/вид/ключ, например zmk-most/Order/17",
    )
