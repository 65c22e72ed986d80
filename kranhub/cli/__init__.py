"""The ``kranhub`` command (`main`), and the kernel's own commands: run, tail, trace, why."""
