"""Promise accuracy: hand-worked days of promises and their ends, and the tables that show them."""

from datetime import date, datetime, timedelta

from benchmarks.figures import number
from tests.support.simulated_days import BUYER, FILES, NOW, PLANT, happened, production, response, shipment, status
from tools.simulation.accuracy import Kept, accuracy, summarised
from tools.simulation.report import promise_accuracy
from tools.simulation.verify.placements import at_plants

JANUARY = date(2027, 1, 20)
END = date(2027, 1, 26)


def days(*late: int | None) -> list[Kept]:
    """Promises for 20 January that were kept so many days later; None for not yet."""
    return [Kept("a", JANUARY, None if one is None else JANUARY + timedelta(days=one)) for one in late]


def test_promises_are_counted_by_how_late_they_were_kept() -> None:
    not_due = Kept("a", END, None)
    (found,) = summarised([*days(-9, -1, 0, 0, 1, 2, 3, 4, 30, None), not_due], END).values()
    assert found == {
        "promised": 11,
        "in_time": 4,
        "one_day": 1,
        "three_days": 2,
        "more": 2,
        "overdue": 1,
        "not_due": 1,
        # Of nine, in order: the fifth has half of them at most before it, the ninth nine tenths.
        "days": {"p50": 1, "p90": 30},
    }


def test_each_has_its_own_figures() -> None:
    found = summarised([*days(0), Kept("b", JANUARY, None)], END)
    assert {who: figures["promised"] for who, figures in found.items()} == {"a": 1, "b": 1}
    assert found["b"]["days"] == {"p50": None, "p90": None}


def morning(day: date) -> datetime:
    return NOW + timedelta(days=(day - NOW.date()).days)


def test_the_first_word_of_plant_and_status_counts_against_the_last_fact() -> None:
    later = JANUARY + timedelta(days=5)
    day = happened(
        response(1, JANUARY),
        response(1, later),  # its word is moved, and counts for nothing here
        production(1, "COMPLETED", 4, morning(JANUARY + timedelta(days=2))),
        response(2, JANUARY),
        production(2, "COMPLETED", 2, morning(JANUARY)),  # two of four, so not done
        response(3, JANUARY),
        shipment(3, 4, morning(JANUARY - timedelta(days=1))),
        status(1, "CONFIRMED", JANUARY),
        status(1, "DELIVERED", later, revision=2),
        status(2, "CONFIRMED", JANUARY),
        status(3, "CONFIRMED", JANUARY),
        status(3, "CANCELLED", revision=2),
        end=morning(END),
    )
    found = accuracy(day, at_plants(day), FILES)
    plant, buyer = found["plants"][PLANT], found["buyers"][BUYER]
    counted = ("promised", "in_time", "three_days", "more", "overdue")
    assert [plant[name] for name in counted] == [3, 1, 1, 0, 1]
    assert plant["days"] == {"p50": -1, "p90": 2}
    assert [buyer[name] for name in counted] == [2, 0, 0, 1, 1], "cancelled orders are left out"
    assert buyer["days"]["p50"] == 5


def test_the_report_has_a_row_for_each_plant_and_each_buyer() -> None:
    found = {"plants": summarised(days(0, 4, None), END), "buyers": summarised([], END)}
    plants, buyers = promise_accuracy(found)
    assert plants.splitlines()[-1] == f"| a | 3 | 1 | 0 | 0 | 1 | 1 | 0 | 0 | {number(4)} |"
    assert plants.splitlines()[0].startswith("| plant orders, by plant | promised | in time | a day late |")
    assert len(buyers.splitlines()) == 2
