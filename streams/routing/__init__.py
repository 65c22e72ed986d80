"""The domain logic: what becomes of an order, its portions, and a plant's stock and capacity.

It decides where portions go, when they can be there, what members and operators learn, and which documents are
refused. Frozen dataclasses and pure functions: no Kafka, no clock, no input or output (but `masterdata` reads files).
It imports the kernel (`kranhub`) only, never `streams.processor`, `streams.tables` or a stage. Its other packages know
nothing of `allocator` and `replay`, which stand on them; `model` imports only the master data's types.
"""
