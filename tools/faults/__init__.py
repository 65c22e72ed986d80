"""Fault suites: the core under every fault (`core`), and an installation through its life (`installation`)."""
