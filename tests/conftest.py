"""Fixtures for every test, and Hypothesis' profile: no deadline, as a loaded machine is no failure."""

from hypothesis import settings

from tests.support.stack import namespace, stack
from tests.support.tryton import new_company, spare_databases, tryton_server

__all__ = ["namespace", "new_company", "spare_databases", "stack", "tryton_server"]

settings.register_profile("kranhub", deadline=None)
settings.load_profile("kranhub")
