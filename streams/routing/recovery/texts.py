"""What the hub could not decide by itself after a restore: the alerts for the operators who must."""

from typing import NamedTuple

from kranhub.text import Text
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Attempt
from streams.routing.model.codes import AlertCode, CauseCode
from streams.routing.model.portion import Portion
from streams.routing.reasons import Cause
from streams.routing.recovery.evidence import HeldOrder

RECOVERED = Cause(
    CauseCode.RECOVERED,
    Text(
        en="The hub was restored from a backup and has read again what the companies' systems hold.",
        ru="Центр восстановлен из резервной копии и заново прочитал данные учётных систем.",
    ),
)


class Finding(NamedTuple):
    """An alert of a recovery.

    Attributes:
        code: The alert's code.
        place: What it is about, as it stands in the alert's id.
        text: What the operators read.
        stops: The order is frozen: nothing more of it is decided until a person has acted.
    """

    code: AlertCode
    place: str
    text: Text
    stops: bool = False


def unread(order: HeldOrder) -> Finding:
    """Return the finding that a plant holds what the hub cannot place in its order."""
    return Finding(
        AlertCode.RECOVERY_UNREAD,
        order.number,
        Text(
            en=f"{order.plant} holds plant order {order.number}, and the hub cannot tell which part of the order it "
            "is: the restored order, its bill or the item code say otherwise. The order is frozen, so that nothing is "
            "ordered twice. Compare with the plant, correct the master data, then `kranhub orders release`.",
            ru=f"У {order.plant} есть заказ {order.number}, но центр не может определить, какая это часть заказа: "
            "восстановленный заказ, спецификация или код номенклатуры говорят иное. Заказ остановлен, чтобы ничего не "
            "заказать дважды. Сверьтесь с заводом, исправьте справочники, затем `kranhub orders release`.",
        ),
        stops=True,
    )


def two_plants(order: HeldOrder, other: str, master: MasterData) -> Finding:
    """Return the finding that two plants have one plant order.

    Args:
        order: The plant order as one of them holds it.
        other: The plant that has it by the hub's state.
        master: The master data, with the names.
    """
    who, else_ = master.name(order.plant), master.name(other)
    return Finding(
        AlertCode.RECOVERY_TWO_PLANTS,
        order.number,
        Text(
            en=f"{who.en} holds plant order {order.number}, which the hub's backup has at {else_.en}. The order is "
            "frozen. Ask both plants, and give the part to one with `kranhub orders override-plant`.",
            ru=f"{who.ru}: есть заказ {order.number}, который в копии центра числится за «{else_.ru}». Заказ "
            "остановлен. Уточните у обоих заводов и отдайте часть одному: `kranhub orders override-plant`.",
        ),
        stops=True,
    )


def missing(number: str, plant: str) -> Finding:
    """Return the finding that a plant's ERP no longer holds what it had taken."""
    return Finding(
        AlertCode.RECOVERY_MISSING,
        number,
        Text(
            en=f"{plant} had taken plant order {number}, and its ERP no longer holds it. Ask the plant: was it "
            "deleted, or was that ERP restored from a backup, too?",
            ru=f"{plant} принимал заказ {number}, а в его учётной системе этого заказа больше нет. Уточните у завода: "
            "его удалили, или система тоже восстановлена из копии?",
        ),
    )


def cancelled(order_key: str, portion: Portion, attempt: Attempt, master: MasterData) -> Finding:
    """Return the finding that a plant holds as cancelled what the order still wants.

    Args:
        order_key: ``buyer:order_id``.
        portion: What the order still wants.
        attempt: The attempt whose plant order is cancelled.
        master: The master data, with the names.
    """
    number, who = portion.id_of(order_key, attempt), master.name(attempt.plant)
    return Finding(
        AlertCode.RECOVERY_CANCELLED,
        number,
        Text(
            en=f"{who.en} holds plant order {number} as cancelled, and the order still wants the part. It was taken "
            "back after the backup, perhaps by hand. `kranhub orders release` plans it again, `cancel` ends the order.",
            ru=f"{who.ru}: заказ {number} отменён, а заказчику часть всё ещё нужна. Её сняли после резервной копии, "
            "возможно вручную. `kranhub orders release` спланирует её снова, `cancel` завершит заказ.",
        ),
    )


def no_parts(order_key: str, portion: Portion, attempt: Attempt, master: MasterData) -> Finding:
    """Return the finding that an assembly counts as one from stock, because no plant holds parts for it.

    Args:
        order_key: ``buyer:order_id``.
        portion: The assembly.
        attempt: The attempt whose plant order is held.
        master: The master data, with the names.
    """
    number, who = portion.id_of(order_key, attempt), master.name(attempt.plant)
    return Finding(
        AlertCode.RECOVERY_NO_PARTS,
        number,
        Text(
            en=f"{who.en} holds plant order {number}, and no plant holds parts for it. The hub takes it as one that "
            "was on stock. Ask the plant; where it is to be built, its parts must be ordered.",
            ru=f"{who.ru}: есть заказ {number}, но частей к нему ни у одного завода нет. Центр считает, что изделие "
            "было на складе. Уточните у завода; если его ещё изготавливать, закажите части.",
        ),
    )


def shown_more(order_key: str, held: str, derived: str) -> Finding:
    """Return the finding that the customer's ERP shows more progress than the hub could find again.

    Args:
        order_key: ``buyer:order_id``.
        held: The state that the customer's ERP shows.
        derived: The state that follows from what was read again.
    """
    return Finding(
        AlertCode.RECOVERY_TOLD_MORE,
        order_key,
        Text(
            en=f"The customer was told {held}, and what the hub could read again says {derived} only. The customer is "
            "not told less; find out which plant's word is missing (`kranhub why`), and have it send its answer again.",
            ru=f"Заказчику сообщено {held}, а из прочитанного заново следует только {derived}. Заказчику меньшее не "
            "сообщается; выясните, чьего ответа не хватает (`kranhub why`), и пусть завод ответит ещё раз.",
        ),
    )


def no_order(order_key: str, numbers: str) -> Text:
    """Return the text that plants hold orders of which no buyer's order is known.

    Args:
        order_key: ``buyer:order_id``.
        numbers: The plant orders' ids, as they stand in the text.
    """
    return Text(
        en=f"Plants hold {numbers} of the order {order_key}, which its buyer's system no longer tells. Ask the buyer; "
        "when the order comes after all, it goes on from there.",
        ru=f"У заводов есть {numbers} по заказу {order_key}, которого система заказчика больше не сообщает. Уточните у "
        "заказчика; если заказ всё же придёт, работа продолжится с этого места.",
    )
