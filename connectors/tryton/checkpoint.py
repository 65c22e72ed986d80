"""What was read and sent of every document, in the entries of a `PollingCursor`. Pure.

An ERP's timestamps only help to find soon what changed; what is new is decided here, by comparing versions.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from kranhub.polling import PollingCursor


@dataclass(frozen=True, slots=True)
class Entry:
    """One document as it was last sent.

    Attributes:
        version: The version that was sent last.
        content: A digest of the content that was sent last.
        count: How often something was sent that the ERP's own version cannot distinguish.
        facts: What is needed to withdraw the document; empty where there is nothing to withdraw.
        missing_since: The moment, in ISO 8601, since which the connector has not seen it; empty while it does.
    """

    version: str
    content: str = ""
    count: int = 0
    facts: tuple[str, ...] = ()
    missing_since: str = ""


class SentDocuments:
    """The entries of one stream, by the document's key in the ERP: an id, or an id, a point and a part of it."""

    def __init__(self, cursor: PollingCursor) -> None:
        """Take up the cursor's entries; every change is written into it."""
        self._cursor = cursor
        self._entries: dict[str, Entry] = {}
        self._active: set[int] = set()
        for native, (version, content, count, facts, missing_since) in cursor.entries():
            self._remember(native, Entry(version, content, count, tuple(facts), missing_since))

    def get(self, native: str) -> Entry | None:
        """Return what was sent last of the document, or None."""
        return self._entries.get(native)

    def put(self, native: str, entry: Entry) -> None:
        """Remember what was sent last."""
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
