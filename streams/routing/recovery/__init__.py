"""After a restore from a backup: what the members' ERPs hold of an order, and how it goes on from there."""
