"""What people and scripts do with a running core over Kafka: publish, look up, send again, recover. No phrasing here.

The commands are in `streams.cli`; the reasoning, without input or output, is in `streams.routing`.
"""
