"""The ``kranhub`` command (`main`), and the kernel's own commands: doctor, run, status, tail, trace, why.

A command reads its options and the settings, calls the layers below and writes text or JSON; it decides nothing itself.
It may import every package of ``kranhub``; other packages add their commands through the entry-point group
``kranhub.commands`` and are never imported here.
"""
