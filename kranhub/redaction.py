"""URLs in a form that may be shown to a person."""

import httpx

HIDDEN = "***"
"""What is shown in place of a password."""


def bare(url: str) -> str:
    """Return the URL without user and password, for anyone who reads the output."""
    try:
        found = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return url.rpartition("@")[2]
    return str(found.copy_with(username=None, password=None)) if found.userinfo else url


def shown(url: str) -> str:
    """Return the URL for a screen, a log or an error, with its password hidden; unchanged where it has none."""
    try:
        found = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return url.rpartition("@")[2]
    return str(found.copy_with(username=found.username, password=HIDDEN)) if found.password else url
