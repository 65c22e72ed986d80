"""A working day of the cluster through a real Kafka: orders, plants, people's changes, and what came of all of it."""
