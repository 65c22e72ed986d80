"""The demonstration's checker names a planted loss and a planted duplicate, and is quiet when all is well."""

from dataclasses import replace

from deploy.demo.checker import Facts, PlantOrder, judge

ORDERS = tuple(PlantOrder(f"c:1/1.{part}.1", "oemz", active=True) for part in range(3))
WELL = Facts(
    ordered=frozenset({("1", "ДВ-7.5")}),
    accounted=frozenset({("1", "ДВ-7.5")}),
    plant_orders=ORDERS,
    in_erps=tuple((order.plant, order.id, True) for order in ORDERS),
    dead_letters=1,
)


def test_all_is_well() -> None:
    verdict = judge(WELL)
    assert verdict.line == "journey: orders=1 plant_orders=3 delivered=3 dead_letters=1 lost=0 duplicated=0"


def test_a_plant_order_that_is_in_no_erp_is_named() -> None:
    verdict = judge(replace(WELL, in_erps=WELL.in_erps[1:]))
    assert verdict.lost == ["oemz: c:1/1.0.1"]
    assert (verdict.delivered, verdict.duplicated) == (2, [])


def test_a_plant_order_in_another_plants_erp_is_lost() -> None:
    elsewhere = ("oetz", ORDERS[0].id, True)
    assert judge(replace(WELL, in_erps=(elsewhere, *WELL.in_erps[1:]))).lost == ["oemz: c:1/1.0.1"]


def test_a_reference_that_stands_twice_is_named() -> None:
    verdict = judge(replace(WELL, in_erps=(*WELL.in_erps, WELL.in_erps[0])))
    assert verdict.duplicated == ["oemz: c:1/1.0.1 x 2"]
    assert verdict.lost == []


def test_a_cancelled_twin_is_no_duplicate() -> None:
    twin = (*WELL.in_erps[0][:2], False)
    assert judge(replace(WELL, in_erps=(*WELL.in_erps, twin))).duplicated == []


def test_an_active_plant_order_that_is_only_cancelled_in_the_erp_is_lost() -> None:
    dead = (*WELL.in_erps[0][:2], False)
    assert judge(replace(WELL, in_erps=(dead, *WELL.in_erps[1:]))).lost == ["oemz: c:1/1.0.1"]


def test_a_cancelled_plant_order_need_not_be_live() -> None:
    cancelled = (replace(ORDERS[0], active=False), *ORDERS[1:])
    dead = (*WELL.in_erps[0][:2], False)
    assert judge(replace(WELL, plant_orders=cancelled, in_erps=(dead, *WELL.in_erps[1:]))).lost == []


def test_an_order_line_that_nobody_accounts_for_is_named() -> None:
    verdict = judge(replace(WELL, ordered=WELL.ordered | {("2", "МК-СТ")}))
    assert verdict.lost == ["order 2 line МК-СТ"]
