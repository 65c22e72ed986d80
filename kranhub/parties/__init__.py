"""Companies and what they count in: the members file, party codes, units of measure, currencies.

`members` reads and validates the members file; `codes`, `units` and `currencies` check codes by their standards. It may
import ``configuration``, ``values`` and the layers below, not ``wire``, ``broker`` or ``connector``.
"""
