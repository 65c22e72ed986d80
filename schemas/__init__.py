"""The shared language: one Avro schema per record. Data only."""
