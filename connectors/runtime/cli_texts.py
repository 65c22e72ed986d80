"""What `kranhub connector` writes for a person."""

from collections.abc import Sequence

from kranhub.parties.members import Member
from kranhub.text import Text

CHECKPOINT = Text(
    en="Delete its checkpoint too: a connector of this name then reads its ERP from the beginning.",
    ru="Удалить и контрольную точку: коннектор с этим именем прочитает систему с начала.",
)


GONE = Text(en="I have made sure that its process has ended.", ru="Я удостоверился, что его процесс завершён.")


BOTH = Text(en="Write member/name, as `kranhub status` does.", ru="Укажите участник/имя, как пишет `kranhub status`.")


def questions(member: Member) -> Sequence[Text]:
    """Return what `kranhub connector check` asks of who keeps the member's ERP: what the members file does not say."""
    unsaid = ", ".join(site.id for site in member.sites if site.reserved_contains_hub_orders is None)
    return [_reserved(member.id, unsaid)] if member.makes and unsaid else []


def _reserved(member: str, sites: str) -> Text:
    return Text(
        en=f"Does `reserved` of the stock levels of {member} ({sites}) contain what the ERP has promised to the hub's "
        "orders, from the receipt of a plant order until it is shipped? The members file does not say. Until it does, "
        "the hub counts these promises itself until they are shipped: nothing is promised twice, but where the ERP "
        "reserves them too, less is offered from stock than there is. Have the centre set "
        "`reserved_contains_hub_orders: true` or `false` at the site.",
        ru=f"Входит ли в `reserved` в остатках {member} ({sites}) то, что учётная система обещала заказам центра, от "
        "получения заказа заводу до отгрузки? В файле участников этого нет. Пока не указано, центр сам считает эти "
        "обещания до отгрузки: дважды ничего не обещано, но если система их тоже резервирует, со склада предлагается "
        "меньше, чем есть. Попросите центр указать у площадки `reserved_contains_hub_orders: true` или `false`.",
    )


def forgotten(name: str, *, checkpoint: bool) -> Text:
    """Return that a connector is forgotten, and what becomes of its checkpoint."""
    if checkpoint:
        return Text(
            en=f"{name} is forgotten, with its checkpoint: the next connector of this name reads everything anew.",
            ru=f"{name} забыт вместе с контрольной точкой: новый коннектор с этим именем прочитает всё заново.",
        )
    return Text(
        en=f"{name} is forgotten. Its checkpoint stays: the next connector of this name goes on where it stood.",
        ru=f"{name} забыт. Контрольная точка осталась: новый коннектор с этим именем продолжит с того же места.",
    )
