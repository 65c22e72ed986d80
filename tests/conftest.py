"""Fixtures for every test."""

from tests.support.stack import namespace, stack

__all__ = ["namespace", "stack"]
