"""How values of an ERP are read and written: one set of rules for every connector, type of column and database. Pure.

What was written reads back equal. `texts`: empty or not, the same or not; `numbers`, `times`: from any type and
spelling to the hub's own, and back to text; `spellings`: words of the configuration.
"""
