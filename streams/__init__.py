"""The core: the exactly-once processor and the router."""
