"""What people and scripts do with a running core over Kafka: publish, look up, send again, recover.

It decides which records such a task reads and writes, and when it is done. The commands are in `streams.cli`; the
reasoning, without input or output, is in `streams.routing`. Only the modules ``…_texts`` phrase anything: what the
commands write for a person. It imports the kernel (`kranhub`), `streams.stages` and what those stand on, never
`streams.cli` or `streams.views`.
"""
