"""The master data as one value: members, items, rules, calendars and rates; their entries, differences and checks."""
