"""Typed tables over a stage's keyed state: keys whose text sorts as their parts do, values as JSON. Pure."""

from streams.tables.keys import Key
from streams.tables.table import Changes, KeyedState, StateTables, Table

__all__ = ["Changes", "Key", "KeyedState", "StateTables", "Table"]
