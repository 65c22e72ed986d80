"""Kafka as every room uses it: client settings, topic names and rights, administration, reading, lag.

`topics` is the one place that knows the names of topics; `client_settings` the one that knows how to connect.
"""
