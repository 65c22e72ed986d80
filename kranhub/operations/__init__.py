"""How processes run: supervision, locks, signals, health, metrics, logs, and the recovery after a restore."""
