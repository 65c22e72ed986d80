"""Typed tables over a stage's keyed state: keys whose text sorts as their parts do, values as JSON.

They decide how keys and values are written, and in which order a scan returns them; what a table holds is its
owner's. Pure: no Kafka, no input or output, no clock. They import no other package of the project.
"""

from streams.tables.keys import Key
from streams.tables.table import Changes, KeyedState, StateTables, Table

__all__ = ["Changes", "Key", "KeyedState", "StateTables", "Table"]
