"""What `kranhub rules` writes for a person, in both languages."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from kranhub.text import Text
from kranhub.wire.plain_json import plain
from streams.routing.masterdata.difference import Change, What
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.replay.what_if import ChangedDate, ChangedPlacement, Differences, Gaps, Placement

HELP = Text(
    en="Check, compare, try out and publish the files that routing follows: members, nomenclature, rules, calendars, "
    "rates.",
    ru="Проверить, сравнить, испытать и опубликовать файлы, по которым идёт маршрутизация: участники, номенклатура, "
    "правила, календари, курсы.",
)
CHECK = Text(
    en="Check the files. Exit 4: a mistake. Exit 5: findings, such as a rule that never decides.",
    ru="Проверить файлы. Код 4: ошибка. Код 5: есть замечания, например правило, которое никогда не решает.",
)
DIFF = Text(
    en="Say what publishing the files would change, entry by entry.",
    ru="Показать, что изменит публикация файлов, запись за записью.",
)
WHAT_IF = Text(
    en="Plan the recorded orders again, by what is published and by the files, and say what would be different.",
    ru="Заново спланировать записанные заказы по опубликованным справочникам и по файлам и показать разницу.",
)
PUBLISH = Text(
    en="Publish the files after checking them. The running core takes them up; the audit names who and why.",
    ru="Опубликовать файлы после проверки. Ядро примет их на ходу; в журнале аудита останется, кто и почему.",
)
MEMBERS = Text(en="the members file", ru="файл участников")
NOMENCLATURE = Text(en="the nomenclature file", ru="файл номенклатуры")
RULES = Text(en="the rules file", ru="файл правил")
CALENDARS = Text(en="the calendars file", ru="файл календарей")
RATES = Text(en="the exchange rates file", ru="файл курсов валют")
SINCE = Text(
    en="only orders that began in the last so many days", ru="только заказы, начатые за столько последних дней"
)
ORDERS = Text(en="only the newest so many orders", ru="только столько самых новых заказов")

SAME = Text(en="The files are what is published.", ru="Файлы совпадают с опубликованным.")
NO_ORDERS = Text(en="No order of that time is recorded on hub.work.", ru="В hub.work нет заказов за это время.")
SIMULATION = Text(
    en="Stock and capacity are worked out again from the recorded levels, disruptions and requests of all orders. What "
    "buyers, plants and people said is taken from the record where the same was asked of the same plant; elsewhere a "
    "plant is taken to accept for the day that its capacity allows.",
    ru="Запасы и мощности рассчитаны заново по записанным остаткам, сбоям и запросам всех заказов. Ответы заказчиков, "
    "заводов и сотрудников взяты из записей там, где того же завода спросили о том же; в остальном считается, что "
    "завод согласен на день, который позволяет его мощность.",
)
NAMED = 5
"""How many stocks a sentence names."""

_KINDS = {
    "CALENDAR": Text(en="calendar", ru="календарь"),
    "PARTY": Text(en="member", ru="участник"),
    "CUTOVER": Text(en="cutover of", ru="подключение участника"),
    "ITEM": Text(en="item", ru="позиция"),
    "BILL": Text(en="bill", ru="спецификация"),
    "TRANSPORT": Text(en="transport", ru="перевозка"),
    "RULE": Text(en="rule", ru="правило"),
    "RATE": Text(en="exchange rate", ru="курс"),
    "PUBLICATION": Text(en="publication", ru="публикация"),
}
_WHAT = {
    What.ADDED: Text(en="added", ru="добавлено"),
    What.CHANGED: Text(en="changed", ru="изменено"),
    What.REMOVED: Text(en="removed", ru="удалено"),
}


def sound(master: MasterData, findings: int) -> Text:
    """Say that the files are valid, and how much they hold."""
    found = f"{len(master.members.members)}, {len(master.nomenclature.items)}, {len(master.rules.rules)}"
    findings_en = f"Findings: {findings}." if findings else "No findings."
    findings_ru = f"Замечаний: {findings}." if findings else "Замечаний нет."
    return Text(
        en=f"No mistakes: version {master.version}; members, items, rules: {found}. {findings_en}",
        ru=f"Ошибок нет: версия {master.version}; участников, позиций, правил: {found}. {findings_ru}",
    )


def versions(before: int | None, after: int) -> Text:
    """Say from which version to which."""
    return Text(
        en=f"Published: version {before or '-'}. The files: version {after}.",
        ru=f"Опубликована версия {before or '-'}. В файлах версия {after}.",
    )


def change(found: Change) -> Iterator[str]:
    """Yield the lines about a changed entry, in the reader's language."""
    kind = _KINDS.get(found.kind, Text(en=found.kind, ru=found.kind))
    key = "" if found.kind in ("TRANSPORT", "PUBLICATION") else f" {found.key}"
    yield f"{kind}{key}: {_WHAT[found.what]}"
    for field in found.fields:
        yield f"  {field.path}: {_shown(field.before)} -> {_shown(field.after)}"


def _shown(value: Any) -> str:
    return "-" if value is None else json.dumps(value, ensure_ascii=False)


def placement_changed(found: ChangedPlacement, before: MasterData, after: MasterData) -> Text:
    """Return the line about a part that would go elsewhere.

    Args:
        found: The part, with its places before and after.
        before: The published master data.
        after: The master data that are tried out.
    """
    known = after if found.item in after.items else before
    name = known.item_name(found.item)
    old, new = _places(found.before, before), _places(found.after, after)
    return Text(
        en=f"{found.order_key}, line {found.line_id}, {name.en} ({found.item}): {old.en} -> {new.en}",
        ru=f"{found.order_key}, строка {found.line_id}, {name.ru} ({found.item}): {old.ru} -> {new.ru}",
    )


def _places(placements: Sequence[Placement], master: MasterData) -> Text:
    if not placements:
        return Text(en="not planned", ru="не планируется")
    each = [_placed(placement, master) for placement in placements]
    return Text(en=" + ".join(text.en for text in each), ru=" + ".join(text.ru for text in each))


def _placed(placement: Placement, master: MasterData) -> Text:
    amount = plain(placement.quantity)
    if placement.plant is None:
        why = placement.held or "-"
        return Text(en=f"{amount} held ({why})", ru=f"{amount} задержано ({why})")
    who = master.name(placement.plant)
    return Text(
        en=f"{who.en} {amount} (rule {placement.rule}{', waits for approval' if placement.waits else ''})",
        ru=f"{who.ru} {amount} (правило {placement.rule}{', ждёт утверждения' if placement.waits else ''})",
    )


def date_changed(found: ChangedDate) -> Text:
    """Say which line would be at its consignee on another day."""
    old, new = found.before or "-", found.after or "-"
    return Text(
        en=f"{found.order_key}, line {found.line_id}, day at the consignee: {old} -> {new}",
        ru=f"{found.order_key}, строка {found.line_id}, день у получателя: {old} -> {new}",
    )


def totals(found: Differences) -> Text:
    """Sum up what would be different."""
    return Text(
        en=f"Compared: orders {found.orders}, lines {found.lines}. Elsewhere: orders {found.orders_moved}, parts "
        f"{len(found.moved)}, of them newly held {found.newly_held}. Lines later: {found.later}, earlier: "
        f"{found.earlier}.",
        ru=f"Сравнено: заказов {found.orders}, строк {found.lines}. В другом месте: заказов {found.orders_moved}, "
        f"частей {len(found.moved)}, из них вновь задержано {found.newly_held}. Строк позже: {found.later}, раньше: "
        f"{found.earlier}.",
    )


def not_known(found: Gaps) -> list[Text]:
    """Return the sentences about what the replay does not know."""
    stocks = found.opening or {}
    texts = []
    if found.since is not None:
        since = f"{found.since:%Y-%m-%d %H:%M} UTC"
        texts.append(
            Text(
                en=f"The record begins on {since}. What was reserved before is not known: plants may have been fuller.",
                ru=f"Записи начинаются {since}. Что было зарезервировано раньше, неизвестно: заводы могли быть "
                "загружены сильнее.",
            )
        )
    if stocks:
        some = [f"{key.plant} {key.item} {plain(quantity)}" for key, quantity in sorted(stocks.items())]
        listed = ", ".join(some[:NAMED]) + (", …" if len(some) > NAMED else "")
        texts.append(
            Text(
                en=f"Stocks that no recorded level shows: {len(some)}. They are taken to have held what was promised "
                f"of them: {listed}.",
                ru=f"Запасов, которых нет ни в одной записи остатков: {len(some)}. Считается, что там было то, что из "
                f"них обещали: {listed}.",
            )
        )
    if found.differing:
        texts.append(
            Text(
                en=f"Of {found.answers} recorded reservations the replay by the published master data answers "
                f"{found.differing} otherwise.",
                ru=f"Из записанных резервов ({found.answers}) повтор по опубликованным справочникам даёт иной ответ в "
                f"{found.differing}.",
            )
        )
    return texts


def published(count: int, before: int | None, after: int) -> Text:
    """Return the line about a publication.

    Args:
        count: How many entries were written.
        before: The former version; None for none.
        after: The version now.
    """
    return Text(
        en=f"Published: {count} entries, version {before or '-'} -> {after}. The running core takes them up by itself.",
        ru=f"Опубликовано записей: {count}, версия {before or '-'} -> {after}. Ядро примет их само.",
    )


def same_version(version: int) -> Text:
    """Say that the version must rise."""
    return Text(
        en=f"The files differ from what is published, but both are version {version}. Raise `version` in the "
        "nomenclature: decisions and the audit tell states of the master data apart by it.",
        ru=f"Файлы отличаются от опубликованного, но версия та же: {version}. Поднимите `version` в номенклатуре: "
        "по ней решения и аудит различают состояния справочников.",
    )
