"""Takes facts into an order: responses, production, receipts, shipments, allocations, deadlines, people's actions."""
