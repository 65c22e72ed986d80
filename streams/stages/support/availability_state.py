"""What allocators have published of their plants' availability, kept in the planner's own state: a replay finds it."""

import hashlib

from kranhub.wire import messages
from kranhub.wire.codec import Codec
from streams.processor import Record, State
from streams.routing.model.availability import UNKNOWN, Availabilities
from streams.tables import Table

TYPE = "kranhub.Availability"

_CACHED = 64
"""How many values stay in memory: about one for each partition."""

_PLANTS, _DIGEST = Table("availability", bytes), Table("availability-digest", bytes)
"""The last record of each plant; a digest of all records in the order in which they came."""


class AvailabilityState:
    """Keeps what is broadcast of each plant, and gives all of it as a value."""

    def __init__(self, codec: Codec) -> None:
        """Take the codec that reads the records."""
        self._codec = codec
        self._built: dict[bytes, Availabilities] = {}

    def take(self, record: Record, state: State) -> None:
        """Keep what an allocator has published of a plant."""
        data = record.value or b""
        value = self._codec.decode_as(messages.Availability, data, trusted=True)
        known, before = self.current(state), _DIGEST.get(state, ()) or b""
        _PLANTS.put(state, (value["plant"],), data)
        digest = hashlib.sha256(before + data).hexdigest().encode()
        _DIGEST.put(state, (), digest)
        self._keep(digest, known.with_plant(value))

    def current(self, state: State) -> Availabilities:
        """Return what was published of all plants; the same object until something else is."""
        digest = _DIGEST.get(state, ())
        if digest is None:
            return UNKNOWN
        if digest not in self._built:
            found = UNKNOWN
            for _, data in _PLANTS.scan(state):
                found = found.with_plant(self._codec.decode_as(messages.Availability, data, trusted=True))
            self._keep(digest, found)
        return self._built[digest]

    def _keep(self, digest: bytes, value: Availabilities) -> None:
        while len(self._built) >= _CACHED:
            del self._built[next(iter(self._built))]
        self._built[digest] = value
