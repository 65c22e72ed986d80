"""kranhub's kernel: what connectors, streams and deployment share.

It holds the errors and texts, settings and master data files, the wire format, the access to Kafka, the connector
interface and its contract suite, how processes run, and the `kranhub` command. It imports third-party packages only,
never ``connectors``, ``streams``, ``schemas`` or ``deploy``. Its packages form layers, and each imports only from the
layers below it: cli; testing, operations, readmodel; broker, connector; wire; parties, settings; configuration; values;
redaction, failpoints, identifiers, errors; text.
"""
