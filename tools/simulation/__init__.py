"""A working day of the cluster through a real Kafka: orders, plants, changes by people, and the results."""
