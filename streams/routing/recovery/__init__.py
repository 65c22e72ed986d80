"""After a restore from a backup: what the members' ERPs hold of an order, and how it goes on from there.

It takes what the ERPs hold into the order's state, and decides which statuses are due and what a person must clear up.
Of routing it may import all but `handler`, `allocator` and `replay`.
"""
