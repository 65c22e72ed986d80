"""Calendars, downtime, and the critical path: when work can begin, when it is done, when a line arrives."""
