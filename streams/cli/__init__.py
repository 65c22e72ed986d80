"""The commands of the core, the views, and the people who act on orders, rules and a recovery. One module each."""
