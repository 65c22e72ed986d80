"""What is said to people: causes of a new status, and why a document was refused, in both languages."""

from dataclasses import dataclass
from datetime import date

from kranhub.text import Text
from streams.router.masterdata import MasterData
from streams.router.model import Portion


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a status changed: a stable code and a sentence for the customer."""

    code: str
    text: Text


RECEIVED = Cause("order-received", Text(en="The hub has received the order.", ru="Центр получил заказ."))
CANCELLED = Cause("order-cancelled", Text(en="The buyer cancelled the order.", ru="Заказчик отменил заказ."))
PLANNED = Cause("planned", Text(en="Every part of the order is with a plant.", ru="Все части заказа переданы заводам."))
PARTLY_PLANNED = Cause(
    "partly-planned", Text(en="Some parts of the order are with plants.", ru="Часть заказа передана заводам.")
)


def changed(revision: int) -> Cause:
    """Say that a revision of the order was taken."""
    return Cause(
        "order-changed",
        Text(en=f"The order's revision {revision} was taken.", ru=f"Принята ревизия {revision} заказа."),
    )


def accepted(plant: str, item: str, promised: date | None, master: MasterData) -> Cause:
    """Say that a plant accepted."""
    who, what = master.name(plant), _item(item, master)
    day = promised.isoformat() if promised else None
    return Cause(
        "plant-accepted",
        Text(
            en=f"{who.en} accepted: {what.en}" + (f", promised for {day}." if day else "."),
            ru=f"{who.ru}: принято «{what.ru}»" + (f", срок {day}." if day else "."),
        ),
    )


def partly(plant: str, item: str, master: MasterData) -> Cause:
    """Say that a plant took a part and the rest goes on."""
    who, what = master.name(plant), _item(item, master)
    return Cause(
        "plant-accepted-in-part",
        Text(
            en=f"{who.en} accepted a part: {what.en}. The rest goes to the next plant.",
            ru=f"{who.ru}: принято частично «{what.ru}». Остаток передаётся следующему заводу.",
        ),
    )


def rejected(plant: str, item: str, master: MasterData) -> Cause:
    """Say that a plant said no and the portion goes on."""
    who, what = master.name(plant), _item(item, master)
    return Cause(
        "plant-rejected",
        Text(
            en=f"{who.en} cannot take: {what.en}. The hub asks the next plant.",
            ru=f"{who.ru} не может выполнить «{what.ru}». Центр обращается к следующему заводу.",
        ),
    )


def production(plant: str, item: str, state: str, master: MasterData) -> Cause:
    """Say how far a plant's production is."""
    who, what = master.name(plant), _item(item, master)
    code = "production-completed" if state in ("COMPLETED", "CLOSED") else "production-progress"
    return Cause(
        code,
        Text(
            en=f"Production at {who.en}: {what.en}, {state.lower()}.",
            ru=f"Производство, {who.ru}: «{what.ru}», {_STATES_RU.get(state, state)}.",
        ),
    )


_STATES_RU = {
    "RELEASED": "запущено",
    "WAITING": "ожидает",
    "READY": "готово к началу",
    "RUNNING": "идёт",
    "HELD": "приостановлено",
    "COMPLETED": "завершено",
    "CLOSED": "закрыто",
    "ABORTED": "прервано",
}


def no_candidate(portion: Portion, master: MasterData) -> Text:
    """Say that nobody is left for the portion, and who was tried."""
    what = _item(portion.item, master)
    tried = [*portion.excluded, *(f"{attempt.plant} ({attempt.closed})" for attempt in portion.attempts)]
    names = ", ".join(tried)
    return Text(
        en=f"Nobody is left who can make: {what.en}. Tried: {names or 'no member has the capability'}. "
        "Agree with a plant, or change the order.",
        ru=f"Некому изготовить «{what.ru}». Опрошены: {names or 'нет участника с такой возможностью'}. "
        "Договоритесь с заводом или измените заказ.",
    )


def held(code: str, item_code: str) -> Text:
    """Say why a line is held."""
    said = {
        "unmapped-item": Text(
            en=f"The shared nomenclature does not know the code {item_code}. The hub's people will add it.",
            ru=f"Кода {item_code} нет в общей номенклатуре. Его добавят сотрудники центра.",
        ),
        "unmapped-unit": Text(
            en=f"The unit of {item_code} cannot be converted. The hub's people will add the conversion.",
            ru=f"Единица измерения для {item_code} не пересчитывается. Пересчёт добавят сотрудники центра.",
        ),
        "complete-delivery": Text(
            en="The order asks for complete delivery and another line is held.",
            ru="Заказ поставляется только целиком, а другая строка остановлена.",
        ),
        "no-candidate": Text(
            en=f"No plant could take {item_code} so far; the hub's people are looking for one.",
            ru=f"Пока ни один завод не взял {item_code}; сотрудники центра ищут исполнителя.",
        ),
    }
    return said.get(code, Text(en=f"The line is held: {code}.", ru=f"Строка остановлена: {code}."))


def unknown_plant_order(number: str) -> Text:
    """Say that no plant was ever sent this plant order."""
    return Text(
        en=f"The hub never sent the plant order {number!r}. Answer with the plant_order_id as it came.",
        ru=f"Центр не отправлял заказ заводу {number!r}. Укажите plant_order_id так, как он пришёл.",
    )


def not_addressee(number: str, author: str) -> Text:
    """Say that the author was not asked."""
    return Text(
        en=f"{author} answered plant order {number}, which was sent to another plant. Nothing was changed.",
        ru=f"{author} отвечает на заказ {number}, направленный другому заводу. Ничего не изменено.",
    )


def unknown_line(line: str) -> Text:
    """Say that the answer speaks of a line that the plant order does not have."""
    return Text(
        en=f"The answer names line {line!r}, which the plant order does not have. Use the line_id as it came.",
        ru=f"В ответе указана строка {line!r}, которой нет в заказе заводу. Укажите line_id так, как он пришёл.",
    )


def unmapped_unit(unit: str, base: str) -> Text:
    """Say that a plant answered in a unit that does not convert."""
    return Text(
        en=f"The answer's unit {unit!r} does not convert to {base}. Answer in the unit of the plant order.",
        ru=f"Единица ответа {unit!r} не пересчитывается в {base}. Отвечайте в единице заказа заводу.",
    )


def _item(item: str, master: MasterData) -> Text:
    return master.items[item].name.text if item in master.items else Text(en=item, ru=item)
