"""The core under faults: real brokers, real worker processes, an independent checker. Run by ``make faults-core``."""
