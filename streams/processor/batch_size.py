"""How many records go into one transaction: as many as fit a short time, and never a wait for company."""

FIRST, LARGEST = 100, 4_000
TARGET_S = 0.2
"""The longest processing time of a transaction: longer ones delay its readers for little gain. The brokers' time for a
commit does not count: it hardly depends on the number of records, so smaller transactions would make slow brokers
slower still."""

ENOUGH_S = 2.0
"""After this processing time a transaction takes no more records, however many it was given (`Batch.process`)."""


class Pace:
    """Follows the load: full batches that were quick let the next be larger, slow ones make it smaller."""

    def __init__(self) -> None:
        """Start small: how long a record takes is not known yet."""
        self.size = FIRST
        """Records that the next transaction may have."""

    def took(self, records: int, seconds: float) -> None:
        """Note how long the processing of so many records took."""
        if seconds > TARGET_S:
            self.size = max(1, int(records * TARGET_S / seconds))
        elif records >= self.size:
            self.size = min(LARGEST, self.size * 2)

    def aborted(self) -> None:
        """Note that a transaction did not commit: the next is half as large, as it may have taken too long."""
        self.size = max(1, self.size // 2)
