"""librdkafka's clients as exactly-once processing needs them; nothing but the hub's errors leaves them."""
