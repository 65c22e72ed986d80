"""The core's stages: each turns records into calls of the pure router, and its results into records.

They decide which topics a record is read from and goes to, under which key and id, and what waits in their state;
what becomes of an order is decided in `streams.routing`, how a batch commits in `streams.processor`. They import
these two, `streams.tables` and the kernel (`kranhub`), never the commands, the administration or the views.
"""

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
