"""What people and scripts ask of a running core over Kafka: publish, look up, send again, recover. No phrasing here.

The commands are in `streams.cli`; what they reason about is pure, in `streams.routing`.
"""
