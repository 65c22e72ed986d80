"""A small transactional stream processor on librdkafka: what a stage reads, writes and remembers commits as one.

Read `stage` for what a stage is, `processor` for the loop and the commit's steps, `restore` for how state comes back.
"""

from streams.exactly_once.out import Document, Out
from streams.exactly_once.processor import Processor
from streams.exactly_once.stage import Context, Record, Stage, State

__all__ = ["Context", "Document", "Out", "Processor", "Record", "Stage", "State"]
