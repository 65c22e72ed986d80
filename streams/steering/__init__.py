"""The commands by which people steer routing: what they decide on an order by hand, and the rules as files.

`orders` and `rules` are the groups; what they reason about is in `streams.router`, pure.
"""
