"""What people are shown: the tables that views fill, and records told as sentences."""
