"""What a sink has finished of one partition, as one Kafka offset and its metadata. Pure.

The committed offset is where reading resumes after a restart. Parked records lie before it, so their offsets travel in
the commit's metadata (``parked=17,23``): after a restart exactly these and what follows the position are delivered, and
no receipt is written twice. Kafka limits metadata to 4,096 bytes, hence `MAX_PARKED`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

MAX_PARKED = 150
"""The most parked records of one partition; with more, nothing new is read from it until some are done."""

_PREFIX = "parked="


@dataclass(frozen=True, slots=True)
class Commit:
    """Everything before ``position`` is finished, except the ``parked`` offsets."""

    position: int
    parked: tuple[int, ...] = ()

    @property
    def offset(self) -> int:
        """The offset to commit: the lowest that is not finished, so that retention and lag are right."""
        return min((*self.parked, self.position))

    @property
    def metadata(self) -> str:
        """The commit's metadata: empty when nothing is parked."""
        if not self.parked:
            return ""
        return f"{self.position};{_PREFIX}{','.join(str(offset) for offset in sorted(self.parked))}"

    def wants(self, offset: int) -> bool:
        """Return whether a record at this offset is still to be delivered."""
        return offset >= self.position or offset in self.parked


def restore(offset: int, metadata: str) -> Commit:
    """Return what was committed. Metadata that is not ours means that all before the offset is finished."""
    position, separator, parked = metadata.partition(f";{_PREFIX}")
    if not separator:
        return Commit(offset)
    try:
        return Commit(int(position), tuple(int(number) for number in parked.split(",")))
    except ValueError:
        return Commit(offset)


def after(previous: Commit, read_up_to: int, parked: Iterable[int]) -> Commit:
    """Return the commit once all records up to an offset are finished but the parked ones.

    Args:
        previous: The commit before.
        read_up_to: The first offset that was not read.
        parked: The offsets that are parked.
    """
    return Commit(max(previous.position, read_up_to), tuple(sorted(parked)))
