"""Members, items, rules, calendars and rates as one value; entries, differences and checks of them."""
