"""Kafka Streams as a peer: the job in Java, compiled here when there is a javac."""
