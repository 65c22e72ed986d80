"""The whole journey on real parts: Kafka, the registry, a Tryton with two companies, four plants' databases.

What `make demo` shows is asserted by the demonstration's own independent checker; beyond it, a plant changes a date and
the customer cancels an order.
"""

import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.demo import checker, clerks
from deploy.demo import tryton_people as people
from deploy.demo.clerks import CRANE, MOTORS, REFUSING
from deploy.demo.journey import Journey
from deploy.demo.scene import CUSTOMER, DATABASES, Scene
from deploy.demo.tryton_erp import quiet
from kranhub.settings import endpoints
from tests.support import stream_contract
from tests.support.tryton import CACHE

# On a loaded machine building Tryton's template alone takes minutes.
pytestmark = [pytest.mark.stack, pytest.mark.tryton, pytest.mark.timeout(900)]

PATIENCE_S = 120.0
LATE = date.today() + timedelta(days=90)  # noqa: DTZ011


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    started = Scene(tmp_path_factory.mktemp("journey") / "demo", "journey.", quiet, CACHE)
    try:
        started.start()
        yield started
    finally:
        started.stop()


def until(scene: Scene, condition: Callable[[], Any], what: str) -> None:
    """Let the plants' people work until the condition holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert scene.alive, (scene.root / "hub.log").read_text()[-2000:]
        assert time.monotonic() < deadline, f"not within {PATIENCE_S:.0f} s: {what}"
        clerks.answer(scene, REFUSING, {"oetz": LATE})  # it accepts, but for a later day than everybody else
        time.sleep(0.3)


def audit(scene: Scene) -> checker.Verdict:
    where = endpoints(scene.settings)
    return checker.audit(scene, where.bootstrap, where.registry_url)


def test_a_crane_goes_through_five_plants_and_back_and_an_order_can_be_cancelled(scene: Scene) -> None:
    wishes = {wish.title: number for number, wish in clerks.place_orders(scene, (CRANE, MOTORS)).items()}
    crane, motors = wishes[CRANE.title], wishes[MOTORS.title]
    with Journey(scene.settings, {crane: CRANE, motors: MOTORS}) as journey:
        follow_both(scene, journey, crane, motors)
    verdict = audit(scene)
    assert (verdict.lost, verdict.duplicated, verdict.dead_letters) == ([], [], 0)
    assert verdict.plant_orders == verdict.delivered == 9


def test_every_record_of_the_journey_keeps_the_streams_contract(scene: Scene) -> None:
    """What five connectors, the core and its master data have written, read with another client and another codec."""
    where = endpoints(scene.settings)
    seen, mistakes = stream_contract.check(where.bootstrap, where.registry_url, scene.settings.namespace)
    assert mistakes == []
    assert seen.records > 100


def follow_both(scene: Scene, journey: Journey, crane: str, motors: str) -> None:
    until(scene, lambda: journey.states == {crane: "CONFIRMED", motors: "CONFIRMED"}, "both orders are confirmed")
    assert journey.error is None
    asked = sorted(journey.plants[crane].values())
    assert [plant for plant, _ in asked] == [
        *("oemz", "oetz", "ruskran", "ruskran", "ruskran"),
        *("tsvetnoy-bulvar", "zmk-most", "zmk-most"),
    ]
    assert dict(asked)["tsvetnoy-bulvar"] == "✗"  # it refused, and the next plant took the coating
    assert dict(asked)["oetz"] == "≈"
    # The latest part decides: behind it are a day's way, ten working days of assembly, and the way to the customer.
    after = date.fromisoformat(journey.promises[crane]) - LATE
    assert timedelta(days=13) <= after <= timedelta(days=35)

    with scene.tryton.open(DATABASES[CUSTOMER]) as rpc:
        people.cancel_purchase(rpc, motors)
    until(scene, lambda: journey.states[motors] == "CANCELLED", "the customer is told that the order is cancelled")
    until(scene, lambda: _cancelled_at_the_plant(scene, motors), "the plant's own system shows the cancellation")
    until(scene, lambda: "(CONFIRMED)" in checker.purchase_comments(scene)[crane], "the purchase shows the status")


def _cancelled_at_the_plant(scene: Scene, number: str) -> bool:
    plant = next(plant for plant in scene.plants if plant.plant == "oemz")
    return any(f":{number}/" in reference and not live for reference, live in plant.references())


def test_the_audit_sees_a_loss_and_a_duplicate_planted_in_the_erps(scene: Scene) -> None:
    """Runs after the journey, on its databases: the checker's eyes are tested on real files."""
    plant = next(plant for plant in scene.plants if plant.plant == "tsvetnoy-bulvar")
    ((reference, _),) = plant.references()
    plant._run(
        'INSERT INTO "Заявки" ("ВнешнийНомер", "Заказчик", "Срок", "Состояние") VALUES (:r, 1, 1, 1)', r=reference
    )
    oetz = next(plant for plant in scene.plants if plant.plant == "oetz")
    ((missing, _),) = oetz.references()
    oetz._run("DELETE FROM customer_order WHERE ext_ref = :r", r=missing)
    verdict = audit(scene)
    assert verdict.duplicated == [f"tsvetnoy-bulvar: {reference} x 2"]
    assert verdict.lost == [f"oetz: {missing}"]


def test_the_demonstration_stops_everything_it_started(scene: Scene) -> None:
    scene.stop()
    assert not scene.alive
    assert scene.tryton.pid is None
    assert not Path(scene.root / "demo.json").exists()
