"""Recorded orders decided once more: under other master data (`what_if`), or beside what people placed (`shadow`).

It decides nothing itself: it runs `handler` over the recorded events and compares. Nothing of routing but the
allocator stands beside it, and it may import all that is below.
"""
