"""Fixtures for every test."""

from tests.support.stack import namespace, stack
from tests.support.tryton import new_company, spare_databases, tryton_server

__all__ = ["namespace", "new_company", "spare_databases", "stack", "tryton_server"]
