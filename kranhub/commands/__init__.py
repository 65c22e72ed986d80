"""The kernel's own commands: run, tail, trace, why."""
