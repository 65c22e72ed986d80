"""Lines of orders to the cluster of Omsk: a crane, motors, painting; and any lines, for property tests."""

from decimal import Decimal

from hypothesis import strategies as st

CRANE = {"line_id": "1", "item_code": "КР-10-22.5", "quantity": Decimal(1), "unit": "H87"}
MOTORS = {"line_id": "1", "item_code": "ДВ-7.5", "quantity": Decimal(4), "unit": "H87"}
PAINT = {"line_id": "1", "item_code": "ОКР-М2", "quantity": Decimal(100), "unit": "MTK"}

CODES = {"КР-10-22.5": "H87", "ДВ-7.5": "H87", "ОКР-М2": "MTK", "МК-СТ": "TNE", "НЕТ": "H87"}
"""The buyer's codes with their units; the last is the code of no item."""

quantities = st.integers(1, 3 * 10**6).map(lambda number: Decimal(number) / 1000)
pieces = st.integers(1, 100).map(Decimal)
lines = st.lists(
    st.sampled_from(sorted(CODES)).flatmap(
        lambda code: st.tuples(st.just(code), pieces if CODES[code] == "H87" else quantities)
    ),
    min_size=1,
    max_size=4,
).map(
    lambda ordered: [
        {"line_id": str(number), "item_code": code, "quantity": amount, "unit": CODES[code]}
        for number, (code, amount) in enumerate(ordered, 1)
    ]
)
