"""Takes facts into an order: responses, production, receipts, shipments, allocations, people's actions, deadlines.

It decides what a fact changes in the portions and attempts, which fact is refused and when an order is closed; the
planner then decides what follows. Of routing it may import all but `recovery`, `handler`, `allocator` and `replay`.
"""
