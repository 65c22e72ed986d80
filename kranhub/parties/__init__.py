"""Companies and what they count in: the members file, party codes, units of measure, currencies."""
