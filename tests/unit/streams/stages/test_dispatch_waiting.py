"""A topic that does not exist: what is for it waits in its order, the planner is told, and it goes once it is there."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from kranhub.settings import Settings
from kranhub.wire.messages import Subject
from streams.processor.batch import Batch
from streams.processor.state.store import Store
from streams.routing.notify import open_alerts
from streams.routing.notify.open_alerts import Since
from streams.stages import dispatch
from streams.stages.dispatch import Dispatch
from tests.support.batches import CODEC, WORK, batch, dead_letters, partitions, record, sent_records, value
from tests.support.order_lines import MOTORS
from tests.support.placed_orders import FIRST, Plants, accepts, placed, send, waiting
from tests.support.plants import BUYER, KEY, START, Event, Value

OEMZ, STATUSES = "t.in.oemz.orders", f"t.in.{BUYER}.statuses"


class Stage:
    """The stage over its state, and the topics that exist."""

    def __init__(self, *missing: str) -> None:
        self.store, self.missing, self.at = Store(), set(missing), 0

    def take(self, subject: str, value: Value, event_id: str = "", headers: Any = ()) -> Batch:
        """Let it process one record; return what came of it."""
        head = [("ce_type", f"kranhub.{subject}".encode()), ("ce_id", (event_id or f"e{self.at}").encode()), *headers]
        of = batch(Dispatch(Settings(namespace="t."), CODEC), self.store, self._count)
        of.process([record(self.at, KEY, CODEC.encode(Subject(subject), value), headers=head)])
        of.commit()
        self.at += 1
        return of

    def tick(self) -> Batch:
        return self.take("Tick", {"time": START})

    def _count(self, topic: str) -> int:
        return 0 if topic in self.missing else partitions(topic)


def orders() -> list[Value]:
    """Two revisions of a plant order for oemz."""
    cluster = placed(MOTORS)
    send(cluster, "o2", {**MOTORS, "quantity": Decimal(6)})
    return cluster.delivered("oemz")


def reports(of: Batch) -> list[tuple[str, bool]]:
    found = [value(one) for one in sent_records(of) if one.topic == WORK]
    return [(report["plant_order_id"], report["held"]) for report in found]


def handed(of: Batch, topic: str = OEMZ) -> list[tuple[int, bytes]]:
    """What went to the topic: each revision with its event's id."""
    return [
        (value(one)["revision"], dict(one.headers or ())["ce_id"]) for one in sent_records(of) if one.topic == topic
    ]


def test_what_is_for_a_missing_topic_waits_and_goes_in_its_order_with_the_first_tick_after() -> None:
    stage, (first, second) = Stage(OEMZ), orders()
    rule = [("kranhub-rule", b"stock"), ("ce_source", b"/hub/planner")]
    held = stage.take("PlantOrder", first, "one", rule)
    assert (dead_letters(held), handed(held), reports(held)) == ([], [], [(FIRST, True)])
    assert handed(stage.tick()) == []
    stage.missing.clear()
    assert handed(stage.take("PlantOrder", second, "two")) == []
    sent = stage.tick()
    assert (handed(sent), reports(sent)) == ([(1, b"one"), (2, b"two")], [(FIRST, False), (FIRST, False)])
    (output, *_) = [one for one in sent_records(sent) if one.topic == OEMZ]
    assert dict(output.headers or ())["kranhub-rule"] == b"stock"
    assert dict(output.headers or ())["ce_source"] == b"/hub/planner"
    assert (handed(stage.tick()), stage.store.values) == ([], {})


def test_other_addressees_get_theirs_meanwhile() -> None:
    stage, cluster = Stage(OEMZ), placed(MOTORS)
    stage.take("PlantOrder", cluster.delivered("oemz")[0])
    assert len(handed(stage.take("OrderStatus", cluster.status()), STATUSES)) == 1


def test_statuses_wait_as_well_without_a_word_to_the_planner() -> None:
    stage, cluster = Stage(STATUSES), placed(MOTORS)
    held = stage.take("OrderStatus", cluster.status())
    assert (dead_letters(held), sent_records(held)) == ([], [])
    stage.missing.clear()
    assert len(handed(stage.tick(), STATUSES)) == 1


def test_what_waits_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr(dispatch, "MAX_WAITING", 1)
    stage, (first, second) = Stage(OEMZ), orders()
    stage.take("PlantOrder", first)
    assert [letter["code"] for letter in dead_letters(stage.take("PlantOrder", second))] == ["unknown-topic"]


def report(cluster: Plants, *, held: bool) -> None:
    value = {"order_key": KEY, "plant_order_id": FIRST, "topic": OEMZ, "held": held, "at": cluster.today}
    cluster.take(Event(f"report-{cluster.clock}", "DispatchStatus", value))
    cluster.run()


def test_the_order_is_on_hold_listed_and_goes_on() -> None:
    cluster = Plants(lambda asked: [])
    send(cluster, "o1", MOTORS)
    report(cluster, held=True)
    assert (cluster.status()["state"], cluster.status()["cause"]) == ("ON_HOLD", "no-topic")
    (alert,) = waiting(cluster)
    assert (alert["code"], OEMZ in alert["text"]["en"], FIRST in alert["text"]["ru"]) == ("no-topic", True, True)
    cluster.today += timedelta(days=30)
    cluster.wake()
    assert len(cluster.subjects("PlantOrder")) == 1
    report(cluster, held=False)
    assert (cluster.status()["state"], cluster.status()["cause"]) == ("PLANNED", "plant-back")
    assert cluster.state is not None
    assert cluster.state.due is not None
    assert cluster.state.due > cluster.today
    since = Since(cluster.subjects(Subject.PLANT_ORDER), cluster.addressed(BUYER), [])
    assert open_alerts.waiting(cluster.subjects(Subject.ALERT), {KEY: since}, cluster.today) == []


def test_a_report_of_what_has_moved_or_is_over_changes_nothing() -> None:
    cluster = Plants(accepts)
    report(cluster, held=True)
    assert (cluster.state, cluster.sent) == (None, [])
    send(cluster, "o1", MOTORS)
    send(cluster, "o2", MOTORS, document_status="CANCELLED")
    report(cluster, held=True)
    assert cluster.status()["state"] == "CANCELLED"
