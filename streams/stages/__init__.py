"""The core's stages: each turns records into calls of the pure router, and what it says into records."""

from collections.abc import Callable

from kranhub.settings import Settings
from kranhub.wire.codec import Codec
from streams.processor import Stage
from streams.stages.allocator import Allocator
from streams.stages.clock import Clock
from streams.stages.dispatch import Dispatch
from streams.stages.ingest import Ingest
from streams.stages.masterdata import Masterdata
from streams.stages.planner import Planner

STAGES: dict[str, Callable[[Settings, Codec], Stage]] = {
    "ingest": Ingest,
    "planner": Planner,
    "allocator": Allocator,
    "dispatch": Dispatch,
    "masterdata": Masterdata,
    "clock": Clock,
}
"""The stages by name, in the order in which a document passes them; master data and the clock stand beside them."""
