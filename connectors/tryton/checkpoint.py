"""What was looked at and told of every document, in the entries of a `PollingCursor`. Pure.

An ERP's time stamps only help to find soon what changed; what is new is decided here, by comparing versions.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from kranhub.polling import PollingCursor


@dataclass(frozen=True, slots=True)
class Entry:
    """One document: the version and a digest of the content that were told last.

    ``count`` is how often something was told that the ERP's own version cannot tell apart. ``facts`` is what is needed
    to withdraw the document, empty where there is nothing to withdraw, and ``missing_since`` the moment, in ISO 8601,
    since which it has been out of the connector's sight.
    """

    version: str
    content: str = ""
    count: int = 0
    facts: tuple[str, ...] = ()
    missing_since: str = ""


class Told:
    """The entries of one stream, by the document's key in the ERP: an id, or an id, a point and a part of it."""

    def __init__(self, cursor: PollingCursor) -> None:
        """Take up the cursor's entries; every change is written into it."""
        self._cursor = cursor
        self._entries: dict[str, Entry] = {}
        self._active: set[int] = set()
        for native, (version, content, count, facts, missing_since) in cursor.entries():
            self._remember(native, Entry(version, content, count, tuple(facts), missing_since))

    def get(self, native: str) -> Entry | None:
        """Return what was told last of the document, or None."""
        return self._entries.get(native)

    def put(self, native: str, entry: Entry) -> None:
        """Remember what was told last."""
        if self._entries.get(native) != entry:
            self._remember(native, entry)
            self._cursor.put(native, entry.version, entry.content, entry.count, entry.facts, entry.missing_since)

    def active(self, after: int, limit: int) -> list[int]:
        """Return the next ids of documents that could be withdrawn, rising."""
        return sorted(record for record in self._active if record > after)[:limit]

    def missing(self) -> Iterator[int]:
        """Yield the ids of documents that are out of sight."""
        return (record for record in sorted(self._active) if self._entries[str(record)].missing_since)

    def _remember(self, native: str, entry: Entry) -> None:
        self._entries[native] = entry
        record = int(native.partition(".")[0])
        (self._active.add if entry.facts else self._active.discard)(record)
