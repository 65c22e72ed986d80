"""Kafka as every part of the hub uses it: client settings, topic names and rights, administration, reading, lag.

`topics` is the only place that knows the names of topics, `client_settings` the only one that knows how to connect, and
`errors` translates kafka-python's errors. It may import ``wire``, ``parties``, ``settings`` and the layers below, not
``connector``.
"""
