"""A core that was restored goes on from what the ERPs hold; the real stages, without Kafka."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from kranhub.broker.reading import Message
from kranhub.operations.recovery import Recovery, Reports, Task
from kranhub.wire import envelope
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import RecoveryPhase, Subject
from streams.processor.outputs import ProducerRecord
from streams.stages.planner import Planner
from tests.support.batches import CODEC, NAMESPACE
from tests.support.in_memory_hub import SETTINGS, InMemoryHub
from tests.support.plants import BUYER, MASTER, full_receipt
from tools.harness.core import line, order, response
from tools.harness.in_memory_core import NOW

KEY, WORK = f"{BUYER}:17", f"{NAMESPACE}hub.work"
PAINT = line("1", "ОКР-М2", 100, "MTK")


class Hub(InMemoryHub):
    """A hub that may be recovering."""

    def __init__(self, *, recovering: bool = False) -> None:
        super().__init__()
        if recovering:
            self.recover()

    def recover(self) -> None:
        """Go on as a worker does that was started for a recovery."""
        self.core._behind[0] = Planner(SETTINGS, CODEC, "r1")

    def order(self, *lines: dict[str, Any], version: str = "a", **changes: Any) -> None:
        self.write(BUYER, "Order", order("17", *lines, **changes), f"{BUYER}/Order/17/0/{version}")

    def answer(self, asked: dict[str, Any], code: str) -> None:
        number = asked["plant_order_id"]
        self.write(
            asked["plant"], "OrderResponse", response(asked, code), f"{asked['plant']}/OrderResponse/{number}/0/a"
        )

    def receipt(self, asked: dict[str, Any]) -> None:
        """The plant's sink has delivered the plant order."""
        self.write(asked["plant"], "Receipt", full_receipt(asked, "APPLIED", NOW), f"{asked['plant']}/Receipt/1/0/a")

    def work(self, subject: str, key: str, value: Any) -> None:
        head = envelope.headers(Envelope(f"hub/{subject}/{key}", "/hub/recovery", f"kranhub.{subject}"))
        self.said += self.core.route([ProducerRecord(WORK, key.encode(), CODEC.encode(Subject(subject), value), head)])

    def held(self, subject: str, member: str, key: str, revision: int, **words: Any) -> None:
        value = {"recovery_id": "r1", "member": member, "connector": "c", "subject": subject, "key": key}
        self.work("Held", KEY, {**value, "revision": revision, **words})

    def holds(self, asked: dict[str, Any], **changes: Any) -> None:
        first = asked["lines"][0]
        told = {name: first[name] for name in ("line_id", "item_code", "quantity", "unit")}
        words = {"requested_date": asked["requested_date"], "lines": [told], **changes}
        self.held(
            "PlantOrder", asked["plant"], asked["plant_order_id"], words.pop("revision", asked["revision"]), **words
        )

    def finish(self) -> None:
        """Everybody has reported."""
        everybody = sorted(MASTER.members.by_id)
        value: Any = {
            "recovery_id": "r1",
            "phase": "FINISHED",
            "begun_at": NOW,
            "plants": everybody,
            "customers": everybody,
        }
        head = envelope.headers(Envelope("hub/Recovery/r1", "/hub/recovery", "kranhub.Recovery"))
        data = CODEC.encode(Subject.RECOVERY, value)
        for key in (f"k{number}" for number in range(200)):  # whichever partitions there are
            self.said += self.core.route([ProducerRecord(WORK, key.encode(), data, head)])

    def asked(self) -> list[tuple[str, str, int]]:
        return [(v["plant_order_id"], v["plant"], v["revision"]) for v in self.records("PlantOrder")]

    def alerts(self) -> list[str]:
        return [alert["code"] for alert in self.records("Alert", "alerts")]

    def states(self) -> list[tuple[str, int]]:
        return [(status["state"], status["revision"]) for status in self.records("OrderStatus")]


@pytest.fixture(scope="module")
def former() -> Hub:
    """The hub before: paint went to one plant, which refused, and stands at the next, which has agreed."""
    hub = Hub()
    hub.order(PAINT)
    for code in ("RE", "AP"):
        *_, asked = hub.records("PlantOrder")
        hub.answer(asked, code)
    assert hub.states()[-1][0] == "CONFIRMED"
    return hub


def test_nothing_is_decided_before_everything_was_read(former: Hub) -> None:
    hub = Hub(recovering=True)
    hub.order(PAINT)
    assert (hub.asked(), hub.states()) == ([], [])
    hub.core.tick(NOW + timedelta(days=9))
    hub.finish()
    assert [plant for _, plant, _ in hub.asked()] == ["tsvetnoy-bulvar"], "no ERP held anything: it is a new order"
    assert hub.states()[0] == ("RECEIVED", 1)


def test_an_order_goes_on_where_its_plants_and_its_buyer_are(former: Hub) -> None:
    hub = Hub(recovering=True)
    first, second = former.records("PlantOrder")
    hub.answer(second, "AP")
    hub.answer(first, "RE")
    hub.holds(second)
    hub.order(PAINT)
    hub.holds(first)
    *_, told = former.records("OrderStatus")
    hub.held("OrderStatus", BUYER, "17", told["revision"], state=told["state"], promised_date=told["promised_date"])
    assert hub.states() == []
    hub.finish()
    assert (hub.asked(), hub.states(), hub.alerts()) == ([], [], [])
    assert [*hub.records("DeadLetter", "dead-letters")] == []
    hub.order({**PAINT, "quantity": Decimal(120)}, version="b")
    assert hub.asked() == [(f"{KEY}/1.1.2", "zmk-most", 2)], "revision 1 is followed by 2, where it stands now"
    assert hub.states()[-1][1] > told["revision"]


def test_a_plant_that_has_seen_revision_3_gets_4(former: Hub) -> None:
    hub = Hub(recovering=True)
    (first, *_) = former.records("PlantOrder")
    hub.holds(first, revision=3)
    hub.order({**PAINT, "quantity": Decimal(70)})
    hub.finish()
    assert hub.asked() == [(f"{KEY}/1.1.1", "tsvetnoy-bulvar", 4)]


def test_a_customer_is_not_told_less_because_an_answer_is_missing(former: Hub) -> None:
    hub = Hub(recovering=True)
    (first, *_) = former.records("PlantOrder")
    hub.holds(first)
    hub.order(PAINT)
    hub.held("OrderStatus", BUYER, "17", 9, state="IN_PRODUCTION", promised_date=None)
    hub.finish()
    assert (hub.states(), hub.alerts()) == ([], ["recovery-told-more"])
    hub.answer(first, "AP")
    assert hub.states() == [("CONFIRMED", 10)], "what is news is told, behind what was shown"


def test_what_was_taken_back_by_hand_is_not_ordered_again(former: Hub) -> None:
    hub = Hub(recovering=True)
    (first, *_) = former.records("PlantOrder")
    hub.holds(first, revision=2, cancelled=True)
    hub.order(PAINT)
    hub.finish()
    assert (hub.asked(), hub.alerts()) == ([], ["recovery-cancelled"])
    assert hub.states()[-1][0] == "ON_HOLD"


def test_a_code_that_nobody_knows_freezes_the_order(former: Hub) -> None:
    hub = Hub(recovering=True)
    (first, *_) = former.records("PlantOrder")
    unknown = {**first, "lines": [{**first["lines"][0], "item_code": "?"}]}
    hub.holds(unknown)
    hub.order(line("1", "КР-10-22.5", 1))
    hub.finish()
    assert (hub.asked(), hub.alerts()) == ([], ["recovery-unread"])


def test_plant_orders_of_an_order_that_no_buyer_tells_are_said_and_taken_up_when_it_comes(former: Hub) -> None:
    hub = Hub(recovering=True)
    (first, *_) = former.records("PlantOrder")
    hub.holds(first)
    hub.finish()
    assert (hub.asked(), hub.alerts()) == ([], ["recovery-no-order"])
    hub.order(PAINT)
    assert hub.asked() == []
    assert hub.states()[-1][0] == "PLANNED"


def test_what_a_plants_erp_has_lost_is_said_although_nobody_tells_anything_of_the_order() -> None:
    hub = Hub()
    hub.order(PAINT)
    (asked,) = hub.records("PlantOrder")
    hub.receipt(asked)
    hub.recover()
    hub.finish()
    assert hub.alerts() == ["recovery-missing"]


def test_a_receipt_that_lay_unread_counts_for_what_an_erp_has_lost() -> None:
    hub = Hub()
    hub.order(PAINT)
    (asked,) = hub.records("PlantOrder")
    hub.recover()
    hub.receipt(asked)
    hub.finish()
    assert hub.alerts() == ["recovery-missing"]


def _message(topic: str, subject: str, at: datetime, key: str = "k", **value: Any) -> Message:
    about = Envelope("e", "s", f"kranhub.{subject}")
    return Message(f"{NAMESPACE}{topic}", 0, 0, at, key, about, Subject(subject), cast(Any, value or None), b"")


BEGUN = datetime(2026, 11, 29, tzinfo=UTC)
RECOVERY = Recovery("r1", RecoveryPhase.ASKED, BEGUN, recorded_at=BEGUN)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("backup_at", "counts"),
    [(BEGUN - MINUTE, {-1: False, 0: True, 1: True, 6: True}), (None, {-1: False, 1: False, 5: True, 6: True})],
    ids=["restored by kranhub", "restored by other means"],
)
def test_a_source_that_reports_before_the_first_record_of_a_recovery_counts_where_the_restore_is_known(
    backup_at: datetime | None, counts: dict[int, bool]
) -> None:
    recovery = Recovery("r1", RecoveryPhase.ASKED, BEGUN, backup_at, recorded_at=BEGUN + 5 * MINUTE)
    about: dict[str, Any] = {"member": "oemz", "connector": "c", "task": "source", "recovery_id": None}
    for minutes, wanted in counts.items():
        report = _message("out.oemz.recovery", "HeldReport", BEGUN + minutes * MINUTE, **about)
        assert bool(Reports().take(report, recovery).sources) == wanted, minutes


def test_a_recovery_waits_for_every_task_that_is_known_and_not_forgotten() -> None:
    reports = Reports()

    def take(topic: str, subject: str, at: datetime = BEGUN, key: str = "k", **value: Any) -> list[str]:
        nonlocal reports
        reports = reports.take(_message(topic, subject, at, key, **value), RECOVERY)
        return [str(task) for task in reports.missing(())]

    def status(task: str) -> Any:
        return {"member": "oemz", "connector": "c", "task": task}

    take("out.oemz.connector-status", "ConnectorStatus", **status("source"))
    assert take("out.oemz.connector-status", "ConnectorStatus", **status("sink")) == ["oemz/c.sink", "oemz/c.source"]
    early = BEGUN - timedelta(seconds=1)
    assert len(take("out.oemz.recovery", "HeldReport", early, **status("source"), recovery_id=None)) == 2
    assert take("out.oemz.recovery", "HeldReport", **status("source"), recovery_id=None) == ["oemz/c.sink"]
    told: dict[str, Any] = {"supported": True, "subjects": ["PlantOrder"]}
    assert take("out.oemz.recovery", "HeldReport", **status("sink"), recovery_id="r0", **told) == ["oemz/c.sink"]
    assert reports.missing(("oemz",)) == []
    assert take("out.oemz.recovery", "HeldReport", **status("sink"), recovery_id="r1", **told) == []
    assert (reports.reporting(Subject.PLANT_ORDER), reports.reporting(Subject.ORDER_STATUS)) == (("oemz",), ())
    take("out.zmk-most.connector-status", "ConnectorStatus", member="zmk-most", connector="d", task="sink")
    assert take("out.zmk-most.connector-status", "ConnectorStatus", key="d.sink") == []
    mute: dict[str, Any] = {
        "member": "oetz",
        "connector": "e",
        "task": "sink",
        "supported": False,
        "subjects": ["PlantOrder"],
    }
    assert take("out.oetz.recovery", "HeldReport", **mute, recovery_id="r1") == []
    assert (reports.unable(), reports.reporting(Subject.PLANT_ORDER)) == ([Task("oetz", "e", "sink")], ("oemz",))
