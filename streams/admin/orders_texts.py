"""What `kranhub orders` writes for a person, in both languages."""

from collections.abc import Sequence

from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.messages import PlannerActionKind

HELP = Text(
    en="Decide on an order by hand, and see what waits for it. ORDER is `buyer:number`, the id of one of its plant "
    "orders, or the number alone. Everything is audited.",
    ru="Решения по заказу вручную и список того, что их ждёт. ORDER: `заказчик:номер`, номер заказа заводу или один "
    "номер. Всё записывается в журнал аудита.",
)
APPROVE = Text(
    en="Let plant orders of ORDER go out that its rule keeps back until a person agrees.",
    ru="Утвердить: отправить заказы заводам, которые по правилу ждут согласия человека.",
)
REJECT = Text(
    en="Take ORDER, or a part of it, back from its plants: the next candidates are asked.",
    ru="Отклонить выбранные заводы для заказа или его части: центр обратится к следующим.",
)
OVERRIDE_PLANT = Text(
    en="Give ORDER, or a part of it, to this plant, whatever the rule says.",
    ru="Передать заказ или его часть указанному заводу вопреки правилу.",
)
OVERRIDE_DATE = Text(
    en="Ask the plants of ORDER, or of a part of it, for this day instead of the planned one.",
    ru="Запросить у заводов указанный день вместо запланированного.",
)
FREEZE = Text(
    en="Stop the routing of the whole ORDER until it is released; plants go on with what they have.",
    ru="Остановить маршрутизацию всего заказа до команды release; заводы продолжают начатое.",
)
RELEASE = Text(
    en="Route ORDER again: end a freeze, and ask for held parts of it once more.",
    ru="Возобновить маршрутизацию: снять остановку и снова искать исполнителей для задержанных частей.",
)
CANCEL = Text(
    en="Cancel the whole ORDER for its buyer. What is made or sent already stays.",
    ru="Отменить весь заказ за заказчика. Изготовленное и отправленное остаётся.",
)

LINE = Text(en="only this line of the order", ru="только эта строка заказа")
PLANT_ORDER = Text(en="only this plant order", ru="только этот заказ заводу")
PLANT = Text(en="the member who shall make it", ru="участник, который изготовит")
DATE = Text(en="the day to be done by", ru="день готовности")
REASON = Text(en="why, for the audit", ru="причина, для журнала аудита")
ACTOR = Text(en="the account of who decides", ru="учётное имя того, кто решает")

BAD_REASON = Text(en="a few words, 2000 characters at most", ru="несколько слов, не более 2000 знаков")
NO_USER = Text(en="This account has no name; give --actor.", ru="У учётной записи нет имени; укажите --actor.")
ONE_PART = Text(
    en="Name a --line or a --plant-order, one of them.", ru="Укажите --line или --plant-order, что-то одно."
)


def whole_order(key: str) -> Text:
    """Say that the action is for whole orders only."""
    return Text(
        en=f"This is done to a whole order, not to one plant order. Name {key}.",
        ru=f"Это действие касается всего заказа, а не одного заказа заводу. Укажите {key}.",
    )


def other_order(number: str, key: str) -> Text:
    """Say that the plant order belongs to another order."""
    return Text(
        en=f"{number} is no plant order of {key}. `kranhub why {key}` lists them.",
        ru=f"{number} не относится к заказу {key}. Список даёт `kranhub why {key}`.",
    )


def unknown_plant(plant: str, known: Sequence[str]) -> Text:
    """Say that there is no such member."""
    listed = ", ".join(known)
    return Text(
        en=f"{plant} is no member of the hub. Members: {listed}.",
        ru=f"{plant} не является участником. Участники: {listed}.",
    )


_DONE = {
    PlannerActionKind.APPROVE: Text(en="approval", ru="утверждение"),
    PlannerActionKind.REJECT: Text(en="rejection", ru="отклонение"),
    PlannerActionKind.OVERRIDE_PLANT: Text(en="another plant", ru="другой завод"),
    PlannerActionKind.OVERRIDE_DATE: Text(en="another day", ru="другой день"),
    PlannerActionKind.FREEZE: Text(en="freeze", ru="остановка маршрутизации"),
    PlannerActionKind.RELEASE: Text(en="release", ru="возобновление маршрутизации"),
    PlannerActionKind.CANCEL: Text(en="cancellation", ru="отмена"),
}


def sent(value: messages.PlannerAction) -> Text:
    """Say what was sent, and how its effect is seen."""
    what, key = _DONE[value["action"]], value["order_key"]
    more = "".join(f", {given}" for given in (value["plant"], value["date"]) if given)
    part = value["plant_order_id"]
    line = value["line_id"]
    en = f"plant order {part}" if part else f"{key}, line {line}" if line else key
    ru = f"заказ заводу {part}" if part else f"{key}, строка {line}" if line else key
    return Text(
        en=f"Sent: {what.en}{more} ({en}), as action {value['action_id']} of {value['actor']}.\n"
        f"See what follows with `kranhub why {key}` and `kranhub trace {key}`; an action that the planner refuses "
        "stands on hub.dead-letters.",
        ru=f"Отправлено: {what.ru}{more} ({ru}), действие {value['action_id']}, {value['actor']}.\n"
        f"Последствия покажут `kranhub why {key}` и `kranhub trace {key}`; действие, которое планировщик не принял, "
        "попадает в hub.dead-letters.",
    )
