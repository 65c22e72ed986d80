"""Downtime and the critical path: when work can begin, when it is done, when a line arrives.

It decides dates and nothing else, from what plants and allocators have answered. Of routing it imports `model`,
`masterdata` and `context`.
"""
