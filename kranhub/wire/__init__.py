"""What crosses a process boundary: Avro records in the Confluent wire format, headers, the schema registry.

`codec` encodes and decodes, `envelope` reads and writes the CloudEvents headers, `registry` speaks to the registry,
`schema_lint` keeps schemas compatible. Imports nothing of the kernel but errors and texts.
"""
