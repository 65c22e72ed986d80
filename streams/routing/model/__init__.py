"""Values of an order: its lines, portions, attempts, terms, and the codes of their states. Facts only, no decisions.

Their constructors refuse what contradicts itself. Imports nothing of the other routing packages.
"""
