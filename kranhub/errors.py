"""Errors, one class per next action.

    KranhubError
    |- Misconfigured     a person must change a setting or a file; retrying cannot help      exit 4
    |- Unavailable       a system is away; wait ``retry_after`` seconds and try again        exit 3
    |- InvalidDocument   this document is bad; put it on the dead letters, go on             exit 4
    |- Fenced            a newer instance took over; stop without a trace                    exit 1
    '- Failed            handled, but not done; the text says what to do next                exit 1

Anything else that is raised is a defect: it is logged with its traceback and the process ends.
"""

from typing import ClassVar

from kranhub.text import Text


class KranhubError(Exception):
    """Base of every handled error. ``text`` tells a plant's engineer what to do, in both languages."""

    exit_code: ClassVar[int] = 1

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text

    def __str__(self) -> str:
        return str(self.text)


class Misconfigured(KranhubError):
    """A person must act: a setting, a password or a file is wrong."""

    exit_code = 4


class Unavailable(KranhubError):
    """A system does not answer now; the caller keeps its work and tries again after ``retry_after`` seconds."""

    exit_code = 3

    def __init__(self, text: Text, retry_after: float = 5.0) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class InvalidDocument(KranhubError):
    """One document cannot be taken. ``code`` is stable and machine-readable, such as ``unmapped-item``."""

    exit_code = 4

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(text)
        self.code = code


class Fenced(KranhubError):
    """Another instance with the same transactional id started; this one must stop."""


class Failed(KranhubError):
    """A handled failure whose text says the next step."""
