"""A small transactional stream processor on librdkafka: what a stage reads, writes and remembers commits as one.

It decides how records are batched, when a transaction commits or aborts, and how state is kept and restored; what a
record leads to is the stage's. Read `stage` for what a stage is, `processor` for the loop, `checkpoint` for the steps
of a commit, and `state.restore` for how state comes back. It imports the kernel (`kranhub`) and `streams.tables`, and
knows nothing of `streams.routing`, nor of any stage.
"""

from streams.processor.outputs import Document, Outputs
from streams.processor.processor import Processor
from streams.processor.record import Context, Record
from streams.processor.stage import Stage, State

__all__ = ["Context", "Document", "Outputs", "Processor", "Record", "Stage", "State"]
