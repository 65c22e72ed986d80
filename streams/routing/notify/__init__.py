"""What members and operators learn of orders: statuses to the buyer and other parties, and alerts.

It derives the status of an order from its facts, decides whether that is news and who may see which part of it. Of
routing it imports the values, the master data, `schedule`, `reasons`, and of the planner its messages.
"""
