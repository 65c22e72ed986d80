"""How many records go into one transaction: as many as fit a short time, and never a wait for company."""

SMALLEST, LARGEST = 100, 4_000
TARGET_S = 0.2
"""A transaction that takes longer delays its readers for little gain; the brokers' time-out is 10 s."""


class Pace:
    """Follows the load: full batches that were quick let the next be larger, slow ones make it smaller."""

    def __init__(self) -> None:
        """Start small: how long a record takes is not known yet."""
        self.size = SMALLEST
        """Records that the next transaction may have."""

    def took(self, records: int, seconds: float) -> None:
        """Note how long a transaction of so many records took."""
        if seconds > TARGET_S:
            self.size = max(SMALLEST, int(records * TARGET_S / seconds))
        elif records >= self.size:
            self.size = min(LARGEST, self.size * 2)
