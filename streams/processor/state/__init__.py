"""A stage's state: in memory by partition (`store`), kept in a compacted changelog, restored before it is served."""
