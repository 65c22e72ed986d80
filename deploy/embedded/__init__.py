"""Real Kafka and registry without Docker."""
