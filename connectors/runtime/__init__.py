"""Runs connectors: carries their events, checkpoints and receipts in Kafka transactions."""
