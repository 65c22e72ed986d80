"""What crosses a process boundary: Avro records in the Confluent wire format, headers, the schema registry.

`codec` encodes and decodes, `messages` are the records as types, `envelope` reads and writes the CloudEvents headers,
`registry` is the client of the schema registry, `schema_lint` keeps schemas compatible. It may import ``redaction``,
``identifiers``, ``errors``, ``text`` and the other layers below, not ``broker`` or ``connector``.
"""
