"""The engines, each a process of its own: ``python -m benchmarks.engines.<name> '<the Task as JSON>'``."""
