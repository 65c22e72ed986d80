"""Processes that load or measure from outside the engines: ``python -m benchmarks.probes.<name> '<the Task as JSON>'``.

Each writes one line of JSON as its last words.
"""
