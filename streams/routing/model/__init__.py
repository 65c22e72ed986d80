"""Values of an order: its lines, portions, attempts, terms. Facts only, without decisions.

Imports nothing of the other routing packages, except the type of the master data (`context`).
"""
