"""Fixtures for every test, and Hypothesis' profile: no deadline, as a loaded machine is no failure.

Every run tries the same worlds, so that it says the same twice and a change is judged by itself. `tests.search` looks
for new ones: with KRANHUB_SEARCH set they follow from ``--hypothesis-seed``.
"""

import os

from hypothesis import settings

from tests.support.postgresql import postgresql, postgresql_database
from tests.support.stack import namespace, stack
from tests.support.tryton import new_company, spare_databases, tryton_server

__all__ = ["namespace", "new_company", "postgresql", "postgresql_database", "spare_databases", "stack", "tryton_server"]

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, derandomize=False, database=None)
settings.load_profile("search" if os.environ.get("KRANHUB_SEARCH") else "same")
