"""The master data as one value: members, items, rules, calendars and rates; their entries, differences and checks.

It decides nothing about an order: it answers who makes an item, what a code means and which days are worked, and says
what a publication would remove. Of routing it imports `model` alone.
"""
