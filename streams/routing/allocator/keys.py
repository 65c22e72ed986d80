"""The keys of the allocator's tables. Pure."""

from typing import NamedTuple


class StockKey(NamedTuple):
    """A plant's stock of an item."""

    plant: str
    item: str


class ReservationKey(NamedTuple):
    """A request's reservation.

    Attributes:
        plant: The plant that is asked.
        item: The item's id.
        request_id: The request's id.
    """

    plant: str
    item: str
    request_id: str

    @property
    def stock(self) -> StockKey:
        """The stock that it reserves from."""
        return StockKey(self.plant, self.item)
