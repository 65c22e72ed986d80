"""The texts for people, in both languages: causes of a status, reasons of a hold, and why a document was refused."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kranhub.text import Text
from kranhub.values import confusables
from kranhub.wire.messages import ProductionState
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.codes import CauseCode, ExpectedFact, HoldReason
from streams.routing.model.portion import Portion

SHOWN = 5
"""How many lines or plant orders a sentence names."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a status changed: a stable code and a sentence for the customer."""

    code: CauseCode | HoldReason
    text: Text


RECEIVED = Cause(CauseCode.ORDER_RECEIVED, Text(en="The hub has received the order.", ru="Центр получил заказ."))
CANCELLED = Cause(CauseCode.ORDER_CANCELLED, Text(en="The buyer cancelled the order.", ru="Заказчик отменил заказ."))
MAPPED = Cause(
    CauseCode.ITEM_MAPPED,
    Text(
        en="The shared nomenclature now has what the line needs; it goes on.",
        ru="В общей номенклатуре теперь есть всё нужное для строки; строка принята в работу.",
    ),
)
PLANNED = Cause(
    CauseCode.PLANNED, Text(en="Every part of the order is with a plant.", ru="Все части заказа переданы заводам.")
)
PARTLY_PLANNED = Cause(
    CauseCode.PARTLY_PLANNED, Text(en="Some parts of the order are with plants.", ru="Часть заказа передана заводам.")
)


def planned(waiting: Sequence[str]) -> Cause:
    """Return the cause that every part has a plant, except the lines on hold.

    Args:
        waiting: The item codes of the lines on hold, in the order's sequence.
    """
    if not waiting:
        return PLANNED
    count, first = len(waiting), waiting[0]
    return Cause(
        PLANNED.code,
        Text(
            en="Every part that can be made is with a plant; "
            + (f"1 line waits: {first}." if count == 1 else f"{count} lines wait, the first: {first}."),
            ru="Всё, что можно изготовить, передано заводам; "
            + (f"ждёт 1 строка: {first}." if count == 1 else f"ждут строки: {count}, первая: {first}."),
        ),
    )


def changed(revision: int) -> Cause:
    """Return the cause that a revision of the order was taken."""
    return Cause(
        CauseCode.ORDER_CHANGED,
        Text(en=f"The order's revision {revision} was taken.", ru=f"Принята ревизия {revision} заказа."),
    )


def accepted(plant: str, item: str, promised: date | None, master: MasterData) -> Cause:
    """Return the cause that a plant has accepted.

    Args:
        plant: The plant.
        item: The item's id.
        promised: The day that the plant promises; None where it names none.
        master: The master data, with the names.
    """
    who, what = master.name(plant), master.item_name(item)
    day = promised.isoformat() if promised else None
    return Cause(
        CauseCode.PLANT_ACCEPTED,
        Text(
            en=f"{who.en} accepted: {what.en}" + (f", promised for {day}." if day else "."),
            ru=f"{who.ru}: принято «{what.ru}»" + (f", срок {day}." if day else "."),
        ),
    )


def partly(plant: str, item: str, master: MasterData) -> Cause:
    """Return the cause that a plant took a part and another plant is asked for the rest.

    Args:
        plant: The plant.
        item: The item's id.
        master: The master data, with the names.
    """
    who, what = master.name(plant), master.item_name(item)
    return Cause(
        CauseCode.PLANT_ACCEPTED_IN_PART,
        Text(
            en=f"{who.en} accepted a part: {what.en}. The rest goes to the next plant.",
            ru=f"{who.ru}: принято частично «{what.ru}». Остаток передаётся следующему заводу.",
        ),
    )


def rejected(plant: str, item: str, master: MasterData) -> Cause:
    """Return the cause that a plant has refused and another one is asked.

    Args:
        plant: The plant.
        item: The item's id.
        master: The master data, with the names.
    """
    who, what = master.name(plant), master.item_name(item)
    return Cause(
        CauseCode.PLANT_REJECTED,
        Text(
            en=f"{who.en} cannot take: {what.en}. The hub asks the next plant.",
            ru=f"{who.ru} не может выполнить «{what.ru}». Центр обращается к следующему заводу.",
        ),
    )


def production(plant: str, item: str, state: ProductionState, master: MasterData) -> Cause:
    """Return the cause that a plant's production goes on or is done.

    Args:
        plant: The plant.
        item: The item's id.
        state: How far the production is.
        master: The master data, with the names.
    """
    who, what = master.name(plant), master.item_name(item)
    code = (
        CauseCode.PRODUCTION_COMPLETED
        if state in (ProductionState.COMPLETED, ProductionState.CLOSED)
        else CauseCode.PRODUCTION_PROGRESS
    )
    return Cause(
        code,
        Text(
            en=f"Production at {who.en}: {what.en}, {state.lower()}.",
            ru=f"Производство, {who.ru}: «{what.ru}», {_STATES_RU[state]}.",
        ),
    )


def production_short(plant: str, item: str, short: Decimal, scrapped: Decimal, master: MasterData) -> Text:
    """Return the text that a plant has ended its production with less than it was to make.

    Args:
        plant: The plant.
        item: The item's id.
        short: How much is missing, in the base unit.
        scrapped: How much was scrapped, in the base unit.
        master: The master data, with the names.
    """
    who, what = master.name(plant), master.item_name(item)
    lost_en = f", {scrapped.normalize():f} scrapped" if scrapped else ""
    lost_ru = f", в браке {scrapped.normalize():f}" if scrapped else ""
    return Text(
        en=f"{who.en} has closed its production of {what.en} with {short.normalize():f} missing{lost_en}. The rest is "
        "planned again; dates may move.",
        ru=f"{who.ru}: производство «{what.ru}» закрыто, не хватает {short.normalize():f}{lost_ru}. Остаток "
        "планируется снова; сроки могут измениться.",
    )


def production_aborted(plant: str, item: str, master: MasterData) -> Text:
    """Return the text that a plant has given up the production of what it had accepted.

    Args:
        plant: The plant.
        item: The item's id.
        master: The master data, with the names.
    """
    who, what = master.name(plant), master.item_name(item)
    return Text(
        en=f"{who.en} has aborted its production of {what.en}. The hub counts the work from its beginning; ask the "
        "plant, or give the part to another one.",
        ru=f"{who.ru}: производство «{what.ru}» прервано. Срок считается с начала работ; уточните у завода или "
        "передайте эту часть другому.",
    )


def overdue(plant: str, item: str, fact: ExpectedFact, day: date, master: MasterData) -> Cause:
    """Return the cause that a plant has not reported what was expected of it.

    Args:
        plant: The plant.
        item: The item's id.
        fact: What was expected.
        day: The day on which it should have happened.
        master: The master data, with the names.
    """
    who, what, expected = master.name(plant), master.item_name(item), _EXPECTED[fact]
    return Cause(
        CauseCode.OVERDUE,
        Text(
            en=f"{who.en} has not reported {expected.en} of {what.en}, expected on {day.isoformat()}.",
            ru=f"{who.ru}: нет сообщения о том, что {expected.ru}, «{what.ru}», ожидалось {day.isoformat()}.",
        ),
    )


_EXPECTED = {
    ExpectedFact.DELIVERY: Text(en="that its ERP has the plant order", ru="заказ принят учётной системой завода"),
    ExpectedFact.PRODUCTION_START: Text(en="the start of the production", ru="производство начато"),
    ExpectedFact.READINESS: Text(en="the readiness", ru="изготовлено"),
    ExpectedFact.SHIPMENT: Text(en="the shipment", ru="отгружено"),
    ExpectedFact.ARRIVAL: Text(en="the arrival", ru="доставлено"),
}


def ask_plant(plant_order_id: str) -> Text:
    """Return the text on what an operator does about a plant order of which nothing is reported."""
    return Text(
        en=f"Ask the plant about {plant_order_id}, or give it to another one with `kranhub orders override-plant`.",
        ru=f"Уточните у завода заказ {plant_order_id} или передайте его другому: `kranhub orders override-plant`.",
    )


def frozen_zone(plant: str, plant_order_id: str, item: str, known: date, needed: date, master: MasterData) -> Text:
    """Return the text that a plant order's date cannot be kept, and is too near to be moved without a person.

    Args:
        plant: The plant.
        plant_order_id: The plant order.
        item: The item's id.
        known: Its date.
        needed: The day on which it can be done, as its parts come.
        master: The master data, with the names.
    """
    who, what = master.name(plant), master.item_name(item)
    return Text(
        en=f"{who.en} is to have {what.en} done by {known.isoformat()}, but its parts let that be on "
        f"{needed.isoformat()}. The work begins too soon for the hub to move it by itself: agree with the plant, then "
        f"`kranhub orders override-date` with --plant-order {plant_order_id} --date {needed.isoformat()}.",
        ru=f"{who.ru}: срок по «{what.ru}» {known.isoformat()}, но комплектующие позволяют {needed.isoformat()}. До "
        "начала работ мало времени, сам центр срок не переносит: согласуйте с заводом и выполните `kranhub orders "
        f"override-date` с --plant-order {plant_order_id} --date {needed.isoformat()}.",
    )


def surplus(plant: str, item: str, quantity: Decimal, master: MasterData) -> Text:
    """Return the text that a plant has made or sent what no order needs any more.

    Args:
        plant: The plant.
        item: The item's id.
        quantity: How much, in the base unit.
        master: The master data, with the names.
    """
    who, what = master.name(plant), master.item_name(item)
    return Text(
        en=f"{who.en} has made or sent {quantity.normalize():f} of {what.en} that the order no longer needs. Agree "
        "with the plant and the buyer on who takes it.",
        ru=f"{who.ru}: изготовлено или отправлено {quantity.normalize():f}, «{what.ru}», но заказу это больше не "
        "нужно. Согласуйте с заводом и заказчиком, кто это заберёт.",
    )


def promise_late(promised: date, requested: date, lines: Sequence[str]) -> Text:
    """Return the text that an order comes later than its buyer has asked for.

    Args:
        promised: The day by which all of the late lines can be there.
        requested: The earliest day that the buyer has asked for in these lines.
        lines: The ids of the late lines.
    """
    named = ", ".join(lines[:SHOWN]) + (", …" if len(lines) > SHOWN else "")
    return Text(
        en=f"The order comes on {promised.isoformat()}, later than asked for ({requested.isoformat()}). Late lines: "
        f"{named}. `kranhub plan` shows which part decides.",
        ru=f"Заказ будет {promised.isoformat()}, позже запрошенного ({requested.isoformat()}). Опаздывают строки: "
        f"{named}. Какая часть решает, покажет `kranhub plan`.",
    )


def still_on_hold(lines: Sequence[tuple[str, HoldReason]], running: Sequence[tuple[str, str]]) -> Text:
    """Return the text that lines are still on hold, and which plants work on other parts of the order meanwhile.

    Args:
        lines: The ids of the lines with why they are on hold.
        running: The plant orders that go on, each with its plant.
    """
    held = ", ".join(f"{line} ({code})" for line, code in lines[:SHOWN]) + (", …" if len(lines) > SHOWN else "")
    on = ", ".join(f"{number} ({plant})" for number, plant in running[:SHOWN]) + (", …" if len(running) > SHOWN else "")
    text = Text(
        en=f"Nobody has decided yet on what is on hold: {held}. Decide with `kranhub orders`.",
        ru=f"По остановленному ещё нет решения: {held}. Решите командой `kranhub orders`.",
    )
    if not running:
        return text
    return text.then(
        Text(
            en=f"Meanwhile {len(running)} plant orders of these lines go on: {on}. Tell the plants where to wait.",
            ru=f"Тем временем заводы работают по заказам этих строк ({len(running)}): {on}. Сообщите, если им ждать.",
        )
    )


def earliest_changed(before: date | None, after: date) -> Cause:
    """Return the cause that the earliest day on which an order can be there is known, or has changed.

    Args:
        before: The day that the buyer knows; None where that is none.
        after: The day now.
    """
    if before is None:
        day = after.isoformat()
        known = Text(en=f"All of it can be there by {day}.", ru=f"Всё может быть поставлено к {day}.")
        return Cause(CauseCode.EARLIEST_DATE_CHANGED, known)
    return Cause(
        CauseCode.EARLIEST_DATE_CHANGED,
        Text(
            en=f"The earliest date moves from {before.isoformat()} to {after.isoformat()}.",
            ru=f"Самая ранняя дата переносится с {before.isoformat()} на {after.isoformat()}.",
        ),
    )


def waits_to_leave(plant: str, item: str, day: date, master: MasterData) -> Cause:
    """Return the cause that goods were made early and wait at their plant.

    Args:
        plant: The plant.
        item: The item's id.
        day: The day by which it has promised them.
        master: The master data, with the names.
    """
    who, what = master.name(plant), master.item_name(item)
    return Cause(
        CauseCode.PROMISE_MOVED,
        Text(
            en=f"{who.en} has made {what.en} early and not sent it yet; it was promised for {day.isoformat()}.",
            ru=f"{who.ru}: «{what.ru}» изготовлено раньше и ещё не отгружено; срок {day.isoformat()}.",
        ),
    )


def promise_moved(before: date, after: date) -> Cause:
    """Return the cause that a promise has moved with the days, without any news."""
    return Cause(CauseCode.PROMISE_MOVED, promise_changed(before, after))


def arrival_assumed(plant: str, item: str, master: MasterData) -> Cause:
    """Return the cause that goods count as arrived although nobody has reported it.

    Args:
        plant: The plant that they come from.
        item: The item's id.
        master: The master data, with the names.
    """
    who, what = master.name(plant), master.item_name(item)
    return Cause(
        CauseCode.ARRIVAL_ASSUMED,
        Text(
            en=f"Nobody reports arrivals here: {what.en} from {who.en} is taken as arrived, by the days of its way.",
            ru=f"О прибытии здесь не сообщают: «{what.ru}» от «{who.ru}» считается доставленным по сроку перевозки.",
        ),
    )


_STATES_RU = {
    ProductionState.UNKNOWN: "состояние неизвестно",
    ProductionState.FORECAST: "запланировано",
    ProductionState.RELEASED: "запущено",
    ProductionState.WAITING: "ожидает",
    ProductionState.READY: "готово к началу",
    ProductionState.RUNNING: "идёт",
    ProductionState.HELD: "приостановлено",
    ProductionState.COMPLETED: "завершено",
    ProductionState.CLOSED: "закрыто",
    ProductionState.ABORTED: "прервано",
}


def stuck(code: HoldReason, portion: Portion, master: MasterData) -> Text:
    """Return the text for operators on why a portion has no plant, and which were tried.

    Args:
        code: Why, one of `NO_PLANT`.
        portion: The portion, with its attempts and quotes.
        master: The master data, with the names.
    """
    what = master.item_name(portion.item)
    names = ", ".join(_tried(code, portion))
    why = _STUCK.get(code, _STUCK[HoldReason.NO_CANDIDATE])
    todo = _TODO.get(code, _AGREE)
    return Text(
        en=f"{why.en}: {what.en}. Tried: {names or 'no member has the capability'}. {todo.en}",
        ru=f"{why.ru}: «{what.ru}». Опрошены: {names or 'нет участника с такой возможностью'}. {todo.ru}",
    )


def _tried(code: HoldReason, portion: Portion) -> Iterator[str]:
    yield from portion.excluded
    yield from (f"{attempt.plant} ({attempt.close_reason})" for attempt in portion.attempts)
    if code in (HoldReason.NO_CAPACITY, HoldReason.NO_OFFER) and portion.open_quotes:
        for quote in portion.quotes:
            yield f"{quote.plant} ({'no-offer' if quote.from_stock is None else 'no-capacity'})"


_AGREE = Text(
    en="Agree with a plant, change the rules, or change the order.",
    ru="Договоритесь с заводом, измените правила или заказ.",
)
_TODO = {
    HoldReason.NO_CAPACITY: Text(
        en="Agree with a plant, change the rules, or change the order; it goes on by itself once one of them has stock "
        "or capacity.",
        ru="Договоритесь с заводом, измените правила или заказ; как только у кого-то из них появятся запас или "
        "мощность, заказ пойдёт дальше сам.",
    ),
    HoldReason.NO_OFFER: Text(
        en="Offers come from the hub itself: look with `kranhub status` whether the core's allocator runs, then let "
        "the order go on with `kranhub orders release`.",
        ru="Предложения даёт сам центр: проверьте командой `kranhub status`, работает ли в ядре allocator, затем "
        "возобновите заказ командой `kranhub orders release`.",
    ),
}


_STUCK = {
    HoldReason.NO_CANDIDATE: Text(en="Nobody is left who can make", ru="Некому изготовить"),
    HoldReason.NO_RULE: Text(en="No routing rule matches", ru="Ни одно правило маршрутизации не подходит"),
    HoldReason.NO_CAPACITY: Text(
        en="No plant has capacity within a year for", ru="Ни у одного завода нет мощности на год вперёд"
    ),
    HoldReason.NO_OFFER: Text(en="Nobody made an offer within an hour for", ru="За час никто не предложил изготовить"),
    HoldReason.TOO_MANY_PORTIONS: Text(en="Split over too many plants", ru="Разделено между слишком многими заводами"),
}


def held(code: HoldReason, item_code: str) -> Text:
    """Return the text on why a line is on hold; for an unknown code also what a person cannot see in it."""
    text = HELD[code]
    text = Text(en=text.en.format(item=item_code), ru=text.ru.format(item=item_code))
    looks = confusables.hint(item_code, {}) if code is HoldReason.UNMAPPED_ITEM else None
    return text.then(looks) if looks else text


HELD: Mapping[HoldReason, Text] = {
    HoldReason.UNMAPPED_ITEM: Text(
        en="The shared nomenclature does not know the code {item}. The hub's people will add it.",
        ru="Кода {item} нет в общей номенклатуре. Его добавят сотрудники центра.",
    ),
    HoldReason.UNMAPPED_UNIT: Text(
        en="The unit of {item} cannot be converted. The hub's people will add the conversion.",
        ru="Единица измерения для {item} не пересчитывается. Пересчёт добавят сотрудники центра.",
    ),
    HoldReason.QUANTITY_STEP: Text(
        en="The quantity of {item} is none in which it is made. Order a whole number of its steps.",
        ru="В таком количестве {item} не изготавливают. Закажите количество, кратное шагу заказа.",
    ),
    HoldReason.BELOW_MINIMUM_QUANTITY: Text(
        en="The quantity of {item} is less than its smallest order. Order more.",
        ru="Количество {item} меньше наименьшего заказа. Закажите больше.",
    ),
    HoldReason.IMPLAUSIBLE_QUANTITY: Text(
        en="The quantity of {item} is unusually large; the hub's people check it before anything is planned. If it is "
        "a mistake, correct the order.",
        ru="Количество {item} необычно велико; сотрудники центра проверят его, прежде чем планировать. Если это "
        "ошибка, исправьте заказ.",
    ),
    HoldReason.PRICE_TOO_SMALL: Text(
        en="The price of {item} is too small for one base unit. Correct the price.",
        ru="Цена {item} за базовую единицу слишком мала. Исправьте цену.",
    ),
    HoldReason.COMPLETE_DELIVERY: Text(
        en="The order asks for complete delivery and another line is held.",
        ru="Заказ поставляется только целиком, а другая строка остановлена.",
    ),
    HoldReason.NO_RULE: Text(
        en="No routing rule matches {item}; the hub's people will add one.",
        ru="Для {item} нет правила маршрутизации; его добавят сотрудники центра.",
    ),
    HoldReason.NO_CAPACITY: Text(
        en="No plant has free capacity for {item}; the hub's people are looking for some. The line goes on by itself "
        "once a plant has some.",
        ru="Ни у одного завода нет свободной мощности для {item}; сотрудники центра ищут её. Как только она появится, "
        "строка пойдёт дальше сама.",
    ),
    HoldReason.NO_OFFER: Text(
        en="The hub has no offers for {item} yet; its people are looking into it.",
        ru="По {item} у центра пока нет предложений; его сотрудники выясняют причину.",
    ),
    HoldReason.TOO_MANY_PORTIONS: Text(
        en="{item} would be split over too many plants; the hub's people decide.",
        ru="{item} пришлось бы делить между слишком многими заводами; решают сотрудники центра.",
    ),
    HoldReason.RECOVERY: Text(
        en="A plant no longer has {item}; the hub's people decide whether it is still to be made.",
        ru="Завод больше не ведёт {item}; сотрудники центра решают, нужно ли это ещё изготавливать.",
    ),
    HoldReason.NOT_APPROVED: Text(
        en="Nobody approved the plan for {item} in time; the hub's people decide.",
        ru="План для {item} не утверждён в срок; решают сотрудники центра.",
    ),
    HoldReason.EXPIRED: Text(
        en="The quotation for {item} is no longer valid. Ask again, or place the order.",
        ru="Срок предложения по {item} истёк. Запросите его снова или оформите заказ.",
    ),
    HoldReason.FROZEN: Text(
        en="The hub's people have stopped the order's routing for now.",
        ru="Сотрудники центра временно остановили маршрутизацию заказа.",
    ),
    HoldReason.NO_TOPIC: Text(
        en="The hub cannot reach the plant of {item} at present; its people are looking into it.",
        ru="Центр сейчас не может связаться с заводом, которому передана позиция {item}; сотрудники центра "
        "разбираются.",
    ),
    HoldReason.PLANT_GONE: Text(
        en="The plant of {item} takes no part in the hub at present; the hub's people decide.",
        ru="Завод, которому передана позиция {item}, сейчас не участвует в работе центра; решают сотрудники центра.",
    ),
    HoldReason.NO_CANDIDATE: Text(
        en="No plant could take {item} so far; the hub's people are looking for one.",
        ru="Пока ни один завод не взял {item}; сотрудники центра ищут исполнителя.",
    ),
}
"""Why a line is held, to its customer; ``{item}`` stands for the item's code."""


def implausible(order_key: str, line_id: str, item: str, quantity: Decimal, unit: str, most: Decimal | None) -> Text:
    """Return the text for operators on a line whose quantity waits for their approval.

    Args:
        order_key: ``buyer:order_id``.
        line_id: The line.
        item: The buyer's code of the item.
        quantity: In the base unit.
        unit: The base unit.
        most: What is taken without a person, in the base unit.
    """
    asked, usual = f"{quantity.normalize():f} {unit}", f"{(most or Decimal(0)).normalize():f} {unit}"
    return Text(
        en=f"{asked} of {item} was ordered, and more than {usual} waits for a person. Ask the buyer; then let it go on "
        f"with `kranhub orders approve {order_key} --line {line_id}`, or have the buyer correct the order.",
        ru=f"Заказано {asked} позиции {item}, а более {usual} принимает сотрудник. Уточните у заказчика; затем примите "
        f"строку командой `kranhub orders approve {order_key} --line {line_id}` или попросите исправить заказ.",
    )


def silent(plant: str, item: str, master: MasterData) -> Cause:
    """Return the cause that a plant did not answer in time and another one is asked.

    Args:
        plant: The plant.
        item: The item's id.
        master: The master data, with the names.
    """
    who, what = master.name(plant), master.item_name(item)
    return Cause(
        CauseCode.NO_ANSWER,
        Text(
            en=f"{who.en} did not answer in time: {what.en}. The hub asks the next plant.",
            ru=f"{who.ru}: ответа в срок нет, «{what.ru}». Центр обращается к следующему заводу.",
        ),
    )


def unanswered(plant: str, item: str, master: MasterData) -> Text:
    """Return the text that a plant is at work on what it has not answered.

    Args:
        plant: The plant.
        item: The item's id.
        master: The master data, with the names.
    """
    who, what = master.name(plant), master.item_name(item)
    return Text(
        en=f"{who.en} did not answer in time, but is at work on it: {what.en}. Ask the plant for its answer and date.",
        ru=f"{who.ru}: ответа в срок нет, но работа уже идёт: «{what.ru}». Запросите у завода ответ и срок.",
    )


def shipment(plant: str, item: str, arrived: bool, master: MasterData) -> Cause:
    """Return the cause that goods have left a plant, or have arrived.

    Args:
        plant: The plant that the goods come from.
        item: The item's id.
        arrived: Whether they have arrived.
        master: The master data, with the names.
    """
    who, what = master.name(plant), master.item_name(item)
    if arrived:
        return Cause(
            CauseCode.ARRIVED,
            Text(en=f"Arrived from {who.en}: {what.en}.", ru=f"Прибыло от «{who.ru}»: «{what.ru}»."),
        )
    return Cause(
        CauseCode.SHIPPED, Text(en=f"{who.en} has shipped: {what.en}.", ru=f"{who.ru}: отгружено «{what.ru}».")
    )


def shortage(plant: str, item: str, master: MasterData) -> Text:
    """Return the text that a plant's stock fell below what was promised from it.

    Args:
        plant: The plant.
        item: The item's id.
        master: The master data, with the names.
    """
    who, what = master.name(plant), master.item_name(item)
    return Text(
        en=f"{who.en} has less in stock than was promised: {what.en}. The rest is made anew; dates may move.",
        ru=f"{who.ru}: на складе меньше, чем обещано: «{what.ru}». Остаток изготовят; сроки могут измениться.",
    )


def over_shipment(plant: str, item: str, sent: Decimal, ordered: Decimal, master: MasterData) -> Text:
    """Return the text that more was shipped than was ordered.

    Args:
        plant: The plant.
        item: The item's id.
        sent: How much was shipped, in the base unit.
        ordered: How much was ordered, in the base unit.
        master: The master data, with the names.
    """
    who, what = master.name(plant), master.item_name(item)
    return Text(
        en=f"{who.en} has shipped {sent.normalize():f} of {what.en}, but {ordered.normalize():f} was ordered. "
        "Agree with the buyer on the rest, or have it sent back.",
        ru=f"{who.ru}: отгружено {sent.normalize():f}, «{what.ru}», а заказано {ordered.normalize():f}. "
        "Согласуйте излишек с заказчиком или оформите возврат.",
    )


def by_hand(action: str) -> Cause:
    """Return the cause that an operator has decided."""
    return Cause(
        CauseCode(f"by-hand-{action.lower().replace('_', '-')}"),
        Text(en="The hub's people have decided by hand.", ru="Решение приняли сотрудники центра."),
    )


def made_already(portions: Sequence[Portion], master: MasterData) -> Text:
    """Return the text on what stays although the order was cut, because it is made or sent already."""
    what = [(portion.quantity, master.item_name(portion.item)) for portion in portions]
    return Text(
        en="Already made or sent, so it stays: " + "; ".join(f"{text.en} {q.normalize():f}" for q, text in what) + ".",
        ru="Уже изготовлено или отправлено и остаётся: "
        + "; ".join(f"«{text.ru}» {q.normalize():f}" for q, text in what)
        + ".",
    )


CLOSED = Cause(
    CauseCode.ORDER_CLOSED,
    Text(en="Everything was delivered; the order is closed.", ru="Всё поставлено; заказ закрыт."),
)


EXPIRED = Cause(
    HoldReason.EXPIRED,
    Text(
        en="The quotation is no longer valid, and nothing is reserved for it any more. Ask again, or place the order.",
        ru="Срок предложения истёк, для него больше ничего не зарезервировано. Запросите его снова или оформите заказ.",
    ),
)


def quotation_expired(order_id: str) -> Text:
    """Return the text that nothing can be decided on a quotation that is over."""
    return Text(
        en=f"The quotation {order_id!r} has expired. Have the buyer ask again or place the order.",
        ru=f"Срок предложения {order_id!r} истёк. Пусть заказчик запросит его снова или оформит заказ.",
    )


def order_closed(order_id: str) -> Text:
    """Return the text that an order has ended and takes nothing more."""
    return Text(
        en=f"The order {order_id!r} is closed. Send what is new as an order with another number.",
        ru=f"Заказ {order_id!r} закрыт. Новое отправьте заказом с другим номером.",
    )


TOO_LATE = Cause(
    CauseCode.CANCEL_TOO_LATE,
    Text(
        en="The order was cancelled after everything was made or delivered; nothing can be taken back.",
        ru="Заказ отменён после изготовления или поставки; отменять уже нечего.",
    ),
)


def offered(day: date) -> Cause:
    """Return the cause that a quotation has a date: the day by which all of it can be there."""
    return Cause(
        CauseCode.OFFERED,
        Text(
            en=f"All of it can be there by {day.isoformat()}. Nothing is ordered yet.",
            ru=f"Всё может быть поставлено к {day.isoformat()}. Пока ничего не заказано.",
        ),
    )


def promise_changed(before: date, after: date) -> Text:
    """Return the text that the promised date has changed."""
    return Text(
        en=f"The promised date moves from {before.isoformat()} to {after.isoformat()}.",
        ru=f"Обещанная дата переносится с {before.isoformat()} на {after.isoformat()}.",
    )


def lines_changed(count: int) -> Text:
    """Return the text that a status tells of so many lines at once."""
    return Text(en=f"Lines changed since the last status: {count}.", ru=f"Изменилось строк с прошлого раза: {count}.")


def unknown_order(key: str) -> Text:
    """Return the text that the hub knows no such order."""
    return Text(
        en=f"The hub knows no order {key!r}. Check the order key: buyer:order_id.",
        ru=f"Заказа {key!r} в центре нет. Проверьте ключ заказа: заказчик:order_id.",
    )


def closed_plant_order(number: str) -> Text:
    """Return the text that a plant no longer has the plant order that a person means."""
    return Text(
        en=f"The plant order {number} was rejected or taken back, so nothing was changed. `kranhub why` says where its "
        "part of the order is now.",
        ru=f"Заказ заводу {number} отклонён или отозван, поэтому ничего не изменено. Где теперь эта часть заказа, "
        "покажет `kranhub why`.",
    )


def unknown_member(member: str) -> Text:
    """Return the text that there is no such member."""
    return Text(
        en=f"{member!r} is no member of the hub. Use an id of the members file.",
        ru=f"{member!r} не является участником. Укажите имя из файла участников.",
    )


def not_a_maker(plant: str, item: str, master: MasterData) -> Text:
    """Return the text that the plant chosen by hand does not make the item.

    Args:
        plant: The plant.
        item: The item's id.
        master: The master data, with the names.
    """
    who, what = master.name(plant), master.item_name(item)
    return Text(
        en=f"{who.en} does not make {what.en}. Choose a plant with the capability, or add it to the members file.",
        ru=f"{who.ru} не изготавливает «{what.ru}». Выберите другой завод или добавьте возможность в файл участников.",
    )


def bad_action(action: str) -> Text:
    """Return the text that the action is unknown or incomplete."""
    return Text(
        en=f"The action {action} is unknown or lacks what it needs. Run `kranhub orders --help`.",
        ru=f"Действие {action} неизвестно или заполнено не полностью. Выполните `kranhub orders --help`.",
    )


def unknown_plant_order(number: str) -> Text:
    """Return the text that no plant was ever sent this plant order."""
    return Text(
        en=f"The hub never sent the plant order {number!r}. Answer with the plant_order_id as it came.",
        ru=f"Центр не отправлял заказ заводу {number!r}. Укажите plant_order_id так, как он пришёл.",
    )


def waited(minutes: int) -> Text:
    """Return the text on how many minutes an event has waited for its plant order."""
    return Text(
        en=f"It has waited for that plant order for {minutes} minutes.",
        ru=f"Сообщение ждало этот заказ {minutes} мин.",
    )


def not_addressee(number: str, author: str) -> Text:
    """Return the text that the author of an answer was not asked."""
    return Text(
        en=f"{author} answered plant order {number}, which was sent to another plant. Nothing was changed.",
        ru=f"{author} отвечает на заказ {number}, направленный другому заводу. Ничего не изменено.",
    )


def unknown_line(line: str) -> Text:
    """Return the text that the answer names a line that the plant order does not have."""
    return Text(
        en=f"The answer names line {line!r}, which the plant order does not have. Use the line_id as it came.",
        ru=f"В ответе указана строка {line!r}, которой нет в заказе заводу. Укажите line_id так, как он пришёл.",
    )


def unmapped_unit(unit: str, base: str) -> Text:
    """Return the text that a plant answered in a unit that does not convert.

    Args:
        unit: The unit of the answer.
        base: The item's base unit.
    """
    return Text(
        en=f"The answer's unit {unit!r} does not convert to {base}. Answer in the unit of the plant order; or add the "
        "conversion to the nomenclature, publish it, and send the answer again with `kranhub send-again`.",
        ru=f"Единица ответа {unit!r} не пересчитывается в {base}. Отвечайте в единице заказа заводу или добавьте "
        "пересчёт в номенклатуру, опубликуйте её и отправьте ответ ещё раз: `kranhub send-again`.",
    )
