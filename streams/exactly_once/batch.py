"""One transaction's content: the records processed, what they lead to, and the state as it will be."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import structlog

from kranhub.codec import Codec
from kranhub.errors import InvalidDocument, KranhubError
from kranhub.text import Text
from streams.exactly_once import changelog
from streams.exactly_once.changelog import Place
from streams.exactly_once.out import Out, Output
from streams.exactly_once.stage import Context, Record, Stage
from streams.exactly_once.store import Layer, Store

log = structlog.get_logger()

ATTEMPTS = 3
"""How often a record may raise an unforeseen exception before it is isolated as a ``defect``."""


class Batch:
    """Collects a transaction; nothing of it touches the state until `commit`."""

    def __init__(
        self,
        stage: Stage,
        codec: Codec,
        namespace: str,
        stores: Mapping[int, Store],
        partitions: Callable[[str], int] = lambda topic: 1,
    ) -> None:
        """Take the stage, the committed state of its partitions, and how many partitions an output topic has."""
        self._stage, self._stores = stage, stores
        self._layers = {partition: Layer(store) for partition, store in stores.items()}
        self._out = Out(codec, namespace, partitions)
        self.offsets: dict[Place, int] = {}
        self.dead_letters = 0

    @property
    def outputs(self) -> Sequence[Output]:
        """What the records lead to, without the changelog."""
        return self._out.outputs

    def process(self, records: Sequence[Record]) -> None:
        """Process the records in order. Raises `Unavailable` when the stage needs what is away now."""
        process, offsets = self._process, self.offsets
        for record in records:
            process(record)
            offsets[record.topic, record.partition] = record.offset + 1

    def changes(self) -> Iterator[Output]:
        """Yield the state's changes and the input offsets, for the changelog's same partition."""
        topic = self._stage.changelog
        if topic is None:
            return
        for partition, layer in self._layers.items():
            for key, value in layer.changes.items():
                yield Output(topic, changelog.state_key(key), value, None, partition)
        for (name, partition), offset in self.offsets.items():
            yield Output(topic, changelog.offset_key(name), str(offset).encode(), None, partition)
            if self._stores[partition].version is None:
                yield Output(topic, changelog.VERSION, str(self._stage.state_version).encode(), None, partition)

    def commit(self) -> None:
        """Make the changes part of the state: the transaction is committed."""
        for partition, layer in self._layers.items():
            self._stores[partition].apply(layer.changes)
        for _, partition in self.offsets:
            if partition in self._stores:
                self._stores[partition].version = self._stage.state_version

    def _process(self, record: Record) -> None:
        ctx, out, below = Context(self._stage.name, record), self._out, self._layers.get(record.partition, _STATELESS)
        for attempt in range(1, ATTEMPTS + 1):
            layer = Layer(below)
            mark = out.begin(record, ctx)
            try:
                self._stage.process(record, layer, out, ctx)
            except InvalidDocument as error:
                return self._refuse(mark, error)
            except KranhubError:
                raise
            except Exception:
                log.exception("defect", stage=ctx.stage, topic=record.topic, offset=record.offset, attempt=attempt)
                out.drop(mark)
            else:
                if layer.changes:
                    below.merge(layer)
                return None
        return self._refuse(mark, InvalidDocument("defect", _defect(ctx.stage)))

    def _refuse(self, mark: int, error: InvalidDocument) -> None:
        self._out.drop(mark)
        self._out.dead_letter(error)
        self.dead_letters += 1


class _Stateless(Layer):
    """What a stage without a changelog gets: nothing is remembered from one record to the next."""

    __slots__ = ()

    def merge(self, layer: Layer) -> None:
        """Forget the layer."""


_STATELESS = _Stateless(Store())


def _defect(stage: str) -> Text:
    return Text(
        en=f"The hub's stage {stage} cannot process this record: a defect of the hub. Tell its developers the dead "
        "letter's id; the document can be sent again after the repair.",
        ru=f"Этап {stage} не смог обработать запись: ошибка в самом центре. Сообщите разработчикам номер письма; после "
        "исправления документ можно отправить снова.",
    )
