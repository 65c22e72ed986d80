"""A small transactional stream processor on librdkafka: what a stage reads, writes and remembers commits as one.

Read `stage` for what a stage is, `processor` for the loop, `checkpoint` for the steps of a commit, and `state.restore`
for how state comes back.
"""

from streams.processor.outputs import Document, Outputs
from streams.processor.processor import Processor
from streams.processor.record import Context, Record
from streams.processor.stage import Stage, State

__all__ = ["Context", "Document", "Outputs", "Processor", "Record", "Stage", "State"]
