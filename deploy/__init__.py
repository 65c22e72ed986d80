"""Ways to run the hub: the embedded stack, the demonstration, members and nomenclature files."""
