"""The independent checker: what was lost, doubled or promised twice, from the record alone; no code of the hub."""
