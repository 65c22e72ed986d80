"""Decides: divides an order into portions, sources, reserves and issues plant orders, anew after every event.

It finds the plant of each portion by the sourcing rules and what the candidates offer, and the deadline of its answer.
It changes an order's state and sends messages; what has happened it takes from the state. Of routing it imports the
values, the master data, `schedule` and `reasons`.
"""
