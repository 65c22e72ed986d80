"""The domain logic: frozen dataclasses and pure functions. No Kafka, no input or output (but masterdata), no clock."""
