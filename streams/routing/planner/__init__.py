"""Decides: explodes an order into portions, sources, reserves, issues plant orders, reconciles after every event."""
