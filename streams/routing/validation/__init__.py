"""What a document must satisfy before the hub takes it, and its translation into canonical items and units."""
