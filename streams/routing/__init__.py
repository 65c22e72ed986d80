"""The domain logic: what becomes of an order, its portions, and a plant's stock and capacity.

It decides where portions go, when they can be there, what members and operators learn, and which documents are
refused. Frozen values and pure functions: no Kafka, no clock, no input or output (but `masterdata` reads files).
It imports the kernel (`kranhub`) and, for the allocator's state, `streams.tables`; never the processor or a stage.
From the bottom up: `model`, `masterdata`, `context`, `schedule` and `validation`, then `planner` with `plant_events`,
`notify` and `recovery`, then `allocator` and `replay`.
"""
