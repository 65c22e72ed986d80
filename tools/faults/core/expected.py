"""What an order must lead to, written by hand from the nomenclature and the routing rules, not taken from the core."""

from tools.faults.core.feed import is_crane

MOTOR = ("oemz",)
"""The plants of a spare motor's plant orders: one."""

CRANE = ("ruskran", "zmk-most", "tsvetnoy-bulvar", "ruskran", "ruskran", "oemz", "oetz")
"""The plants of a crane's plant orders: assembly, main girders, their coating, end carriages, trolley with hoist,
motors, control cabinet."""

STATUSES = ["status 1 RECEIVED", "status 2 PLANNED"]


def expectation(number: int) -> list[str]:
    """Return every output that an order must lead to, in the form of `observation.said`."""
    plants = CRANE if is_crane(number) else MOTOR
    parts = [(f"1.{portion}.1", plant) for portion, plant in enumerate(plants, 1)]
    orders = [f"plant order {part} revision 1 to in.{plant}.orders" for part, plant in parts]
    return [*orders, *(f"decision {part} {plant}" for part, plant in parts), *STATUSES]
