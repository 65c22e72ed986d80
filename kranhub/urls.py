"""Addresses as a person may see them."""

import httpx

HIDDEN = "***"
"""What stands for a password."""


def shown(url: str) -> str:
    """Return the URL for a screen, a log or an error: without its password, whole where it has none."""
    try:
        found = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return url.rpartition("@")[2]
    return str(found.copy_with(username=found.username, password=HIDDEN)) if found.password else url
