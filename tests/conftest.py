"""Fixtures for every test, and Hypothesis' profile: no deadline, as a loaded machine is no failure.

With CI=true the same worlds are tried in every run, so that a change is judged by itself; elsewhere new ones each time.
"""

import os

from hypothesis import settings

from tests.support.postgresql import postgresql, postgresql_database
from tests.support.stack import namespace, stack
from tests.support.tryton import new_company, spare_databases, tryton_server

__all__ = ["namespace", "new_company", "postgresql", "postgresql_database", "spare_databases", "stack", "tryton_server"]

settings.register_profile("kranhub", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("kranhub")
