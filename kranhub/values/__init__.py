"""How values of an ERP are read and written: one set of rules for every connector, type of column and database.

`texts` decides what is empty and what is equal; `numbers` and `times` read any type and spelling, and write text;
`spellings` and `confusables` recognise the codes of a configuration. A value that was written reads back equal. Pure:
no I/O. It may import `kranhub.errors`, `kranhub.text` and the other modules of the lowest layers, nothing above.
"""
