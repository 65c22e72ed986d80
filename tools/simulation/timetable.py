"""When the day is: eight hours of a Tuesday in Omsk, and weeks after it; its clock is not the machine's."""

from datetime import UTC, datetime, timedelta

OPENING = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"""The day's first instant: 08:00 in Omsk."""

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOURS = 8
CLOSING = OPENING + HOURS * HOUR

DAYS = 63
"""How many days follow the day: until nearly all that was promised should be there, also behind the New Year."""

END = CLOSING + DAYS * DAY
"""The simulation's last instant: each later day is played at its end, when what was done on it has been reported."""

EVE = OPENING - 30 * MINUTE
"""When the plants report their stock, before any order."""

DOWN_PLANT = "zmk-most"
DOWN_FROM, DOWN_UNTIL = OPENING + 3 * HOUR, OPENING + 5 * HOUR
"""From when until when one plant's ERP neither reads nor writes."""

MAPPED_AT = OPENING + 5 * HOUR + 30 * MINUTE
"""When customers publish what their unknown codes mean."""

TICK_EVERY_MINUTES, TICK_LATE = 10, 40 * MINUTE
"""How often the hub's clock ticks, and by how much it is late: an hour passes in seconds here, but what the stages say
to each other takes as long as ever. In time with the day, every offer would seem to have taken minutes."""

SENT = "simulate-sent-ns"
"""The header with the time at which a member's document was really sent, in nanoseconds since the epoch."""


def is_down(plant: str, now: datetime) -> bool:
    """Return whether the plant's ERP is off."""
    return plant == DOWN_PLANT and DOWN_FROM <= now < DOWN_UNTIL
