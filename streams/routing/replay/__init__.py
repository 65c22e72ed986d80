"""Recorded orders decided once more: under other master data (`what_if`), or beside what people placed (`shadow`)."""
