"""The commands of the core, the views, and the people who act on orders, rules and a recovery. One module each.

They decide what an operator enters and reads: options, questions, output, exit codes. What is done is in
`streams.admin` and `streams.views`. As the uppermost package of the core they may import every other one, and none
imports them; `kranhub` finds them by the entry points in pyproject.toml.
"""
