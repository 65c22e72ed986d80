"""Programs for whoever runs or develops a hub: a simulated working day, and fault suites.

They start processes of their own on this machine, talk to loopback only, and stop by themselves. Not in the wheel.
"""
