"""How each plant behaves: how it answers plant orders, and what becomes of the work that it has accepted.

All shares are in percent and small, so that most of a day's orders end as promised; each plant has weaknesses of its
own, so that the report's figures differ from plant to plant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """How a plant answers a plant order."""

    AS_ASKED = "as asked"
    LESS = "less"
    """It takes a part of the quantity."""
    LATER = "later"
    """It names a later day."""
    REFUSED = "refused"
    NONE = "none"
    LATE = "late"
    """It accepts as asked, after its time to answer is over: by then the hub has taken the plant order back."""


class Course(StrEnum):
    """What becomes of what a plant has accepted."""

    EARLY = "early"
    """It is made within days, whatever was promised."""
    AS_PROMISED = "as promised"
    LATE = "late"
    """The production ends days after the promise."""
    SILENT = "silent"
    """The plant reports nothing any more: no work, no shipment."""
    SCRAPPED = "scrapped"
    """The production order is closed with less than planned, and scrap."""
    ABORTED = "aborted"
    """The production order is aborted, and another one begun days later."""
    TAKEN_BACK = "taken back"
    """It is reported as completed, a day later as not, and completed days after that."""


LESS, LATER, REFUSED, UNANSWERED = 3.0, 3.0, 6.0, 3.0
"""Every plant's answers: a smaller quantity, a later day, no, none at all."""

EARLY = 25.0
"""What every plant makes before its promise."""

ASSEMBLED = ("RK-CRANE-10",)
"""What is built of other plants' parts, by the plant's own code: it is never made before its promise."""

SAYS_SO = 0.5
"""The share, 0 to 1, of late work whose plant names the later day as soon as the work has begun."""

ARRIVALS_REPORTED = 0.97
"""The share, 0 to 1, of arrivals that a plant reports which reports arrivals; of others nobody reports any."""


SLOW_ARRIVALS = 0.15
"""The share, 0 to 1, of these that take a day longer than usual."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The shares of one plant, in percent.

    Attributes:
        late_answers: Of plant orders: accepted after the time to answer.
        late: Of accepted work: done days after the promise.
        silent: Of accepted work: never heard of again.
        scraps: Of accepted work: less made than planned.
        aborts: Of accepted work: given up and begun anew.
        takes_back: Of accepted work: reported as completed too soon.
        in_parts: Of deliveries of more than one: sent in two shipments, days apart.
        reports: What the plant's entry in the members file says that it reports.
    """

    late_answers: float = 0.0
    late: float = 2.0
    silent: float = 1.0
    scraps: float = 0.0
    aborts: float = 0.0
    takes_back: float = 0.0
    in_parts: float = 0.0
    reports: tuple[str, ...] = ()

    @property
    def answers(self) -> Mapping[Answer, float]:
        """The shares of its answers."""
        others = {
            Answer.LESS: LESS,
            Answer.LATER: LATER,
            Answer.REFUSED: REFUSED,
            Answer.NONE: UNANSWERED,
            Answer.LATE: self.late_answers,
        }
        return {Answer.AS_ASKED: 100 - sum(others.values()), **others}

    @property
    def courses(self) -> Mapping[Course, float]:
        """The shares of what becomes of its work."""
        others = {
            Course.EARLY: EARLY,
            Course.LATE: self.late,
            Course.SILENT: self.silent,
            Course.SCRAPPED: self.scraps,
            Course.ABORTED: self.aborts,
            Course.TAKEN_BACK: self.takes_back,
        }
        return {Course.AS_PROMISED: 100 - sum(others.values()), **others}

    @property
    def reports_arrivals(self) -> bool:
        """Whether it reports that its goods have arrived."""
        return "arrivals" in self.reports


OEMZ = Behaviour(late=8.0, scraps=1.0, reports=("arrivals",))
"""The motor works is late more often than others. It alone reports arrivals: those of other plants' goods the hub has
to assume."""

OETZ = Behaviour(late_answers=4.0, silent=4.0, reports=("production",))
"""The electrotechnical plant falls silent, or answers too late. It reports when work begins, so its silence is noticed
before the promise has passed."""

ZMK_MOST = Behaviour(late=3.0, in_parts=15.0)
"""The structures works delivers in parts."""

TSVETNOY_BULVAR = Behaviour(scraps=4.0)
"""The coating shop has scrap."""

RUSKRAN = Behaviour(late=3.0, aborts=3.0, takes_back=2.0)
"""The crane works aborts productions, and takes completions back."""

HARBIN_CRANE = Behaviour(late_answers=4.0, late=6.0)
"""The partner abroad answers late, and is late."""

BEHAVIOURS: Mapping[str, Behaviour] = {
    "oemz": OEMZ,
    "oetz": OETZ,
    "zmk-most": ZMK_MOST,
    "ruskran": RUSKRAN,
    "tsvetnoy-bulvar": TSVETNOY_BULVAR,
    "harbin-crane": HARBIN_CRANE,
}
"""The five plants and the partner, by their ids."""
