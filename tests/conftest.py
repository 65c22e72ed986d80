"""Fixtures for every test."""

from tests.support.stack import namespace, stack
from tests.support.tryton import new_company, tryton_server

__all__ = ["namespace", "new_company", "stack", "tryton_server"]
