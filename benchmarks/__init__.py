"""The hub's stream processor and its peers, side by side: one machine, one run, the same data, job and promise.

``python -m benchmarks`` runs it. `job` is what every engine does, `throughput` how its rate is measured.
"""
