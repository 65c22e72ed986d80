"""The domain logic: what becomes of an order, its portions, and a plant's stock and capacity.

It decides where portions go, when they can be there, what members and operators learn, and which documents are
refused. Frozen values and pure functions: no Kafka, no clock, no input or output (but `masterdata` reads files).
It imports the kernel (`kranhub`) and, for the allocator's state, `streams.tables`; never the processor or a stage.
Each stands only on those before it: `model`, `masterdata`, `context` and `reasons`, `schedule` and `validation`,
`planner`, `notify`, `plant_events`, `recovery`, `handler`; last, beside each other, `allocator` and `replay`.
"""
