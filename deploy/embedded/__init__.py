"""A real Kafka and a real schema registry on this machine, without Docker, Maven or a system Java."""
